package graph

import (
	"context"
	"encoding/json"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importresult"
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

// The terms of the order by period. Names of units sort by their length: MONTHLY, QUARTERLY, YEARLY. Orders are of plain
// columns, as the indexes are.
var (
	byYear = byNumber(column(importresult.FieldYear), func(r *ent.ImportResult) int64 { return int64(r.Year) })
	byUnit = byText(column(importresult.FieldPeriodUnit), func(r *ent.ImportResult) string { return string(r.PeriodUnit) })
	byPart = byNumber(column(importresult.FieldPeriod), func(r *ent.ImportResult) int64 { return int64(r.Period) })
)

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
		terms = append(terms, bySiteKey, byUnit, byYear, byPart)
	case model.ImportResultOrderFieldCreatedAt:
		terms = append(terms, byTime(column(importresult.FieldCreatedAt),
			func(r *ent.ImportResult) time.Time { return r.CreatedAt }))
	default:
		terms = append(terms, byYear, byUnit, byPart, bySiteKey)
	}
	return order[*ent.ImportResult]{name: "results " + string(field), desc: desc, terms: append(terms, byResultID)}
}
