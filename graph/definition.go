package graph

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importdefinitionversion"
	"entrepot/graph/model"
	"entrepot/prefixid"
)

type definitionResolver struct{ *root }

// Organization is null for a definition that all organizations share.
func (r definitionResolver) Organization(ctx context.Context, d *ent.ImportDefinition) (*ent.Organization, error) {
	if d.OrganizationID == prefixid.System {
		return nil, nil
	}
	return related(ctx, d, "organization",
		func(ctx context.Context, all []*ent.ImportDefinition) (map[*ent.ImportDefinition]*ent.Organization, error) {
			o, err := r.organizationOf(ctx)
			if err != nil {
				return nil, err
			}
			own := map[*ent.ImportDefinition]*ent.Organization{}
			for _, d := range all {
				own[d] = o
			}
			return own, nil
		})
}

func (r definitionResolver) Current(ctx context.Context, d *ent.ImportDefinition) (*ent.ImportDefinitionVersion, error) {
	return related(ctx, d, "current",
		func(ctx context.Context, all []*ent.ImportDefinition) (map[*ent.ImportDefinition]*ent.ImportDefinitionVersion, error) {
			of := map[string]*ent.ImportDefinition{}
			ids := make([]string, len(all))
			for i, d := range all {
				of[d.ID], ids[i] = d, d.ID
			}
			versions, err := r.DB.Client().ImportDefinitionVersion.Query().Where(
				importdefinitionversion.ImportDefinitionIDIn(ids...),
				func(s *sql.Selector) {
					d := sql.Table(importdefinition.Table).As("current_of")
					s.Where(sql.Exists(sql.Select(d.C("id")).From(d).Where(sql.And(
						sql.ColumnsEQ(d.C(importdefinition.FieldID), s.C(importdefinitionversion.FieldImportDefinitionID)),
						sql.ColumnsEQ(d.C(importdefinition.FieldVersion), s.C(importdefinitionversion.FieldNumber)),
					))))
				}).All(ctx)
			if err != nil {
				return nil, err
			}
			together(ctx, versions)
			current := map[*ent.ImportDefinition]*ent.ImportDefinitionVersion{}
			for _, d := range all {
				for _, v := range versions {
					if v.ImportDefinitionID == d.ID {
						current[d] = v
					}
				}
			}
			return current, nil
		})
}

func (r definitionResolver) Versions(
	ctx context.Context, d *ent.ImportDefinition, first *int, after *model.Cursor, last *int, before *model.Cursor,
) (*model.ImportDefinitionVersionConnection, error) {
	list := children[*ent.ImportDefinition, *ent.ImportDefinitionVersion, *ent.ImportDefinitionVersionQuery]{
		name: "versions", table: importdefinitionversion.Table, parent: importdefinitionversion.FieldImportDefinitionID,
		order: versionOrder, where: func(*sql.Selector) {}, query: r.DB.Client().ImportDefinitionVersion.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportDefinitionVersion.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf:    func(d *ent.ImportDefinition) any { return d.ID },
		keyIn:    func(v *ent.ImportDefinitionVersion) any { return v.ImportDefinitionID },
		tenantOf: func(d *ent.ImportDefinition) string { return d.OrganizationID },
	}
	return list.of(ctx, d, nil, pageArgs{first, after, last, before}, r.Limits.PageSize)
}

// Template is a link for the viewer's own organization, whosever the definition is.
func (r definitionResolver) Template(ctx context.Context, d *ent.ImportDefinition) (*model.Download, error) {
	url, expires, err := r.Downloads.Template(ctx, d)
	if err != nil {
		return nil, err
	}
	return &model.Download{URL: url, ExpiresAt: expires}, nil
}

var versionOrder = order[*ent.ImportDefinitionVersion]{
	name: "versions", desc: true,
	terms: []term[*ent.ImportDefinitionVersion]{
		byNumber(column(importdefinitionversion.FieldNumber), func(v *ent.ImportDefinitionVersion) int64 { return int64(v.Number) }),
		byText(column(importdefinitionversion.FieldID), func(v *ent.ImportDefinitionVersion) string { return v.ID }),
	},
}

type versionResolver struct{ *root }

func (r versionResolver) Definition(ctx context.Context, v *ent.ImportDefinitionVersion) (*ent.ImportDefinition, error) {
	return one(ctx, v, "definition", func(v *ent.ImportDefinitionVersion) string { return v.ImportDefinitionID },
		r.definitions, func(d *ent.ImportDefinition) string { return d.ID })
}

func (r versionResolver) CreatedBy(ctx context.Context, v *ent.ImportDefinitionVersion) (*ent.User, error) {
	return one(ctx, v, "createdBy", func(v *ent.ImportDefinitionVersion) string { return deref(v.CreatedByID) }, r.users, userID)
}

func definitionOrder(o *model.ImportDefinitionOrder) order[*ent.ImportDefinition] {
	field, desc := model.ImportDefinitionOrderFieldName, false
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	var first term[*ent.ImportDefinition]
	switch field {
	case model.ImportDefinitionOrderFieldCreatedAt:
		first = byTime(column(importdefinition.FieldCreatedAt), func(d *ent.ImportDefinition) time.Time { return d.CreatedAt })
	case model.ImportDefinitionOrderFieldUpdatedAt:
		first = byTime(column(importdefinition.FieldUpdatedAt), func(d *ent.ImportDefinition) time.Time { return d.UpdatedAt })
	default:
		first = byText(column(importdefinition.FieldName), func(d *ent.ImportDefinition) string { return d.Name })
	}
	return order[*ent.ImportDefinition]{
		name: "definitions " + string(field), desc: desc,
		terms: []term[*ent.ImportDefinition]{
			first, byText(column(importdefinition.FieldID), func(d *ent.ImportDefinition) string { return d.ID }),
		},
	}
}

func definitionsWhere(f *model.ImportDefinitionFilter) func(s *sql.Selector) {
	if f == nil {
		f = &model.ImportDefinitionFilter{Archived: new(false)}
	}
	return func(s *sql.Selector) {
		contains(s, importdefinition.FieldName, f.NameContains)
		if f.SystemWide != nil {
			own := sql.NEQ(s.C(importdefinition.FieldOrganizationID), prefixid.System)
			if *f.SystemWide {
				own = sql.EQ(s.C(importdefinition.FieldOrganizationID), prefixid.System)
			}
			s.Where(own)
		}
		whether(s, importdefinition.FieldArchivedAt, f.Archived)
	}
}
