package tabular

import (
	"bytes"
	"unicode/utf8"

	"entrepot/definition"
)

// cellValue is what a cell says about its text, which is in sheetReader.rich.
type cellValue struct {
	kind    cellType
	style   int
	formula bool
	given   bool // it has a value, which may be empty
}

// setCell turns a cell's value into text and appends that to the row.
func (s *sheetReader) setCell(b *Batch, row *sheetRow, column int, cell cellValue) error {
	raw, size := s.rich.value, s.rich.size
	switch cell.kind {
	case typeFormula, typeInline:
		if !cell.given {
			row.fail(column, nil, faultFormula)
			return nil
		}
		s.addText(b, row, column, text{bytes: raw, size: size}, definition.CellText)
		return nil
	case typeShared:
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 && !cell.formula {
			return nil
		}
		shared, ok, err := s.book.sharedText(parseIndex(raw))
		if err != nil {
			return err
		}
		if !ok {
			row.fail(column, raw, faultShared)
			return nil
		}
		s.addText(b, row, column, shared, definition.CellText)
		return nil
	}
	raw = bytes.TrimSpace(raw)
	switch {
	case size > s.book.limits.MaxCellBytes:
		s.addText(b, row, column, text{bytes: raw, size: size}, definition.CellText)
	case len(raw) > 0:
		s.setPlain(b, row, column, raw, cell)
	case cell.formula:
		row.fail(column, nil, faultFormula)
	}
	return nil
}

// setPlain is setCell for what is not text.
func (s *sheetReader) setPlain(b *Batch, row *sheetRow, column int, raw []byte, cell cellValue) {
	s.number = s.number[:0]
	format, known := s.book.styles.of(cell.style)
	switch cell.kind {
	case typeBoolean:
		switch string(raw) {
		case "1", "true":
			s.add(b, row, column, []byte("true"), definition.CellBoolean)
		case "0", "false":
			s.add(b, row, column, []byte("false"), definition.CellBoolean)
		default:
			row.fail(column, raw, faultBoolean)
		}
	case typeError:
		s.addText(b, row, column, text{bytes: raw, size: len(raw)}, definition.CellError)
	case typeDate:
		value, kind, ok := appendISO(s.number, raw, format.class)
		s.number = value
		if !ok {
			row.fail(column, raw, faultDay)
			return
		}
		s.add(b, row, column, value, kind)
	case typeNumber:
		if !known {
			row.fail(column, raw, faultStyle)
			return
		}
		s.setNumber(b, row, column, raw, format)
	default:
		row.fail(column, raw, faultType)
	}
}

// setNumber appends a number, or the day that it stands for.
func (s *sheetReader) setNumber(b *Batch, row *sheetRow, column int, raw []byte, format numberFormat) {
	if format.class != formatNumber {
		serial, ok := parseSerial(raw)
		if !ok {
			row.fail(column, raw, faultNumber)
			return
		}
		value, kind, whole, ok := appendSerial(s.number, serial, format.class, s.book.date1904)
		s.number = value
		switch {
		case !ok:
			row.fail(column, raw, faultDay)
			return
		case whole:
			s.add(b, row, column, value, kind)
			return
		}
	}
	value, ok := appendNumber(s.number, raw)
	if !ok {
		row.fail(column, raw, faultNumber)
		return
	}
	if format.zeros > 0 {
		value = fillZeros(value, 0, format.zeros)
	}
	s.number = value
	s.add(b, row, column, value, definition.CellNumber)
}

// addText appends text to a row where it may stand in a cell.
func (s *sheetReader) addText(b *Batch, row *sheetRow, column int, value text, kind definition.CellKind) {
	if value.size == 0 {
		return
	}
	fault := value.fault
	switch {
	case fault != "":
	case value.size > s.book.limits.MaxCellBytes:
		fault = definition.RowCellTooLarge
	case bytes.IndexByte(value.bytes, 0) >= 0:
		fault = definition.RowNULByte
	case !utf8.Valid(value.bytes):
		fault = definition.RowEncodingInvalid
	}
	if fault != "" && row.problem == nil {
		row.problem = &Problem{
			Code: fault, Column: column, Line: row.line,
			raw: append([]byte(nil), value.bytes[:min(len(value.bytes), maxProblemBytes)]...),
		}
		if fault == definition.RowCellTooLarge {
			row.problem.Expected, row.problem.Found = s.book.limits.MaxCellBytes, value.size
		}
	}
	s.add(b, row, column, value.bytes, kind)
}

// add appends a cell to a row, and empty ones for the columns in front of it that have none. The text of a row is one
// piece of the batch, with tabs between its cells.
func (s *sheetReader) add(b *Batch, row *sheetRow, column int, value []byte, kind definition.CellKind) {
	row.extent = max(row.extent, column+1)
	if column >= s.book.limits.MaxColumns || row.large {
		return
	}
	have := len(b.cells) - row.first
	if len(b.data)-row.data+len(value)+column-have+1 > s.book.limits.MaxRowBytes {
		row.large = true
		return
	}
	for ; have < column; have++ {
		if have > 0 {
			b.data = append(b.data, '\t')
		}
		b.cells, b.kinds = append(b.cells, span{}), append(b.kinds, definition.CellText)
	}
	if have > 0 {
		b.data = append(b.data, '\t')
	}
	start := uint32(len(b.data))
	b.data = append(b.data, value...)
	b.cells = append(b.cells, span{start, uint32(len(b.data))})
	b.kinds = append(b.kinds, kind)
}
