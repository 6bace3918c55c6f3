package graph

import (
	"context"
	"encoding/json"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/ent/importrun"
	"entrepot/ent/site"
	"entrepot/graph/model"
)

type resultResolver struct{ *root }

func (resultResolver) SiteKey(_ context.Context, result *ent.ImportResult) (*string, error) {
	return orNull(result.SiteKey), nil
}

func (r resultResolver) Import(ctx context.Context, result *ent.ImportResult) (*ent.ImportRun, error) {
	return one(ctx, result, "import", func(result *ent.ImportResult) string { return result.ImportID }, r.runs, runID)
}

func (r resultResolver) Site(ctx context.Context, result *ent.ImportResult) (*ent.Site, error) {
	return one(ctx, result, "site", func(result *ent.ImportResult) string { return deref(result.SiteID) },
		func(ctx context.Context, ids []string) ([]*ent.Site, error) {
			return r.DB.Client().Site.Query().Where(site.IDIn(ids...)).All(ctx)
		}, func(s *ent.Site) string { return s.ID })
}

// Mapping ties the values to the form elements that the version names; it follows from both and is stored nowhere.
func (r resultResolver) Mapping(ctx context.Context, result *ent.ImportResult) ([]*definition.ResultMapping, error) {
	run, err := r.Import(ctx, result)
	if err != nil || run == nil {
		return nil, err
	}
	version, err := importResolver(r).RanWith(ctx, run)
	if err != nil || version == nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(result.ProcessedData, &values); err != nil {
		return nil, err
	}
	mapping := []*definition.ResultMapping{}
	for _, output := range version.OutputSchema {
		if value, ok := values[output.Key]; ok {
			mapping = append(mapping, &definition.ResultMapping{
				OutputKey: output.Key, FormElementID: output.FormElementID, ValueInserted: string(value),
			})
		}
	}
	return mapping, nil
}

// units orders periods of one year by their length.
var units = []definition.PeriodUnit{definition.Yearly, definition.Quarterly, definition.Monthly}

// byPeriod are the terms of the order by period.
var byPeriod = []term[*ent.ImportResult]{
	byNumber(column(importresult.FieldYear), func(r *ent.ImportResult) int64 { return int64(r.Year) }),
	byNumber(func(s *sql.Selector) func(b *sql.Builder) {
		unit := s.C(importresult.FieldPeriodUnit)
		return func(b *sql.Builder) {
			b.WriteString("CASE " + unit + " WHEN 'YEARLY' THEN 0 WHEN 'QUARTERLY' THEN 1 ELSE 2 END")
		}
	}, func(r *ent.ImportResult) int64 {
		for i, unit := range units {
			if r.PeriodUnit == unit {
				return int64(i)
			}
		}
		return int64(len(units))
	}),
	byNumber(column(importresult.FieldPeriod), func(r *ent.ImportResult) int64 { return int64(r.Period) }),
}

var (
	bySiteKey  = byText(column(importresult.FieldSiteKey), func(r *ent.ImportResult) string { return r.SiteKey })
	byResultID = byText(column(importresult.FieldID), func(r *ent.ImportResult) string { return r.ID })
)

func resultOrder(o *model.ImportResultOrder) order[*ent.ImportResult] {
	field, desc := model.ImportResultOrderFieldPeriod, false
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	var terms []term[*ent.ImportResult]
	switch field {
	case model.ImportResultOrderFieldSite:
		terms = append(append(terms, bySiteKey), byPeriod...)
	case model.ImportResultOrderFieldCreatedAt:
		terms = append(terms, byTime(column(importresult.FieldCreatedAt),
			func(r *ent.ImportResult) time.Time { return r.CreatedAt }))
	default:
		terms = append(append(terms, byPeriod...), bySiteKey)
	}
	return order[*ent.ImportResult]{name: "results " + string(field), desc: desc, terms: append(terms, byResultID)}
}

// resultsWhere narrows a list of results. Current is what an absent filter.current means.
func resultsWhere(f *model.ImportResultFilter, current bool) (func(s *sql.Selector), error) {
	if f == nil {
		f = &model.ImportResultFilter{}
	}
	switch {
	case f.Current != nil:
		current = *f.Current
	case f.ImportID != nil:
		current = false
	}
	if f.Year != nil && (*f.Year < 1 || *f.Year > 9999) {
		return nil, badInput("A year has at most four digits.")
	}
	return func(s *sql.Selector) {
		for _, equal := range []struct {
			column string
			value  *string
		}{
			{importresult.FieldImportID, f.ImportID},
			{importresult.FieldSiteID, f.SiteID},
			{importresult.FieldSiteKey, f.SiteKey},
		} {
			if equal.value != nil {
				s.Where(sql.EQ(s.C(equal.column), *equal.value))
			}
		}
		if f.Year != nil {
			s.Where(sql.EQ(s.C(importresult.FieldYear), *f.Year))
		}
		if f.PeriodUnit != nil {
			s.Where(sql.EQ(s.C(importresult.FieldPeriodUnit), *f.PeriodUnit))
		}
		if f.Period != nil {
			s.Where(sql.EQ(s.C(importresult.FieldPeriod), *f.Period))
		}
		if f.ImportDefinitionID != nil {
			run := sql.Table(importrun.Table).As("of_definition")
			s.Where(sql.Exists(sql.Select(run.C("id")).From(run).Where(sql.And(
				sql.ColumnsEQ(run.C(importrun.FieldOrganizationID), s.C(importresult.FieldOrganizationID)),
				sql.ColumnsEQ(run.C(importrun.FieldID), s.C(importresult.FieldImportID)),
				sql.EQ(run.C(importrun.FieldImportDefinitionID), *f.ImportDefinitionID),
			))))
		}
		if current {
			s.Where(newest(s))
		}
	}, nil
}

// newest holds for results of an import that is not superseded, where no newer such import with the same definition
// has a result for the same site and period. Results exist of final imports only, and ids of imports sort by their age.
func newest(s *sql.Selector) *sql.Predicate {
	own := sql.Table(importrun.Table).As("own_import")
	newer := sql.Table(importrun.Table).As("newer_import")
	rival := sql.Table(importresult.Table).As("newer_result")
	same := func(column string) *sql.Predicate { return sql.ColumnsEQ(rival.C(column), s.C(column)) }
	return sql.Exists(sql.Select(own.C("id")).From(own).Where(sql.And(
		sql.ColumnsEQ(own.C(importrun.FieldOrganizationID), s.C(importresult.FieldOrganizationID)),
		sql.ColumnsEQ(own.C(importrun.FieldID), s.C(importresult.FieldImportID)),
		sql.IsNull(own.C(importrun.FieldSupersededByID)),
		sql.NotExists(sql.Select(rival.C("id")).From(rival).Join(newer).OnP(sql.And(
			sql.ColumnsEQ(newer.C(importrun.FieldOrganizationID), rival.C(importresult.FieldOrganizationID)),
			sql.ColumnsEQ(newer.C(importrun.FieldID), rival.C(importresult.FieldImportID)),
		)).Where(sql.And(
			same(importresult.FieldOrganizationID), same(importresult.FieldSiteKey), same(importresult.FieldPeriodUnit),
			same(importresult.FieldYear), same(importresult.FieldPeriod),
			sql.ColumnsGT(rival.C(importresult.FieldImportID), s.C(importresult.FieldImportID)),
			sql.IsNull(newer.C(importrun.FieldSupersededByID)),
			sql.ColumnsEQ(newer.C(importrun.FieldImportDefinitionID), own.C(importrun.FieldImportDefinitionID)),
		))),
	)))
}
