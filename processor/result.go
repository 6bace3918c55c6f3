package processor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"entrepot/definition"

	"github.com/cockroachdb/apd/v3"
)

// Results merges what the workers have, calls the code of a version that has one, and returns the results sorted by site
// key (none first), year, period unit (YEARLY, QUARTERLY, MONTHLY) and period. It fails with a *LimitError when there are
// too many sites or results, with a *CurrencyError when a column mixes currencies, and of a version with code with a
// *ScriptError when the code fails or returns what its outputs cannot be, a *SpillError when the temporary file cannot be
// read, what Script.Call says otherwise, or the end of ctx. It is called once, after the last Add; the workers are spent
// then.
func (a *Aggregation) Results(ctx context.Context) ([]Result, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	all, workers := newWorker(a), a.workers
	a.workers = []*Worker{all} // for SiteRows
	for _, w := range workers {
		if w.err != nil {
			return nil, w.err
		}
		if err := all.merge(w); err != nil {
			return nil, err
		}
	}
	if err := all.mixed(); err != nil {
		return nil, err
	}
	if a.plan.scripted {
		return a.process(ctx, all, workers)
	}
	results := make([]Result, 0, len(all.groups))
	for key, g := range all.groups {
		if g.processed == 0 {
			continue
		}
		data, err := a.plan.appendGroup(nil, &a.plan.units[key.unit], g)
		if err != nil {
			return nil, err
		}
		r := Result{
			Year:          int(key.year),
			PeriodUnit:    units[a.plan.units[key.unit].unit],
			Period:        int(key.period),
			ProcessedData: data,
			RowsProcessed: g.processed,
			RowsRejected:  g.rejected,
		}
		if a.plan.hasSite {
			r.SiteKey, r.SiteID = &all.sites[key.site].key, all.sites[key.site].id
		}
		results = append(results, r)
	}
	slices.SortFunc(results, compareResults)
	return results, nil
}

func compareResults(a, b Result) int {
	return cmp.Or(
		compareKeys(a.SiteKey, b.SiteKey),
		cmp.Compare(a.Year, b.Year),
		cmp.Compare(slices.Index(units[:], a.PeriodUnit), slices.Index(units[:], b.PeriodUnit)),
		cmp.Compare(a.Period, b.Period),
	)
}

// compareKeys compares the keys of two sites; all of an import have one, or none has.
func compareKeys(a, b *string) int {
	if a == nil || b == nil {
		return 0
	}
	return strings.Compare(*a, *b)
}

// merge takes over the groups of another worker.
func (w *Worker) merge(other *Worker) error {
	siteOf := make([]int32, len(other.sites))
	for i, s := range other.sites {
		if !w.plan.hasSite {
			break
		}
		at, known := w.byKey[s.key]
		if !known {
			if len(w.sites) >= w.maxSites {
				return newLimitError("sites", w.maxSites)
			}
			at = int32(len(w.sites))
			w.sites = append(w.sites, s)
			w.byKey[s.key] = at
		} else if w.sites[at].id == "" {
			w.sites[at] = s
		}
		siteOf[i] = at
	}
	for i := range other.census {
		if err := w.mergeCensus(siteOf[i], &other.census[i]); err != nil {
			return err
		}
	}
	for column, seen := range other.sightings {
		for _, s := range seen {
			w.see(column, s)
		}
	}
	for key, theirs := range other.groups {
		key.site = siteOf[key.site]
		g := w.groups[key]
		if g == nil {
			if len(w.groups) >= w.maxResults {
				return newLimitError("results", w.maxResults)
			}
			w.groups[key] = theirs
			continue
		}
		g.processed += theirs.processed
		g.rejected += theirs.rejected
		for i := range g.accumulators {
			g.accumulators[i].merge(w.plan.units[key.unit].outputs[i].op, &theirs.accumulators[i])
		}
	}
	return nil
}

func (p *plan) appendGroup(b []byte, unit *unitPlan, g *group) ([]byte, error) {
	b = append(b, '{')
	for i := range unit.outputs {
		o, a := &unit.outputs[i], &g.accumulators[i]
		if a.n == 0 && o.op != countRows && o.op != countValues {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, o.key...)
		var err error
		if b, err = p.appendValue(b, o, a); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func (p *plan) appendValue(b []byte, o *output, a *accumulator) ([]byte, error) {
	switch o.op {
	case countRows, countValues:
		return appendDecimal(b, a.n, 0), nil
	case sumNumbers:
		if a.rest == nil && a.sum.hi == int64(a.sum.lo)>>63 {
			return appendDecimal(b, int64(a.sum.lo), a.scale), nil
		}
		return appendAPD(b, a.total()), nil
	case averageNumbers:
		var average apd.Decimal
		if _, err := averages.Quo(&average, a.total(), apd.New(a.n, 0)); err != nil {
			return nil, fmt.Errorf("compute average: %w", err)
		}
		return appendAPD(b, &average), nil
	case firstText, lastText:
		return appendJSONString(b, a.rest.text), nil
	}
	return p.appendTyped(b, o.kind, a.value()), nil
}

// appendTyped writes a value that is no text.
func (p *plan) appendTyped(b []byte, kind definition.ColumnType, v decimal) []byte {
	switch kind {
	case definition.TypeBoolean:
		if v.m == 1 {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case definition.TypeDate:
		b = append(b, '"')
		return append(time.Unix(v.m*86400, 0).UTC().AppendFormat(b, time.DateOnly), '"')
	case definition.TypeDateTime:
		b = append(b, '"')
		return append(time.Unix(v.m, int64(v.scale)).In(p.location).AppendFormat(b, time.RFC3339Nano), '"')
	}
	if v.big != nil {
		return appendAPD(b, v.big)
	}
	return appendDecimal(b, v.m, v.scale)
}

// appendJSONString writes a text as JSON does, with < > & as they are.
func appendJSONString(b, text []byte) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// A string has no value that cannot be encoded.
	_ = encoder.Encode(string(text))
	return append(b, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...)
}
