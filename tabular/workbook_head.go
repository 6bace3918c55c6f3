package tabular

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"entrepot/definition"
)

// sheetSample and sheetSampleBytes bound the rows that the header is looked for among.
const (
	sheetSample      = 50
	sheetSampleBytes = 1 << 20
)

// chooseSheet finds the sheet that is to be read, and gives its first rows.
func (r *workbookReader) chooseSheet(format Format) (*Batch, error) {
	if format.Sheet != "" {
		s, err := r.book.named(format.Sheet)
		if err != nil {
			return nil, err
		}
		r.sheet = s
		head, dimension, err := r.sample(s)
		if err == nil && head.Len() == 0 {
			err = emptySheet(s.name, dimension)
		}
		return head, err
	}
	var visible []*sheet
	for i := range r.book.sheets {
		if s := &r.book.sheets[i]; !s.hidden && !s.chart {
			visible = append(visible, s)
		}
	}
	if len(visible) == 0 {
		return nil, sheetError(definition.ErrorNoHeader, "",
			"the workbook has no sheet that can be seen: show one, or name one in the format")
	}
	claimed := ""
	for _, s := range visible {
		head, dimension, err := r.sample(s)
		if err != nil {
			return nil, err
		}
		if head.Len() > 0 {
			r.sheet = s
			return head, nil
		}
		if s == visible[0] {
			claimed = dimension
		}
	}
	if len(visible) == 1 {
		return nil, emptySheet(visible[0].name, claimed)
	}
	return nil, sheetError(definition.ErrorNoHeader, visible[0].name,
		"none of the workbook's %d sheets that can be seen holds a value (%s is the first): upload the one with the table",
		len(visible), quoteName(visible[0].name))
}

func emptySheet(name, dimension string) *Error {
	if strings.Contains(dimension, ":") {
		return sheetError(definition.ErrorNoHeader, name,
			"the sheet %s holds no value, though it says that it has cells: save the workbook again", quoteName(name))
	}
	return sheetError(definition.ErrorNoHeader, name,
		"the sheet %s is empty: its first row should name the columns", quoteName(name))
}

// sample reads the first rows of a sheet that are not blank.
func (r *workbookReader) sample(s *sheet) (head *Batch, dimension string, err error) {
	rows, err := openSheet(r.book, s)
	if err != nil {
		return nil, "", err
	}
	head = new(Batch)
	for len(head.records) < sheetSample && len(head.data) < sheetSampleBytes && len(head.cells) < batchCells {
		row, err := rows.next(head)
		if err == io.EOF { //nolint:errorlint // next gives io.EOF itself
			break
		}
		if err != nil {
			return nil, "", err
		}
		if record := r.record(head, row); !r.blank(head, row, record) {
			record.row = 1
			head.records = append(head.records, record)
		}
	}
	return head, rows.dimension, nil
}

// chooseHeader gives the place of the row that names the columns: the first that fills more than half as many cells as
// the wider rows do. What comes before are titles and remarks.
func chooseHeader(head *Batch) int {
	var filled []int
	for i := range head.Len() {
		count := 0
		for column := range head.Cells(i) {
			if len(bytes.TrimSpace(head.Cell(i, column))) > 0 {
				count++
			}
		}
		filled = append(filled, count)
	}
	sorted := slices.Sorted(slices.Values(filled))
	usual := sorted[(len(sorted)*3)/4]
	return max(0, slices.IndexFunc(filled, func(count int) bool { return count*2 > usual }))
}

// readHeader reads up to the row that names the columns.
func (r *workbookReader) readHeader(head *Batch) error {
	for {
		head.reset()
		row, err := r.rows.next(head)
		if err != nil && err != io.EOF { //nolint:errorlint // next gives io.EOF itself
			return err
		}
		if err == io.EOF || row.line > int64(r.headerRow) { //nolint:errorlint // as above
			return r.headerError(definition.ErrorNoHeader, "row %d, where the header should be, is blank", r.headerRow)
		}
		if row.line < int64(r.headerRow) {
			continue
		}
		record := r.record(head, row)
		if record.problem != 0 {
			problem := &head.problems[record.problem-1]
			if problem.Code == definition.RowRowTooLarge || problem.Code == definition.RowCellTooLarge {
				return r.headerError(definition.ErrorLimitExceeded, "the header in row %d is too large: %s",
					r.headerRow, problem.Message())
			}
			return r.headerError(definition.ErrorFileUnreadable, "the header in row %d cannot be read: %s",
				r.headerRow, problem.Message())
		}
		if row.extent > r.limits.MaxColumns {
			return limitError(fmt.Sprintf("the header reaches to column %s, at most %d columns are read",
				columnName(row.extent-1), r.limits.MaxColumns), "maxColumns", int64(r.limits.MaxColumns))
		}
		for _, cell := range head.cells {
			r.names = append(r.names, strings.TrimSpace(string(head.data[cell.start:cell.end])))
		}
		for len(r.names) > 0 && r.names[len(r.names)-1] == "" {
			r.names = r.names[:len(r.names)-1]
		}
		if len(r.names) == 0 {
			return r.headerError(definition.ErrorNoHeader, "row %d, where the header should be, is blank", r.headerRow)
		}
		r.line = int64(r.headerRow)
		return nil
	}
}

func (r *workbookReader) headerError(code definition.ImportErrorCode, format string, arguments ...any) *Error {
	err := headerError(code, r.headerRow, "in the sheet "+quoteName(r.sheet.name)+", "+fmt.Sprintf(format, arguments...))
	err.Params = append(err.Params, definition.Param{Name: "sheet", Value: r.sheet.name})
	return err
}
