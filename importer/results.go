package importer

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/prefixid"
	"entrepot/processor"
)

const (
	// rowsPerStatement keeps a statement of 13 parameters a row below the 32,766 that SQLite takes.
	rowsPerStatement = 1000
	// fewResults are inserted by a statement on PostgreSQL too: a table of their own costs more.
	fewResults = 100
	// newResults is the temporary table that results are copied into. COPY straight into a table with row-level security
	// is refused; what INSERT … SELECT takes out of this one passes through it.
	newResults = "new_import_results"
)

// insertResults writes results in the open transaction: the fastest way that the database has.
func (a *attempt) insertResults(ctx context.Context, results []processor.Result) error {
	if len(results) > fewResults && a.DB.Dialect() == dialect.Postgres {
		return a.copyResults(ctx, results)
	}
	rows := a.rows(results)
	for start := 0; start < len(rows); start += rowsPerStatement {
		some := rows[start:min(start+rowsPerStatement, len(rows))]
		if err := a.DB.Client().ImportResult.CreateBulk(some...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// copyResults writes many results to PostgreSQL, once in a transaction. What is the same in all of them is not copied but
// given to the INSERT: half of the bytes.
func (a *attempt) copyResults(ctx context.Context, results []processor.Result) error {
	list := `"` + strings.Join([]string{
		importresult.FieldID, importresult.FieldSiteKey, importresult.FieldSiteID, importresult.FieldYear,
		importresult.FieldPeriodUnit, importresult.FieldPeriod, importresult.FieldProcessedData,
		importresult.FieldRowsProcessed, importresult.FieldRowsRejected,
	}, `", "`) + `"`
	if _, err := a.DB.ExecContext(ctx, "CREATE TEMPORARY TABLE "+newResults+" ON COMMIT DROP AS SELECT "+list+
		" FROM "+importresult.Table+" WITH NO DATA"); err != nil {
		return fmt.Errorf("make temporary table: %w", err)
	}
	err := a.DB.WithTx(ctx, func(tx *sql.Tx) (err error) {
		statement, err := tx.PrepareContext(ctx, "COPY "+newResults+" ("+list+") FROM STDIN")
		if err != nil {
			return err
		}
		defer func() {
			if closing := statement.Close(); err == nil {
				err = closing
			}
		}()
		for _, r := range byPeriod(results) {
			var siteKey string
			if r.SiteKey != nil {
				siteKey = *r.SiteKey
			}
			if _, err := statement.ExecContext(ctx,
				prefixid.New(prefixid.Result), siteKey, sql.NullString{String: r.SiteID, Valid: r.SiteID != ""}, r.Year,
				string(r.PeriodUnit), r.Period, string(r.ProcessedData), r.RowsProcessed, r.RowsRejected,
			); err != nil {
				return err
			}
		}
		_, err = statement.ExecContext(ctx) // the rest of them
		return err
	})
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	same := `"` + strings.Join([]string{
		importresult.FieldOrganizationID, importresult.FieldImportID, importresult.FieldAttempt, importresult.FieldCreatedAt,
	}, `", "`) + `"`
	_, err = a.DB.ExecContext(ctx, "INSERT INTO "+importresult.Table+" ("+same+", "+list+") "+
		"SELECT $1, $2, $3::bigint, $4::timestamptz, "+list+" FROM "+newResults,
		a.run.OrganizationID, a.run.ID, a.run.Attempt, a.now())
	return err
}

// byPeriod orders results as two of the three indexes do, whose pages then fill one after the other.
func byPeriod(results []processor.Result) []*processor.Result {
	ordered := make([]*processor.Result, len(results))
	for i := range results {
		ordered[i] = &results[i]
	}
	slices.SortStableFunc(ordered, func(a, b *processor.Result) int { // stable: within a period they stand by site already
		return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.PeriodUnit, b.PeriodUnit), cmp.Compare(a.Period, b.Period))
	})
	return ordered
}

func (a *attempt) rows(results []processor.Result) []*ent.ImportResultCreate {
	at := a.now()
	rows := make([]*ent.ImportResultCreate, len(results))
	for i := range results {
		r := &results[i]
		row := a.DB.Client().ImportResult.Create().
			SetID(prefixid.New(prefixid.Result)).
			SetOrganizationID(a.run.OrganizationID).
			SetImportID(a.run.ID).
			SetAttempt(a.run.Attempt).
			SetNillableSiteKey(r.SiteKey).
			SetYear(r.Year).
			SetPeriodUnit(r.PeriodUnit).
			SetPeriod(r.Period).
			SetProcessedData(r.ProcessedData).
			SetRowsProcessed(r.RowsProcessed).
			SetRowsRejected(r.RowsRejected).
			SetCreatedAt(at)
		if r.SiteID != "" {
			row.SetSiteID(r.SiteID)
		}
		rows[i] = row
	}
	return rows
}
