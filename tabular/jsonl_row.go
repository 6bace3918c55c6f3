package tabular

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"entrepot/definition"
)

// readLine adds a record for a line, which starts at start in the batch's raw bytes; false where the limit of rows does
// not allow one more.
func (r *jsonlReader) readLine(b *Batch, line []byte, start int) bool {
	first := len(b.cells)
	result := record{
		line: r.line, raw: span{uint32(start), uint32(start + len(line))}, first: uint32(first), end: uint32(first),
	}
	if len(bytes.TrimLeft(line, " \t\r")) == 0 {
		return r.addBlank(b, result)
	}
	for range r.keys {
		b.cells, b.kinds = append(b.cells, span{}), append(b.kinds, definition.CellText)
	}
	var problem *Problem
	fail := func(found *Problem) {
		if problem == nil {
			problem = found
		}
	}
	blank := true
	expected := 0
	scanner := jsonScanner{text: line}
	for scanner.member() {
		column := r.column(&scanner, expected)
		if column < 0 {
			fail(&Problem{
				Code: definition.RowColumnCountMismatch, Column: -1, raw: scanner.key, detail: "keyUnknown",
				reason: "the row has a key that none of the file's first lines has",
			})
			continue
		}
		expected = column + 1
		if r.filled[column] == r.line {
			fail(&Problem{
				Code: definition.RowColumnCountMismatch, Column: column, raw: scanner.value, detail: "keyTwice",
				reason: fmt.Sprintf("the row has the key of column %d twice", column+1),
			})
			continue
		}
		r.filled[column] = r.line
		cell := &b.cells[first+column]
		kind, found := r.cell(b, &scanner, cell, start, column)
		b.kinds[first+column] = kind
		fail(found)
		blank = blank && len(bytes.TrimSpace(b.data[cell.start:cell.end])) == 0
	}
	if scanner.fault != "" {
		problem = &Problem{Code: definition.RowCellError, Column: -1, raw: line, detail: scanner.fault}
		switch scanner.fault {
		case jsonNotObject:
			problem.reason = "the row is not a JSON object"
		case jsonTooDeep:
			problem.reason = fmt.Sprintf("the row has lists and objects more than %d deep", maxJSONDepth)
		default:
			problem.reason = fmt.Sprintf("the row is not JSON: it goes wrong at byte %d of the line", scanner.pos+1)
		}
		if fault := textFault(line); fault != "" {
			problem = &Problem{
				Code: fault, Column: -1, raw: line, detail: "jsonInvalid",
				reason: "the row has bytes that are not text, and is not JSON because of them",
			}
		}
		b.cells, b.kinds = b.cells[:first], b.kinds[:first]
	}
	result.end = uint32(len(b.cells))
	if blank && problem == nil {
		return r.addBlank(b, result)
	}
	return r.add(b, result, problem)
}

// column is the place of the scanner's key, -1 where it is none of the file's. Most rows have their keys in the order
// of the columns.
func (r *jsonlReader) column(scanner *jsonScanner, expected int) int {
	key := scanner.key
	if scanner.keyEscaped {
		var half, ok bool
		if r.scratch, half, ok = appendUnescaped(r.scratch[:0], key); !ok || half {
			return -1
		}
		key = r.scratch
	}
	if expected < len(r.keys) && r.keys[expected] == string(key) {
		return expected
	}
	if column, ok := r.columns[string(key)]; ok {
		return column
	}
	return -1
}

// cell sets a cell to the scanner's value, which lies in the line that starts at start.
func (r *jsonlReader) cell(
	b *Batch, scanner *jsonScanner, cell *span, start, column int,
) (definition.CellKind, *Problem) {
	value := scanner.value
	end := start + scanner.pos
	if scanner.kind == jsonString {
		end-- // before the quote
	}
	*cell = span{uint32(end - len(value)), uint32(end)}
	half := false
	switch scanner.kind {
	case jsonNumber:
		return definition.CellNumber, r.sized(value, column)
	case jsonBoolean:
		return definition.CellBoolean, nil
	case jsonNull:
		*cell = span{}
		return definition.CellText, nil
	case jsonNested:
		return definition.CellText, &Problem{
			Code: definition.RowCellError, Column: column, raw: value, detail: "nested",
			reason: fmt.Sprintf("cell %d is a list or an object, not one value", column+1),
		}
	case jsonString:
		if scanner.valueEscaped {
			at := len(b.data)
			var ok bool
			if b.data, half, ok = appendUnescaped(b.data, value); !ok {
				b.data = b.data[:at]
				return definition.CellText, &Problem{
					Code: definition.RowCellError, Column: column, raw: value, detail: "jsonInvalid",
					reason: fmt.Sprintf("cell %d has an escape that JSON does not know", column+1),
				}
			}
			*cell = span{uint32(at), uint32(len(b.data))}
			value = b.data[at:]
		}
	}
	if problem := r.sized(value, column); problem != nil {
		return definition.CellText, problem
	}
	if fault := textFault(value); fault != "" {
		return definition.CellText, &Problem{Code: fault, Column: column, raw: value}
	}
	if half {
		return definition.CellText, &Problem{
			Code: definition.RowEncodingInvalid, Column: column, raw: scanner.value, detail: "surrogate",
			reason: fmt.Sprintf("cell %d has half of a character (a lone surrogate)", column+1),
		}
	}
	return definition.CellText, nil
}

// sized is the problem of a value that is too large.
func (r *jsonlReader) sized(value []byte, column int) *Problem {
	if len(value) <= r.limits.MaxCellBytes {
		return nil
	}
	return &Problem{
		Code: definition.RowCellTooLarge, Column: column, raw: value,
		Expected: r.limits.MaxCellBytes, Found: len(value),
	}
}

// textFault tells why bytes are not text, empty when they are.
func textFault(value []byte) definition.RowErrorCode {
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return definition.RowNULByte
	case !utf8.Valid(value):
		return definition.RowEncodingInvalid
	default:
		return ""
	}
}
