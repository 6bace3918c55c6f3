package processor

import (
	"bytes"
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
	periods   map[string]periodText
	groups    map[groupKey]*group
	entries   map[uint64]*entry
	// last is the entry of the row before: files are often sorted.
	lastKey uint64
	last    *entry
	slab    []accumulator

	explanations map[explanationKey]explanation
	values       []value
	errs         []definition.RowError
	row, line    int64
	err          error
}

// site is a site that rows were read for; the first one stands for no site where the file has none.
type site struct {
	id, key string
}

// spelling is what a text in the site column means: a site, or an error.
type spelling struct {
	site int32
	code definition.RowErrorCode
}

// entry leads from a site and the finest period that any output needs to the groups that its rows count in.
type entry struct {
	groups [3]*group // as plan.units
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
}

const maxPeriodTexts = 4096

// periodText is what a text in a period column of type STRING means.
type periodText struct {
	period period
	ok     bool
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
		entries:      make(map[uint64]*entry),
		explanations: make(map[explanationKey]explanation),
		values:       make([]value, len(a.plan.columns)),
	}
	if !a.plan.hasSite {
		w.sites = []site{{}}
	}
	return w
}

// Err tells that a limit was exceeded (*LimitError): the worker has stopped looking at rows, and the import can end.
func (w *Worker) Err() error { return w.err }

// Add checks a row and, when nothing is wrong with it, counts it in. It returns everything that is wrong otherwise, in
// the order of columns; the slice is valid until the next call, its elements for ever. row counts from 1 and is given
// once in all workers; cells stay the caller's. A record with too few cells lacks the last ones. Rows that the reader of
// the file has refused are not added.
func (w *Worker) Add(row, line int64, cells [][]byte) []definition.RowError {
	if w.err != nil {
		return nil
	}
	w.row, w.line, w.errs = row, line, w.errs[:0]
	site, when, located := int32(0), period{year: w.plan.year}, true
	for i := range w.plan.columns {
		c := &w.plan.columns[i]
		v := &w.values[i]
		var cell []byte
		if c.index < len(cells) {
			cell = cells[c.index]
		}
		text := trim(cell)
		v.filled = len(text) > 0
		switch {
		case c.role == "":
			if v.filled {
				w.read(i, c, v, text, cell)
			} else if c.required {
				w.fail(i, definition.RowMissingRequired, cell)
			}
		case c.role == definition.RoleSiteIdentifier:
			var ok bool
			site, ok = w.readSite(i, c, v, text, cell)
			located = located && ok
		default:
			var ok bool
			when, ok = w.readPeriod(i, c, v, text, cell)
			located = located && ok
		}
	}
	if located {
		w.count(site, when)
	}
	return w.errs
}

// count adds the row's values to its groups, or counts it as rejected there.
func (w *Worker) count(site int32, when period) {
	e := w.entry(site, when)
	if e == nil {
		return
	}
	rejected := len(w.errs) > 0
	for u := range w.plan.units {
		g := e.groups[u]
		if rejected {
			g.rejected++
			continue
		}
		g.processed++
		outputs := w.plan.units[u].outputs
		for i := range outputs {
			o, a := &outputs[i], &g.accumulators[i]
			if o.column < 0 {
				if o.op == countRows {
					a.n++
				}
				continue
			}
			v := &w.values[o.column]
			// The commonest case without a call: a sum that stays in its scale and 64 bits.
			if o.op == sumNumbers && v.filled && v.scale == a.scale && v.big == nil {
				if sum := int64(a.sum.lo) + v.m; a.sum.hi == int64(a.sum.lo)>>63 &&
					(int64(a.sum.lo)^sum)&(v.m^sum) >= 0 {
					a.n++
					a.sum = wide{sum >> 63, uint64(sum)}
					continue
				}
			}
			a.add(o.op, w.row, v)
		}
	}
}

// read types a cell that is not empty, and notes what is wrong with it.
func (w *Worker) read(i int, c *column, v *value, text, cell []byte) bool {
	code := w.typed(c, v, text, cell)
	if code != "" {
		w.fail(i, code, cell)
	}
	return code == ""
}

func (w *Worker) typed(c *column, v *value, text, cell []byte) (code definition.RowErrorCode) {
	switch c.kind {
	case definition.TypeNumber:
		v.decimal, code = w.plan.numbers.parse(text)
	case definition.TypeInteger:
		v.decimal, code = w.plan.numbers.parseInteger(text)
	case definition.TypeString:
		if c.text {
			v.text = cell
			code = checkText(cell)
		}
	case definition.TypeBoolean:
		v.decimal, code = parseBoolean(text)
	default:
		var m moment
		if m, code = c.dates.parse(text); code == "" && c.used {
			w.setTime(c, v, &m)
		}
	}
	return code
}

func (w *Worker) setTime(c *column, v *value, m *moment) {
	if c.kind == definition.TypeDate {
		v.decimal = decimal{m: m.days()}
	} else {
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

func parseBoolean(b []byte) (decimal, definition.RowErrorCode) {
	var lower [5]byte
	if len(b) > len(lower) {
		return decimal{}, definition.RowBooleanInvalid
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(b)]) {
	case "true", "1", "yes":
		return decimal{m: 1}, ""
	case "false", "0", "no":
		return decimal{}, ""
	}
	return decimal{}, definition.RowBooleanInvalid
}

// trim takes white space away on both sides.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && b[0]-'!' < utf8.RuneSelf-'!' && b[n-1]-'!' < utf8.RuneSelf-'!' {
		return b
	}
	return bytes.TrimSpace(b)
}
