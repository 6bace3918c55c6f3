package graph

import (
	"context"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/ent/importrun"
	"entrepot/graph/model"
)

// resultsOf is which results a list has.
type resultsOf struct {
	model.ImportResultFilter
	// current shows, of each definition, site key, unit, year and period, only the result of the newest import that is not
	// superseded. The newest is the one that was created last, which its id tells: ids sort by the time they were made at.
	// Canceled and failed imports have no results.
	current bool
}

// checkResults reads a filter; current is what an absent filter.current means.
func checkResults(f *model.ImportResultFilter, current bool) (resultsOf, error) {
	of := resultsOf{current: current}
	if f != nil {
		of.ImportResultFilter = *f
	}
	switch {
	case of.Current != nil:
		of.current = *of.Current
	case of.ImportID != nil:
		of.current = false
	}
	if of.Year != nil && (*of.Year < 1 || *of.Year > 9999) {
		return of, badInput("A year has at most four digits.")
	}
	return of, nil
}

// where narrows a list of results.
func (of resultsOf) where(s *sql.Selector) {
	of.narrow(s)
	if of.current {
		of.whereNewest(s)
	}
}

// narrow does what the filter says but for its current.
func (of resultsOf) narrow(s *sql.Selector) {
	for _, equal := range []struct {
		column string
		value  *string
	}{
		{importresult.FieldImportID, of.ImportID},
		{importresult.FieldSiteID, of.SiteID},
		{importresult.FieldSiteKey, of.SiteKey},
	} {
		equals(s, equal.column, equal.value)
	}
	if of.Year != nil {
		s.Where(sql.EQ(s.C(importresult.FieldYear), *of.Year))
	}
	if of.PeriodUnit != nil {
		s.Where(sql.EQ(s.C(importresult.FieldPeriodUnit), *of.PeriodUnit))
	}
	if of.Period != nil {
		s.Where(sql.EQ(s.C(importresult.FieldPeriod), *of.Period))
	}
	if of.ImportDefinitionID != nil && !of.current { // else whereOwn does it
		run := sql.Table(importrun.Table).As("of_definition")
		s.Where(sql.Exists(sql.Select(run.C(importrun.FieldID)).From(run).Where(sql.And(
			sql.ColumnsEQ(run.C(importrun.FieldOrganizationID), s.C(importresult.FieldOrganizationID)),
			sql.ColumnsEQ(run.C(importrun.FieldID), s.C(importresult.FieldImportID)),
			sql.EQ(run.C(importrun.FieldImportDefinitionID), *of.ImportDefinitionID),
		))))
	}
}

// own is a result's import, where a statement has it beside the results.
func own() *sql.SelectTable { return sql.Table(importrun.Table).As("own_import") }

// whereOwn ties the results to their own imports and leaves out what is superseded.
func (of resultsOf) whereOwn(s *sql.Selector) {
	o := own()
	s.Where(sql.And(
		sql.ColumnsEQ(o.C(importrun.FieldOrganizationID), s.C(importresult.FieldOrganizationID)),
		sql.ColumnsEQ(o.C(importrun.FieldID), s.C(importresult.FieldImportID)),
		sql.IsNull(o.C(importrun.FieldSupersededByID)),
	))
	if of.ImportDefinitionID != nil {
		s.Where(sql.EQ(o.C(importrun.FieldImportDefinitionID), *of.ImportDefinitionID))
	}
}

// whereNewest holds for the result of the newest import of all that have the same definition, site and period: one look
// into the unique index, which begins with those and ends with the import. On PostgreSQL it stands in the FROM clause,
// where the planner keeps what it found for rows of the same key; compared by IS NOT DISTINCT FROM above an outer
// join, the row's own import does not become part of that key.
func (of resultsOf) whereNewest(s *sql.Selector) {
	rival, newer := sql.Table(importresult.Table).As("newer_result"), sql.Table(importrun.Table).As("newer_import")
	same := func(column string) *sql.Predicate { return sql.ColumnsEQ(rival.C(column), s.C(column)) }
	newest := sql.Dialect(s.Dialect()).Select(rival.C(importresult.FieldImportID)).From(rival).
		Join(newer).OnP(sql.And(
		sql.ColumnsEQ(newer.C(importrun.FieldOrganizationID), rival.C(importresult.FieldOrganizationID)),
		sql.ColumnsEQ(newer.C(importrun.FieldID), rival.C(importresult.FieldImportID)),
	)).Where(sql.And(
		same(importresult.FieldOrganizationID), same(importresult.FieldSiteKey), same(importresult.FieldPeriodUnit),
		same(importresult.FieldYear), same(importresult.FieldPeriod),
		sql.IsNull(newer.C(importrun.FieldSupersededByID)),
		sql.ColumnsEQ(newer.C(importrun.FieldImportDefinitionID), own().C(importrun.FieldImportDefinitionID)),
	)).OrderBy(sql.Desc(rival.C(importresult.FieldImportID))).Limit(1)
	id := s.C(importresult.FieldImportID)
	if s.Dialect() != dialect.Postgres {
		s.AppendFrom(own())
		of.whereOwn(s)
		s.Where(sql.P(func(b *sql.Builder) { b.WriteString(id + " = ").Wrap(func(b *sql.Builder) { b.Join(newest) }) }))
		return
	}
	s.AppendFromExpr(sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString(`"imports" AS "own_import" LEFT JOIN LATERAL `)
		b.Wrap(func(b *sql.Builder) { b.Join(newest) })
		b.WriteString(` AS "newest" ON true`)
	}))
	of.whereOwn(s)
	s.Where(sql.P(func(b *sql.Builder) { b.WriteString(id + ` IS NOT DISTINCT FROM "newest"."import_id"`) }))
}

// count counts a list of results. Of each key there is one current result, so that they need not be found to be counted,
// unless the filter asks for something that is not of the key.
func (of resultsOf) count(ctx context.Context, client *ent.Client) (int, error) {
	if !of.current || of.ImportID != nil || of.SiteID != nil {
		q := client.ImportResult.Query()
		q.WhereP(of.where)
		return q.Count(ctx)
	}
	var rows []struct {
		Total int `sql:"total"`
	}
	err := client.ImportResult.Query().Modify(func(s *sql.Selector) {
		of.narrow(s)
		s.AppendFrom(own())
		of.whereOwn(s)
		s.SelectExpr(sql.ExprFunc(func(b *sql.Builder) { b.WriteString(`COUNT(*) OVER () AS "total"`) }))
		s.GroupBy(own().C(importrun.FieldImportDefinitionID), s.C(importresult.FieldSiteKey),
			s.C(importresult.FieldPeriodUnit), s.C(importresult.FieldYear), s.C(importresult.FieldPeriod)).Limit(1)
	}).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Total, nil
}
