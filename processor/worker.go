package processor

import (
	"bytes"
	"math"
	"unicode/utf8"

	"entrepot/definition"
)

// Worker is the part of an Aggregation that one goroutine feeds; it shares nothing that changes with the others.
type Worker struct {
	plan                 *plan
	lookup               Sites
	maxSites, maxResults int

	sites     []site
	byKey     map[string]int32
	spellings map[string]spelling
	near      recall[int32]  // the sites of spellings
	days      recall[period] // of the PERIOD column, where it holds dates or times and no output reads them
	periods   map[string]periodText
	groups    map[groupKey]*group
	calendars []calendar // by site
	slab      []accumulator

	moments   []map[string]momentText // by column of the version; those not in ISO 8601
	booleans  map[string]booleanText
	sightings [][]sighting // of currencies, by column of the version

	// What follows is for a version with code, in the place of groups.
	census     []census // by site
	siteYears  int      // in all of census
	countSlab  []rowCount
	spill      *Spill
	spillSites []uint32 // what the spill calls sites
	spillID    int32    // what it calls the worker
	chunk      *chunk   // nil before the first row
	encoded    []byte

	explanations map[explanationKey]explanation
	values       []value
	errs         []definition.RowError
	number, line int64 // of the row at hand
	err          error
}

// Row is one record of a file.
type Row struct {
	// Order decides what FIRST and LAST are, and is above 0; no two rows of an Aggregation share it. Where there is but
	// one file it is Number.
	Order int64
	// Number counts data rows from 1 and Line is the physical line; errors tell them.
	Number, Line int64
	// Cells stay the caller's; a record with too few lacks the last ones.
	Cells [][]byte
	// Kinds tells what is known about each cell; where there is none, as with nil, the cell is text.
	Kinds []definition.CellKind
}

// kind is what is known about a cell.
func (r *Row) kind(at int) definition.CellKind {
	if at < len(r.Kinds) {
		return r.Kinds[at]
	}
	return definition.CellText
}

// site is a site that rows were read for; the first one stands for no site where the file has none.
type site struct {
	id, key, name string
}

// spelling is what a text in the site column means: a site, or an error.
type spelling struct {
	site int32
	code definition.RowErrorCode
}

// calendar leads from the finest periods that any output needs to the groups that their rows count in, without hashing:
// most files stay in one year for a while.
type calendar struct {
	year    int
	periods *[13]*group
	years   map[int]*[13]*group // the others that were open before
}

type groupKey struct {
	site   int32
	unit   uint8 // index into plan.units
	period uint8
	year   int16
}

type group struct {
	processed, rejected int64
	accumulators        []accumulator
	// coarser is the group of the same rows for the next coarser unit of the plan; nil for the coarsest.
	coarser *group
}

const maxPeriodTexts = 4096

// periodText is what a text in a period column of type STRING means.
type periodText struct {
	period period
	code   definition.RowErrorCode
}

func newWorker(a *Aggregation) *Worker {
	w := &Worker{
		plan:         a.plan,
		lookup:       a.sites,
		maxSites:     a.maxSites,
		maxResults:   a.maxResults,
		byKey:        make(map[string]int32),
		spellings:    make(map[string]spelling),
		periods:      make(map[string]periodText),
		groups:       make(map[groupKey]*group),
		explanations: make(map[explanationKey]explanation),
		values:       make([]value, len(a.plan.columns)),
	}
	if !a.plan.hasSite {
		w.sites = []site{{}}
	}
	if a.plan.scripted {
		w.spill, w.spillID = a.spill, a.spill.worker()
	}
	return w
}

// Err tells that a limit was exceeded (*LimitError), or that rows could not be kept for the code (*SpillError): the worker
// has stopped looking at rows, and the import can end.
func (w *Worker) Err() error { return w.err }

