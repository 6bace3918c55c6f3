package processor

import (
	"time"

	"entrepot/definition"
)

// AppendCell writes a cell of the column (its index in the version, -1 for none) as a text that the column reads as the
// same value, in the way in which the file writes texts: a number with the file's decimal separator, a date in the
// layout of the column or the file. What the column cannot hold stays as it is, and so does a text.
func (w *Worker) AppendCell(dst []byte, column int, cell []byte, kind definition.CellKind) []byte {
	if kind == definition.CellText || kind == definition.CellError {
		return append(dst, cell...)
	}
	for i := range w.plan.columns {
		if c := &w.plan.columns[i]; c.schema == column {
			return w.appendKnown(dst, c, cell, kind)
		}
	}
	return append(dst, cell...)
}

func (w *Worker) appendKnown(dst []byte, c *column, cell []byte, kind definition.CellKind) []byte {
	text := trim(cell)
	switch c.reading {
	case asNumber, asInteger:
		if kind == definition.CellNumber {
			return w.plan.formatOf(c.schema).AppendNumber(dst, text)
		}
	case asDate, asDateTime:
		m, code := w.knownMoment(c, text, kind)
		if code != "" {
			break
		}
		return appendMoment(dst, m, c.dates.layouts, func(text []byte) bool {
			read, code := c.dates.parse(text)
			return code == "" && read.unix(time.UTC) == m.unix(time.UTC) && read.nanosecond == m.nanosecond
		})
	case asText:
		if !c.isPeriod {
			break
		}
		want, code := w.knownPeriod(c, new(value), text, kind)
		same := func(text []byte) bool {
			read, code := w.parsePeriodText(c, text)
			return code == "" && read == want
		}
		if code != "" || same(text) {
			break
		}
		m, code := w.knownMoment(&column{reading: asDateTime}, text, kind)
		if code != "" {
			m = moment{year: want.year, month: max(want.month, 1), day: 1}
		}
		return appendMoment(dst, m, c.periods, same)
	}
	return append(dst, cell...)
}

// appendMoment writes a time in the first layout that says it whole, else in ISO 8601.
func appendMoment(dst []byte, m moment, layouts []*definition.Layout, whole func(text []byte) bool) []byte {
	stamp := definition.Stamp{
		Year: m.year, Quarter: (m.month + 2) / 3, Month: m.month, Day: m.day,
		Hour: m.hour, Minute: m.minute, Second: m.second, Nanosecond: m.nanosecond,
	}
	start := len(dst)
	for _, layout := range layouts {
		if dst = layout.Append(dst[:start], stamp); whole(dst[start:]) {
			return dst
		}
	}
	at := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.nanosecond, time.UTC)
	if m.hasTime() {
		return at.AppendFormat(dst[:start], "2006-01-02T15:04:05.999999999")
	}
	if dst = at.AppendFormat(dst[:start], time.DateOnly); whole(dst[start:]) {
		return dst
	}
	return at.AppendFormat(dst[:start], "2006-01-02T15:04:05")
}
