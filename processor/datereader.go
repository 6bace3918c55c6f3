package processor

import (
	"bytes"

	"entrepot/definition"
)

// dateReader reads the dates and times of one column.
type dateReader struct {
	layouts []*definition.Layout
	iso     bool // when no layout fits
	time    bool // the column is a DATETIME
	// free tells that no layout was named: what can be read in one way only is read too.
	free bool
	// order is the locale's, or what the file's own cells prove.
	order definition.DayOrder
}

// newDateReader takes the column's own format, else the file's, else ISO 8601 and what people write. Formats that lack
// the day are for period columns; where none of them has a time, date-times may be written in ISO 8601 too.
func newDateReader(c *definition.Column, f definition.Format) (dateReader, error) {
	locale, _ := definition.FindLocale(f.Locale)
	r := dateReader{iso: true, time: c.Type == definition.TypeDateTime, order: locale.Days}
	layouts, err := compileLayouts(c, f)
	if err != nil {
		return r, err
	}
	for _, layout := range layouts {
		if !layout.HasDay() {
			continue
		}
		r.layouts = append(r.layouts, layout)
		if !r.time || layout.HasTime() || c.Format != "" {
			r.iso = false
		}
	}
	r.free = len(r.layouts) == 0
	return r, nil
}

// compileLayouts compiles the column's own format, else the file's.
func compileLayouts(c *definition.Column, f definition.Format) (layouts []*definition.Layout, err error) {
	patterns := f.DateFormats
	if c.Format != "" {
		patterns = []string{c.Format}
	}
	for _, pattern := range patterns {
		layout, err := definition.CompileLayout(pattern)
		if err != nil {
			return nil, err
		}
		layouts = append(layouts, layout)
	}
	return layouts, nil
}

func (r *dateReader) parse(b []byte) (moment, definition.RowErrorCode) {
	for _, layout := range r.layouts {
		if s, ok := layout.Parse(b); ok {
			return momentOf(s), ""
		}
	}
	if !r.iso {
		return moment{}, definition.RowDateInvalid
	}
	m, ok := r.parseISO(b)
	if ok {
		return m, ""
	}
	if !r.free {
		return m, definition.RowDateInvalid
	}
	w, m, timed, ok := readMoment(b, r.order)
	switch {
	// Midnight is how programs write a date that they hold as a time.
	case !ok, w.day == 0 && !w.ambiguous, r.time && !timed, !r.time && (m.hasTime() || m.zoned):
		return moment{}, definition.RowDateInvalid
	case w.ambiguous:
		return moment{}, definition.RowDateAmbiguous
	}
	return m, ""
}

func (r *dateReader) parseISO(b []byte) (moment, bool) {
	if r.time {
		return parseISODateTime(b)
	}
	return parseISODate(b)
}

// momentText is what a text in a date column means.
type momentText struct {
	moment moment
	code   definition.RowErrorCode
}

// moment reads a date or time of a column. One that is not written in ISO 8601 is read once: a file has few different
// dates, and names of months take their time.
func (w *Worker) moment(c *column, text []byte) (moment, definition.RowErrorCode) {
	if !c.dates.free || len(text) > longestDate {
		return c.dates.parse(text)
	}
	if m, ok := c.dates.parseISO(text); ok {
		return m, ""
	}
	if w.moments == nil {
		w.moments = make([]map[string]momentText, len(w.plan.names))
	}
	seen := w.moments[c.schema]
	known, ok := seen[string(text)]
	if !ok {
		known.moment, known.code = c.dates.parse(text)
		if seen == nil {
			seen = make(map[string]momentText)
			w.moments[c.schema] = seen
		}
		if len(seen) < maxPeriodTexts {
			seen[string(text)] = known
		}
	}
	return known.moment, known.code
}

// longestDate is how many bytes a date that people write has at most.
const longestDate = 96

// readMoment reads a date or period that people write, and the time of day behind it where there is one.
func readMoment(b []byte, order definition.DayOrder) (w written, m moment, timed, ok bool) {
	if len(b) > longestDate {
		return w, m, false, false
	}
	var room [longestDate]byte
	b = plain(room[:0], b)
	if m, iso := parseISODate(b); iso {
		return written{year: m.year, month: m.month, day: m.day}, m, false, true
	}
	date := b
	if at := bytes.IndexByte(b, ':'); at > 0 {
		timed = true
		for at > 0 && isDigit(b[at-1]) {
			at--
		}
		if at == 0 || b[at-1] != ' ' && b[at-1]|0x20 != 't' || !m.clock(b[at:]) {
			return w, m, timed, false
		}
		date = bytes.TrimRight(b[:at-1], " ,")
	}
	if w, ok = readWritten(date, order); !ok {
		return w, m, timed, false
	}
	m.year, m.month, m.day = w.year, w.month, w.day
	return w, m, timed, !timed || w.day > 0 || w.ambiguous
}
