package graph

import (
	"context"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/organization"
	"entrepot/ent/site"
	"entrepot/graph/model"
	"entrepot/prefixid"
)

const maxNodes = 100

type queryResolver struct{ *root }

func (queryResolver) Viewer(ctx context.Context) (*model.Viewer, error) {
	return &model.Viewer{Viewer: asking(ctx)}, nil
}

func (r queryResolver) Limits(context.Context) (*definition.Limits, error) {
	return &r.root.Limits, nil
}

// Node finds anything of the current organization by its id; whatever is not there, or not the viewer's, is null.
func (r queryResolver) Node(ctx context.Context, id string) (model.Node, error) {
	client, v := r.DB.Client(), asking(ctx)
	prefix, _, _ := prefixid.Parse(id)
	switch prefix {
	case prefixid.Import:
		return node(client.ImportRun.Get(ctx, id))
	case prefixid.Result:
		return node(client.ImportResult.Get(ctx, id))
	case prefixid.Definition:
		return node(client.ImportDefinition.Get(ctx, id))
	case prefixid.Version:
		return node(client.ImportDefinitionVersion.Get(ctx, id))
	case prefixid.Site:
		return node(client.Site.Get(ctx, id))
	case prefixid.User:
		return node(client.User.Get(ctx, id))
	case prefixid.Organization:
		return node(client.Organization.Query().
			Where(organization.ID(id), organization.ID(v.OrganizationID)).Only(ctx))
	case prefixid.Group:
		return node(client.Group.Query().Where(group.ID(id), group.OrganizationID(v.OrganizationID)).Only(ctx))
	case prefixid.UploadHistory:
		return node(r.UploadHistory(ctx, id))
	default:
		return nil, nil
	}
}

// node makes null of what was not found.
func node[T any](entity *T, err error) (model.Node, error) {
	if entity, err = found(entity, err); err != nil || entity == nil {
		return nil, err
	}
	return entity, nil
}

// found makes nil of what was not found.
func found[T any](entity *T, err error) (*T, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return entity, err
}

func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, badInput("At most " + strconv.Itoa(maxNodes) + " ids at a time, not " + strconv.Itoa(len(ids)) + ".")
	}
	nodes := make([]model.Node, len(ids))
	for i, id := range ids {
		n, err := r.Node(ctx, id)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

func (r queryResolver) Import(ctx context.Context, id string) (*ent.ImportRun, error) {
	return found(r.DB.Client().ImportRun.Get(ctx, id))
}

func (r queryResolver) Imports(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.ImportFilter, orderBy *model.ImportOrder,
) (*model.ImportConnection, error) {
	v := asking(ctx)
	q := r.DB.Client().ImportRun.Query()
	q.WhereP(importsWhere(filter, v))
	return paginate(ctx, q, importOrder(orderBy, v), pageArgs{first, after, last, before}, r.root.Limits.PageSize)
}

func (r queryResolver) ImportResults(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.ImportResultFilter, orderBy *model.ImportResultOrder,
) (*model.ImportResultConnection, error) {
	of, err := checkResults(filter, true)
	if err != nil {
		return nil, err
	}
	q := r.DB.Client().ImportResult.Query()
	q.WhereP(of.where)
	page, err := paginate(ctx, q, resultOrder(orderBy), pageArgs{first, after, last, before}, r.root.Limits.PageSize)
	if err != nil {
		return nil, err
	}
	page.Count = func(ctx context.Context) (int, error) { return of.count(ctx, r.DB.Client()) }
	return page, nil
}

func (r queryResolver) ImportDefinition(ctx context.Context, id string) (*ent.ImportDefinition, error) {
	return found(r.DB.Client().ImportDefinition.Get(ctx, id))
}

func (r queryResolver) ImportDefinitions(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.ImportDefinitionFilter, orderBy *model.ImportDefinitionOrder,
) (*model.ImportDefinitionConnection, error) {
	q := r.DB.Client().ImportDefinition.Query()
	q.WhereP(definitionsWhere(filter))
	return paginate(ctx, q, definitionOrder(orderBy), pageArgs{first, after, last, before}, r.root.Limits.PageSize)
}

func (r queryResolver) UploadHistory(ctx context.Context, id string) (*ent.ReviewUploadHistory, error) {
	n, ok := prefixid.Number(prefixid.UploadHistory, id)
	if !ok {
		return nil, nil
	}
	return found(r.DB.Client().ReviewUploadHistory.Get(ctx, n))
}

func (r queryResolver) UploadHistories(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.UploadHistoryFilter, orderBy *model.UploadHistoryOrder,
) (*model.ReviewUploadHistoryConnection, error) {
	q := r.DB.Client().ReviewUploadHistory.Query()
	q.WhereP(historiesWhere(filter))
	return paginate(ctx, q, historyOrder(orderBy), pageArgs{first, after, last, before}, r.root.Limits.PageSize)
}

func (r queryResolver) Site(ctx context.Context, id string) (*ent.Site, error) {
	return found(r.DB.Client().Site.Get(ctx, id))
}

func (r queryResolver) Sites(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.SiteFilter, orderBy *model.SiteOrder,
) (*model.SiteConnection, error) {
	q := r.DB.Client().Site.Query()
	if filter != nil {
		q.WhereP(func(s *sql.Selector) { contains(s, site.FieldName, filter.NameContains) })
	}
	return paginate(ctx, q, siteOrder(orderBy), pageArgs{first, after, last, before}, r.root.Limits.PageSize)
}

func siteOrder(o *model.SiteOrder) order[*ent.Site] {
	field, desc := model.SiteOrderFieldName, false
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	var first term[*ent.Site]
	switch field {
	case model.SiteOrderFieldKey:
		first = byText(column(site.FieldKey), func(s *ent.Site) string { return s.Key })
	case model.SiteOrderFieldCreatedAt:
		first = byTime(column(site.FieldCreatedAt), func(s *ent.Site) time.Time { return s.CreatedAt })
	default:
		first = byText(column(site.FieldName), func(s *ent.Site) string { return s.Name })
	}
	return order[*ent.Site]{name: "sites " + string(field), desc: desc, terms: []term[*ent.Site]{
		first, byText(column(site.FieldID), func(s *ent.Site) string { return s.ID }),
	}}
}