// Add checks a row and, when nothing is wrong with it, counts it in. It returns everything that is wrong otherwise, in
// the order of columns; the slice is valid until the next call, its elements for ever. The row stays the caller's. Rows
// that the reader of the file has refused are not added.
func (w *Worker) Add(row *Row) []definition.RowError {
	if w.err != nil {
		return nil
	}
	w.number, w.line, w.errs = row.Number, row.Line, w.errs[:0]
	site, when, located, money := int32(0), period{year: w.plan.year}, true, false
	for i := range w.plan.columns {
		c := &w.plan.columns[i]
		v := &w.values[i]
		var cell []byte
		if c.index < len(row.Cells) {
			cell = row.Cells[c.index]
		}
		text := trim(cell)
		v.filled, v.currency = len(text) > 0, 0
		kind := row.kind(c.index)
		var ok bool
		switch {
		case kind == definition.CellError:
			w.fail(i, definition.RowCellError, cell)
			located = located && !c.isSite && !c.isPeriod
		case c.isSite:
			site, ok = w.readSite(i, c, v, text, cell, kind)
			located = located && ok
		case c.isPeriod:
			when, ok = w.readPeriod(i, c, v, text, cell, kind)
			located = located && ok
		case v.filled:
			if code := w.typed(c, v, text, cell, kind); code != "" {
				w.fail(i, code, cell)
			} else if v.currency != 0 {
				money = true
			}
		case c.required:
			w.fail(i, definition.RowMissingRequired, cell)
		}
	}
	if !located {
		return w.errs
	}
	accepted := len(w.errs) == 0
	switch {
	case !w.plan.scripted:
		w.count(site, when, row.Order)
	case w.countRow(site, when, !accepted) && accepted:
		w.gather(site, when, row)
	}
	if money && accepted {
		w.sight(row)
	}
	return w.errs
}

// count adds the row's values to its groups, or counts it as rejected there.
func (w *Worker) count(site int32, when period, order int64) {
	g := w.finest(site, when)
	rejected := len(w.errs) > 0
	for u := len(w.plan.units) - 1; g != nil; u, g = u-1, g.coarser {
		if rejected {
			g.rejected++
			continue
		}
		g.processed++
		outputs := w.plan.units[u].outputs
		accumulators := g.accumulators[:len(outputs)]
		for i := range outputs {
			o := &outputs[i]
			if o.column < 0 {
				accumulators[i].addRow(o.op)
			} else {
				accumulators[i].add(o.op, order, &w.values[o.column])
			}
		}
	}
}

// typed reads a cell that is not empty, or tells what is wrong with it.
func (w *Worker) typed(c *column, v *value, text, cell []byte, kind definition.CellKind) (code definition.RowErrorCode) {
	if kind != definition.CellText {
		code = w.known(c, v, text, cell, kind)
		if code == "" && c.reading == asNumber {
			code = w.double(v)
		}
		return code
	}
	switch c.reading {
	case asNumber:
		if code = c.numbers.parse(text, v); code == "" {
			code = w.double(v)
		}
	case asInteger:
		code = c.numbers.parseInteger(text, v)
	case asText:
		code = c.keep(v, cell)
	case asBoolean:
		v.decimal, code = w.boolean(text)
	default:
		var m moment
		if m, code = w.moment(c, text); code == "" && c.reading == asDateTime && !m.isWithin(w.plan.location) {
			code = definition.RowDateInvalid
		}
		if code == "" && c.used {
			w.setTime(c, v, &m)
		}
	}
	return code
}

// double refuses a number that code could only be given as an infinity.
func (w *Worker) double(v *value) definition.RowErrorCode {
	if v.big != nil && w.plan.scripted && math.IsInf(v.float(), 0) {
		return definition.RowNumberOutOfRange
	}
	return ""
}

// keep notes a text, where it is needed.
func (c *column) keep(v *value, cell []byte) definition.RowErrorCode {
	if !c.text {
		return ""
	}
	v.text = cell
	return checkText(cell)
}

func (w *Worker) setTime(c *column, v *value, m *moment) {
	switch {
	case w.plan.scripted && c.reading == asDate:
		v.written = m.append(v.written[:0])
	case w.plan.scripted:
		v.written = m.appendTime(v.written[:0], w.plan.location)
	case c.reading == asDate:
		v.decimal = decimal{m: m.days()}
	default:
		v.decimal = decimal{m: m.unix(w.plan.location), scale: int32(m.nanosecond)}
	}
}

// checkText refuses what neither JSON nor a database takes; the reader of the file should have seen it before.
func checkText(b []byte) definition.RowErrorCode {
	switch {
	case !utf8.Valid(b):
		return definition.RowEncodingInvalid
	case bytes.IndexByte(b, 0) >= 0:
		return definition.RowNULByte
	}
	return ""
}

// trim takes white space away on both sides.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && b[0]-'!' < utf8.RuneSelf-'!' && b[n-1]-'!' < utf8.RuneSelf-'!' {
		return b
	}
	return bytes.TrimSpace(b)
}
