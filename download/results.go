package download

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importdefinitionversion"
	"entrepot/ent/importresult"
	"entrepot/ent/importrun"
	"entrepot/ent/site"
	"entrepot/viewer"
)

// Format is how a file is written.
type Format string

// The values of Format.
const (
	CSV   Format = "CSV"
	JSONL Format = "JSONL"
)

// pageSize is how many results are in memory at a time.
const pageSize = 500

// Results signs a link to the results of an import, one row per site, period and output, for whoever may see the import.
// ok is false while it is not final, where it has none, and for a viewer of another organization.
func (d *Downloads) Results(
	ctx context.Context, run *ent.ImportRun, format Format,
) (address string, expiresAt time.Time, ok bool, err error) {
	v, known := viewer.FromContext(ctx)
	if !known || v.OrganizationID != run.OrganizationID || !run.Status.Final() || !hasResults(run) {
		return "", time.Time{}, false, nil
	}
	address, expiresAt, err = d.sign(link{
		organization: run.OrganizationID, subject: subjectResults, id: run.ID, format: format,
	})
	return address, expiresAt, err == nil, err
}

// hasResults tells whether an import has results, and still has them.
func hasResults(run *ent.ImportRun) bool { return run.ResultCount > 0 && run.ResultsErasedAt == nil }

// results is the file of an import's results.
//
// Pages are read one after another, each in a snapshot of its own, and a client that takes its time holds no connection
// to the database meanwhile: the results of a final import never change. Should they be erased while they are read, the
// count tells.
func (d *Downloads) results(ctx context.Context, id string, format Format) (*file, error) {
	var run *ent.ImportRun
	var version *ent.ImportDefinitionVersion
	var name string
	err := d.db.Read(ctx, func(ctx context.Context) (err error) {
		c := d.db.Client()
		if run, err = c.ImportRun.Query().Where(importrun.ID(id)).Only(ctx); err != nil {
			return err
		}
		version, err = c.ImportDefinitionVersion.Query().
			Where(importdefinitionversion.ID(run.DefinitionVersionID)).Only(ctx)
		if err != nil {
			return err
		}
		definition, err := c.ImportDefinition.Query().Where(importdefinition.ID(run.ImportDefinitionID)).Only(ctx)
		if err != nil {
			return err
		}
		name = definition.Name
		return nil
	})
	switch {
	case ent.IsNotFound(err):
		return nil, errNoFile
	case err != nil:
		return nil, fmt.Errorf("find import: %w", err)
	case !run.Status.Final() || !hasResults(run):
		return nil, errNoFile
	}
	f := &file{name: name + " " + run.ID + ".csv", contentType: "text/csv; charset=utf-8"}
	rows := newRows(format)
	if format == JSONL {
		f.name, f.contentType = name+" "+run.ID+".jsonl", "application/x-ndjson"
	}
	f.write = func(w io.Writer) error { return d.writeResults(ctx, w, run, version.OutputSchema, rows) }
	return f, nil
}

func (d *Downloads) writeResults(
	ctx context.Context, w io.Writer, run *ent.ImportRun, outputs []definition.Output, rows rowWriter,
) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.Write(rows.head()); err != nil {
		return err
	}
	var line []byte
	var last *ent.ImportResult
	written := 0
	for {
		page, sites, err := d.page(ctx, run, last)
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		for _, result := range page {
			var values map[string]json.RawMessage
			if err := json.Unmarshal(result.ProcessedData, &values); err != nil {
				return fmt.Errorf("read result %s: %w", result.ID, err)
			}
			r := row{result: result}
			if result.SiteID != nil {
				r.site = sites[*result.SiteID]
			}
			for i := range outputs {
				if r.output = &outputs[i]; r.output.PeriodUnit != result.PeriodUnit {
					continue
				}
				var ok bool
				if r.value, ok = values[r.output.Key]; !ok {
					continue
				}
				if line, err = rows.append(line[:0], &r); err != nil {
					return err
				}
				if _, err := out.Write(line); err != nil {
					return err
				}
			}
		}
		written += len(page)
		if len(page) < pageSize {
			break
		}
		last = page[len(page)-1]
	}
	if written != run.ResultCount {
		return fmt.Errorf("import %s has %d results, and %d were found", run.ID, run.ResultCount, written)
	}
	return out.Flush()
}

// page is the results after one, in the order of the index that begins with the import, and the names of their sites.
func (d *Downloads) page(
	ctx context.Context, run *ent.ImportRun, after *ent.ImportResult,
) (page []*ent.ImportResult, sites map[string]string, err error) {
	order := []string{
		importresult.FieldYear, importresult.FieldPeriodUnit, importresult.FieldPeriod,
		importresult.FieldSiteKey, importresult.FieldID,
	}
	err = d.db.Read(ctx, func(ctx context.Context) error {
		q := d.db.Client().ImportResult.Query().Where(
			importresult.OrganizationID(run.OrganizationID), importresult.ImportID(run.ID),
		).Limit(pageSize)
		q.Where(func(s *sql.Selector) {
			for _, column := range order {
				s.OrderBy(s.C(column))
			}
			if after != nil {
				s.Where(beyond(s, order, after.Year, string(after.PeriodUnit), after.Period, after.SiteKey, after.ID))
			}
		})
		if page, err = q.All(ctx); err != nil {
			return err
		}
		sites, err = d.sites(ctx, page)
		return err
	})
	return page, sites, err
}

// beyond holds for what comes after a place in an order.
func beyond(s *sql.Selector, order []string, place ...any) *sql.Predicate {
	columns := make([]string, len(order))
	for i, column := range order {
		columns[i] = s.C(column)
	}
	return sql.P(func(b *sql.Builder) {
		b.WriteByte('(').IdentComma(columns...).WriteString(") > (").Args(place...).WriteByte(')')
	})
}

// sites are the names of the sites of some results, by id.
func (d *Downloads) sites(ctx context.Context, results []*ent.ImportResult) (map[string]string, error) {
	names := map[string]string{}
	var ids []string
	for _, r := range results {
		if r.SiteID == nil {
			continue
		}
		if _, ok := names[*r.SiteID]; !ok {
			names[*r.SiteID] = ""
			ids = append(ids, *r.SiteID)
		}
	}
	if len(ids) == 0 {
		return names, nil
	}
	found, err := d.db.Client().Site.Query().Where(site.IDIn(ids...)).All(ctx)
	for _, s := range found {
		names[s.ID] = s.Name
	}
	return names, err
}
