package processor

import (
	"slices"

	"entrepot/definition"
)

// AppendJSON writes as JSON what a column of the version (by its index) reads from a row: numbers in plain digits with
// all of them, dates and times as results have them, texts as they stand in the file. It writes null for an empty cell,
// for one that the column cannot read, and for a column that the file lacks.
func (w *Worker) AppendJSON(dst []byte, schema int, row *Row) []byte {
	at := slices.IndexFunc(w.plan.columns, func(c column) bool { return c.schema == schema })
	if at < 0 || w.plan.columns[at].index >= len(row.Cells) {
		return append(dst, "null"...)
	}
	c := w.plan.columns[at]
	c.used, c.text = true, true // whether or not an output needs it
	cell, kind := row.Cells[c.index], row.kind(c.index)
	text := trim(cell)
	if len(text) == 0 || kind == definition.CellError {
		return append(dst, "null"...)
	}
	var v value
	var code definition.RowErrorCode
	if c.isPeriod && c.reading == asInteger && kind != definition.CellText {
		_, code = w.knownPeriod(&c, &v, text, kind)
	} else {
		code = w.typed(&c, &v, text, cell, kind)
	}
	switch {
	case code != "":
		return append(dst, "null"...)
	case c.reading == asText:
		return appendJSONString(dst, v.text)
	case len(v.written) > 0:
		return append(append(append(dst, '"'), v.written...), '"')
	}
	return w.plan.appendTyped(dst, c.kind, v.decimal)
}
