package tabular

import (
	"io"
	"strconv"

	"entrepot/definition"
)

// What a sheet can have (Excel's own limits).
const (
	maxSheetRow    = 1 << 20
	maxSheetColumn = 1 << 14
)

// sheetReader reads the rows of one sheet that hold anything. It needs no more memory than one of them.
type sheetReader struct {
	book   *workbook
	x      *xmlReader
	row    int // the last row that was read
	inRows bool
	// dimension is what the sheet says about its extent, which may be more than it has.
	dimension string
	rich      richText
	number    []byte
}

// sheetRow is one row: its cells are appended to a Batch.
type sheetRow struct {
	line   int64
	data   int // where its text starts in Batch.data
	first  int // where its cells start in Batch.cells
	row    int // as line, and as its cells name it
	next   int // the column that a cell without a reference is in
	extent int // up to which column there is a value
	large  bool
	// problem is the first that was found.
	problem *Problem
}

func openSheet(book *workbook, s *sheet) (*sheetReader, error) {
	x, err := book.openPart(s.part)
	if err != nil {
		return nil, err
	}
	return &sheetReader{book: book, x: x, rich: richText{limit: book.limits.MaxCellBytes}}, nil
}

// next appends the cells of the next row that holds a value, or that has a problem, to the batch. Rows that are not in
// the sheet, or are there for their looks only, are no rows. At the end, when the whole part was read and found to be in
// order, it gives io.EOF.
func (s *sheetReader) next(b *Batch) (sheetRow, error) {
	for {
		token, err := s.x.next()
		if err != nil {
			return sheetRow{}, err
		}
		switch {
		case token == xmlEOF:
			return sheetRow{}, io.EOF
		case token == xmlStart && s.x.depth() <= 2:
			if err := s.enter(); err != nil {
				return sheetRow{}, err
			}
		case token == xmlEnd && s.x.depth() == 1:
			s.inRows = false
		case token == xmlStart && s.inRows && string(s.x.name) == "row":
			row, err := s.readRow(b)
			if err != nil {
				return sheetRow{}, err
			}
			if row.extent > 0 || row.problem != nil || row.large {
				return row, nil
			}
			b.data, b.cells, b.kinds = b.data[:row.data], b.cells[:row.first], b.kinds[:row.first]
		case token == xmlStart:
			if err := s.x.skip(); err != nil {
				return sheetRow{}, err
			}
		}
	}
}

// enter looks at an element that is not a row.
func (s *sheetReader) enter() error {
	name := string(s.x.name)
	switch {
	case s.x.depth() == 1:
		if name != "worksheet" || !s.x.spreadsheet() {
			return s.x.malformed("it is no sheet of cells")
		}
		return nil
	case name == "sheetData": // there should be one, and what a second has is not to be lost
		s.inRows = true
		return nil
	case name == "dimension":
		var err error
		s.dimension, err = s.x.attribute("ref")
		if err != nil {
			return err
		}
	}
	return s.x.skip()
}

// readRow reads the row whose start was just read, to its end. Where its number is wrong the whole sheet is: it cannot
// be said which row is meant.
func (s *sheetReader) readRow(b *Batch) (sheetRow, error) {
	row := sheetRow{line: int64(s.row) + 1, row: s.row + 1, data: len(b.data), first: len(b.cells)}
	for _, a := range s.x.attributes {
		if string(a.name) == "r" {
			row.row = parseRow(a.value)
		}
	}
	switch {
	case row.row == 0 || row.row > maxSheetRow:
		return row, s.x.malformed("a row has no number that a row of a sheet can have, the last in order is %d", s.row)
	case row.row <= s.row:
		return row, s.x.malformed("row %d stands behind row %d", row.row, s.row)
	}
	row.line = int64(row.row)
	s.row = row.row
	depth := s.x.depth()
	for {
		token, err := s.x.next()
		switch {
		case err != nil:
			return row, err
		case token == xmlEnd && s.x.depth() < depth:
			return row, nil
		case token != xmlStart:
			continue
		case string(s.x.name) != "c":
			err = s.x.skip()
		default:
			err = s.readCell(b, &row)
		}
		if err != nil {
			return row, err
		}
	}
}

// cellType is how the value of a cell is written (ECMA-376-1, 18.18.11).
type cellType uint8

const (
	typeNumber cellType = iota
	typeShared
	typeInline
	typeFormula
	typeBoolean
	typeError
	typeDate
	typeUnknown
)

