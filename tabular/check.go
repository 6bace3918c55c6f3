package tabular

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"entrepot/definition"
)

// manyBlankRows may be in any file, however few rows are allowed. There is a limit to them too, the one of rows, since
// nothing else bounds what a file of line ends costs.
const manyBlankRows = 1 << 20

// finish checks the record whose cells were appended from first on and adds it. It returns false where the limit of
// rows does not allow one more.
func (r *csvReader) finish(b *Batch, w *window, found found, first int) bool {
	start, end := b.next, found.end
	if found.problem == 0 && len(b.cells)-first == r.width && end-start <= r.limits.MaxCellBytes &&
		w.nul.find(w.data, start, 0) >= end && w.high.findHigh(w.data, start) >= end &&
		r.startsWithText(w.data[start:end]) && r.row < r.limits.MaxRows {
		r.row++
		b.records = append(b.records, record{
			row: r.row, line: r.line, raw: span{uint32(start), uint32(end)},
			first: uint32(first), end: uint32(len(b.cells)),
		})
		return true
	}
	return r.finishSlowly(b, w, found, first)
}

// finishSlowly does for any record what finish does at once for most.
func (r *csvReader) finishSlowly(b *Batch, w *window, found found, first int) bool {
	start, end := b.next, found.end
	result := record{
		line:    r.line,
		raw:     span{uint32(start), uint32(end)},
		first:   uint32(first),
		problem: found.problem,
	}
	blank := false
	if result.problem == 0 && w.nul.find(w.data, start, 0) < end {
		result.problem = r.cellProblem(b, first, start, definition.RowNULByte, func(cell []byte) bool {
			return bytes.IndexByte(cell, 0) < 0
		})
	}
	if result.problem == 0 && w.high.findHigh(w.data, start) < end && !utf8.Valid(w.data[start:end]) {
		result.problem = r.cellProblem(b, first, start, definition.RowEncodingInvalid, utf8.Valid)
	}
	if result.problem == 0 {
		blank = r.blank(b, w.data[start:end], first)
	}
	if count := len(b.cells) - first; !blank && result.problem == 0 && count != r.width && !r.fit(b, first) {
		result.problem = b.addProblem(Problem{
			Code: definition.RowColumnCountMismatch, Column: -1, Line: r.line,
			Expected: r.width, Found: count, raw: w.data[start:end],
		})
	}
	if !blank && result.problem == 0 && end-start > r.limits.MaxCellBytes {
		result.problem = r.cellProblem(b, first, start, definition.RowCellTooLarge, func(cell []byte) bool {
			return len(cell) <= r.limits.MaxCellBytes
		})
	}
	counted, limit, what := &r.row, r.limits.MaxRows, "rows"
	if blank {
		counted, limit, what = &r.blanks, max(limit, manyBlankRows), "blank rows"
	}
	if *counted == limit {
		r.failure = limitError(fmt.Sprintf("the file has more than %d %s", limit, what), "maxRows", limit)
		return false
	}
	*counted++
	if !blank {
		result.row = r.row
	}
	if result.problem != 0 && r.width >= 0 {
		b.cells = b.cells[:min(len(b.cells), first+r.limits.MaxColumns)]
	}
	result.end = uint32(len(b.cells))
	b.records = append(b.records, result)
	return true
}

// cellProblem adds the problem of the first cell that is not in order; 0 when all are.
func (r *csvReader) cellProblem(
	b *Batch, first, start int, code definition.RowErrorCode, inOrder func([]byte) bool,
) uint32 {
	for i, cell := range b.cells[first:] {
		text := b.data[cell.start:cell.end]
		if inOrder(text) {
			continue
		}
		problem := Problem{Code: code, Column: i, Line: r.line, raw: text}
		if int(cell.start) < b.rawLen {
			problem.Line += int64(countLines(b.data[start:cell.start]))
		}
		if code == definition.RowCellTooLarge {
			problem.Expected, problem.Found = r.limits.MaxCellBytes, len(text)
		}
		return b.addProblem(problem)
	}
	return 0
}

// blank tells that the cells from first on have no text; raw is all of them as they stand in the file.
func (r *csvReader) blank(b *Batch, raw []byte, first int) bool {
	if r.startsWithText(raw) {
		return false
	}
	for _, cell := range b.cells[first:] {
		if len(bytes.TrimSpace(b.data[cell.start:cell.end])) > 0 {
			return false
		}
	}
	return true
}

// startsWithText tells that a record is not blank, from its first byte; false means that it may be.
func (r *csvReader) startsWithText(raw []byte) bool {
	if len(raw) == 0 {
		return false
	}
	c := raw[0]
	return c > ' ' && c < utf8.RuneSelf && c != r.delimiter && (c != r.quote || !r.quoting)
}

// fit makes a record as wide as the header where that changes nothing: cells beyond it that are empty go, and columns
// without a name at the end of the header may be left out. It returns false where the record does not fit.
func (r *csvReader) fit(b *Batch, first int) bool {
	if r.width < 0 {
		return true
	}
	if len(b.cells)-first < r.named {
		return false
	}
	for len(b.cells)-first < r.width {
		b.cells = append(b.cells, span{})
	}
	for _, cell := range b.cells[first+r.width:] {
		if cell.start != cell.end {
			return false
		}
	}
	b.cells = b.cells[:first+r.width]
	return true
}