func parseType(value []byte) cellType {
	switch string(value) {
	case "n":
		return typeNumber
	case "s":
		return typeShared
	case "inlineStr":
		return typeInline
	case "str":
		return typeFormula
	case "b":
		return typeBoolean
	case "e":
		return typeError
	case "d":
		return typeDate
	default:
		return typeUnknown
	}
}

// readCell reads the cell whose start was just read, to its end.
func (s *sheetReader) readCell(b *Batch, row *sheetRow) error {
	column, style, kind, misplaced := row.next, 0, typeNumber, false
	for _, a := range s.x.attributes {
		switch string(a.name) {
		case "r":
			var at int
			column, at = parseReference(a.value)
			misplaced = at != row.row || column < row.next
		case "s":
			style = parseIndex(a.value)
		case "t":
			kind = parseType(a.value)
		}
	}
	if misplaced || column >= maxSheetColumn {
		row.fail(-1, nil, faultPlace)
		return s.x.skip()
	}
	row.next = column + 1
	if s.x.empty {
		_, err := s.x.next()
		return err
	}
	depth := s.x.depth()
	value, inline, formula := false, false, false
	s.rich.value, s.rich.size = s.rich.value[:0], 0
	for {
		token, err := s.x.next()
		switch {
		case err != nil:
			return err
		case token == xmlEnd && s.x.depth() < depth:
			if inline && !value {
				kind = typeInline
			}
			if !value && !inline && !formula {
				return nil
			}
			return s.setCell(b, row, column, cellValue{kind: kind, style: style, formula: formula, given: value || inline})
		case token != xmlStart:
			continue
		}
		switch name := string(s.x.name); {
		case name == "v" && !value:
			value = true
			s.rich.value, s.rich.size = s.rich.value[:0], 0
			err = s.rich.readPiece(s.x)
		case name == "is" && !value && !inline:
			inline = true
			err = s.rich.read(s.x)
		default:
			formula = formula || name == "f"
			err = s.x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// parseRow reads the number of a row, 0 where it is none.
func parseRow(text []byte) int {
	number := 0
	for _, c := range text {
		if c < '0' || c > '9' || number > maxSheetRow {
			return 0
		}
		number = number*10 + int(c-'0')
	}
	return number
}

// parseReference reads a place such as AB12, columns counted from 0; a row of 0 means that it is none.
func parseReference(text []byte) (column, row int) {
	i := 0
	for ; i < len(text) && text[i] >= 'A' && text[i] <= 'Z'; i++ {
		column = column*26 + int(text[i]-'A') + 1
		if column > maxSheetColumn {
			return 0, 0
		}
	}
	if i == 0 {
		return 0, 0
	}
	return column - 1, parseRow(text[i:])
}

// parseIndex reads a number from 0 on, -1 where it is none.
func parseIndex(text []byte) int {
	if len(text) == 0 || len(text) > 10 {
		return -1
	}
	number := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		number = number*10 + int(c-'0')
	}
	return number
}

// columnName is how a spreadsheet calls a column, such as AB.
func columnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// cellFault is what can be wrong with a cell or row of a sheet: a word for programs and a sentence for people.
type cellFault struct{ word, sentence string }

var (
	faultPlace = cellFault{
		"cellReference",
		"a cell of the row names another place than its own, or one that is taken: save the workbook again",
	}
	faultShared = cellFault{
		"sharedString", "refers to a text that the workbook does not have: type it again",
	}
	faultFormula = cellFault{
		"formula", "has a formula without its result: open the workbook in a spreadsheet program and save it",
	}
	faultNumber  = cellFault{"number", "says that it is a number, and is none: type it again"}
	faultBoolean = cellFault{"boolean", "says that it is true or false, and is neither: type it again"}
	faultDay     = cellFault{"date", "is shown as a date, but its number is no day of the calendar: type it again"}
	faultStyle   = cellFault{
		"cellFormat", "has a format that the workbook does not have, and may be a number or a date: type it again",
	}
	faultType = cellFault{"cellType", "is of a kind that is not known: type it again"}
)

// fail keeps the first problem of a row.
func (r *sheetRow) fail(column int, raw []byte, fault cellFault) {
	if r.problem != nil {
		return
	}
	reason := fault.sentence
	if column >= 0 {
		reason = "cell " + columnName(column) + strconv.Itoa(r.row) + " " + reason
	}
	r.problem = &Problem{
		Code: definition.RowCellError, Column: column, Line: r.line,
		raw: append([]byte(nil), raw[:min(len(raw), maxProblemBytes)]...), reason: reason, detail: fault.word,
	}
}

// maxProblemBytes is how much of a cell a Problem keeps: 200 characters of 4 bytes.
const maxProblemBytes = 800
