package tabular

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"entrepot/definition"
)

const (
	// sheetSample and sheetSampleBytes bound the rows that the header is looked for among.
	sheetSample      = 50
	sheetSampleBytes = 1 << 20
	// batchCells bounds the cells of a batch where rows are wide and empty.
	batchCells = 128 << 10
	// spoolBytes is how large a workbook is kept in memory instead of in a temporary file.
	spoolBytes = 1 << 20
)

// workbookReader is the table of one sheet of a workbook (ECMA-376, both editions of it; macros are not looked at).
//
// Rows without any value are blank records, whether the sheet has them or not; those behind the last value are none,
// since a sheet has no end. A record's line is its row in the sheet.
type workbookReader struct {
	file   *spooled
	book   *workbook
	sheet  *sheet
	rows   *sheetReader
	names  []string
	limits Limits
	// headerRow is the row of the sheet that names the columns, and preamble how many rows with values come before it.
	headerRow, preamble int
	asked               bool // the header's row was asked for
	row                 int64
	failure             error
	// line is the last that was told. held is a row that waits until the blank ones before it are told.
	line    int64
	held    Batch
	heldRow sheetRow
	waits   bool
}

// openWorkbook reads a workbook (a zip archive). source gives the file from its first byte on, and is read to its end
// here; its errors are each an *Error, and passed on as they are. config is complete.
func openWorkbook(source io.Reader, config Config) (table, error) {
	file, err := spool(source, config.TempDir)
	if err != nil {
		return nil, err
	}
	r := &workbookReader{file: file, limits: config.Limits, asked: config.Format.HeaderRow > 0}
	if err := r.open(config.Format); err != nil {
		_ = file.close() // what is wrong with the file is said already
		return nil, err
	}
	return r, nil
}

func (r *workbookReader) open(format Format) error {
	archive, err := openZip(r.file, r.file.size, r.limits)
	if err != nil {
		return err
	}
	if r.book, err = readWorkbook(archive, r.limits); err != nil {
		return err
	}
	head, err := r.chooseSheet(format)
	if err != nil {
		return err
	}
	r.headerRow = format.HeaderRow
	if r.headerRow == 0 {
		chosen := chooseHeader(head)
		r.headerRow, r.preamble = int(head.Line(chosen)), chosen
	}
	if r.rows, err = openSheet(r.book, r.sheet); err != nil {
		return err
	}
	return r.readHeader(head)
}

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

func (r *workbookReader) header() []string { return r.names }

func (r *workbookReader) detected() (definition.DetectedFormat, []definition.Warning) {
	var warnings []definition.Warning
	if r.preamble > 0 && !r.asked {
		warnings = append(warnings, definition.Warning{
			Code: definition.WarningPreambleSkipped,
			Message: fmt.Sprintf("The columns were taken to be named in row %d of the sheet %s; "+
				"what stands above was passed over.", r.headerRow, quoteName(r.sheet.name)),
			Params: []definition.Param{
				{Name: "headerRow", Value: strconv.Itoa(r.headerRow)}, {Name: "sheet", Value: r.sheet.name},
			},
		})
	}
	return definition.DetectedFormat{
		Kind: definition.KindXLSX, Sheets: r.book.names(), Sheet: r.sheet.name,
		HeaderRow: r.headerRow, Date1904: r.book.date1904,
	}, warnings
}

func (r *workbookReader) close() error { return r.file.close() }

func (r *workbookReader) nextBatch(b *Batch) error {
	b.reset()
	for r.failure == nil && len(b.data) < batchBytes && len(b.records) < batchRecords && len(b.cells) < batchCells {
		if r.waits {
			r.tellHeld(b)
			continue
		}
		row, err := r.rows.next(b)
		if err != nil {
			r.failure = err
			break
		}
		if row.line-r.line-1 > int64(batchRecords-len(b.records)) {
			r.hold(b, row)
			continue
		}
		r.tellBlank(b, row.line)
		r.failure = r.finish(b, row)
	}
	b.rawLen = len(b.data)
	if len(b.records) > 0 {
		return nil
	}
	return r.failure
}

// tellBlank adds blank records for the rows before a line, as many as there is room for.
func (r *workbookReader) tellBlank(b *Batch, before int64) {
	at := uint32(len(b.cells))
	for r.line+1 < before && len(b.records) < batchRecords {
		r.line++
		b.records = append(b.records, record{line: r.line, first: at, end: at})
	}
}

// hold takes the row that was just read out of the batch.
func (r *workbookReader) hold(b *Batch, row sheetRow) {
	r.held.reset()
	r.held.data = append(r.held.data, b.data[row.data:]...)
	r.held.cells = append(r.held.cells, b.cells[row.first:]...)
	r.held.kinds = append(r.held.kinds, b.kinds[row.first:]...)
	b.data, b.cells, b.kinds = b.data[:row.data], b.cells[:row.first], b.kinds[:row.first]
	r.heldRow, r.waits = row, true
}

// tellHeld adds blank records, and the row that is held when there are no more of them.
func (r *workbookReader) tellHeld(b *Batch) {
	r.tellBlank(b, r.heldRow.line)
	if r.line+1 < r.heldRow.line || len(b.records) == batchRecords {
		return
	}
	row := r.heldRow
	moved := len(b.data) - row.data
	row.data, row.first = len(b.data), len(b.cells)
	b.data = append(b.data, r.held.data...)
	for _, cell := range r.held.cells {
		if cell.end > 0 {
			cell = span{uint32(int(cell.start) + moved), uint32(int(cell.end) + moved)}
		}
		b.cells = append(b.cells, cell)
	}
	b.kinds = append(b.kinds, r.held.kinds...)
	r.waits = false
	r.failure = r.finish(b, row)
}

// finish makes a row a record, unless the limit of rows does not allow one more.
func (r *workbookReader) finish(b *Batch, row sheetRow) error {
	record := r.record(b, row)
	blank := r.blank(b, row, record)
	if width := len(r.names); !blank && record.problem == 0 && row.extent > width {
		record.problem = b.addProblem(Problem{
			Code: definition.RowColumnCountMismatch, Column: -1, Line: row.line,
			Expected: width, Found: row.extent, raw: b.data[record.raw.start:record.raw.end],
		})
	} else if record.problem == 0 {
		for int(record.end-record.first) < width {
			b.cells, b.kinds = append(b.cells, span{}), append(b.kinds, definition.CellText)
			record.end++
		}
	}
	if !blank {
		if r.row == r.limits.MaxRows {
			b.cells, b.kinds = b.cells[:row.first], b.kinds[:row.first]
			return limitError(fmt.Sprintf("the sheet has more than %d rows", r.limits.MaxRows), "maxRows", r.limits.MaxRows)
		}
		r.row++
		record.row = r.row
	}
	r.line = row.line
	b.records = append(b.records, record)
	return nil
}

// record is what a row of the sheet is before it is compared with the header.
func (r *workbookReader) record(b *Batch, row sheetRow) record {
	record := record{
		line: row.line, raw: span{uint32(row.data), uint32(len(b.data))},
		first: uint32(row.first), end: uint32(len(b.cells)),
	}
	switch {
	case row.large:
		record.problem = b.addProblem(Problem{
			Code: definition.RowRowTooLarge, Column: -1, Line: row.line, Expected: r.limits.MaxRowBytes,
			raw: b.data[row.data:],
		})
		b.cells, b.kinds = b.cells[:row.first], b.kinds[:row.first]
		record.end = record.first
	case row.problem != nil:
		record.problem = b.addProblem(*row.problem)
	}
	return record
}

// blank tells that a row has values, and that all of them are white space.
func (r *workbookReader) blank(b *Batch, row sheetRow, record record) bool {
	return record.problem == 0 && row.extent <= max(len(r.names), r.limits.MaxColumns) &&
		len(bytes.TrimSpace(b.data[row.data:])) == 0
}

// spooled is a file that can be read from anywhere: in memory when it is small, else in a temporary file.
type spooled struct {
	io.ReaderAt
	size int64
	temp *os.File
	name string // of the temporary file, where it could not be removed while open
}

// spool reads the source to its end.
func spool(source io.Reader, folder string) (*spooled, error) {
	head, err := io.ReadAll(io.LimitReader(source, spoolBytes))
	if err != nil {
		return nil, err
	}
	if len(head) < spoolBytes {
		return &spooled{ReaderAt: bytes.NewReader(head), size: int64(len(head))}, nil
	}
	temp, err := os.CreateTemp(folder, "workbook-*")
	if err != nil {
		return nil, spoolError(err)
	}
	file := &spooled{ReaderAt: temp, temp: temp, name: temp.Name()}
	if os.Remove(file.name) == nil {
		file.name = ""
	}
	written := &writer{file: temp}
	size, err := io.Copy(written, io.MultiReader(bytes.NewReader(head), source))
	if err != nil {
		if written.err != nil {
			err = spoolError(err)
		}
		_ = file.close()
		return nil, err
	}
	file.size = size
	return file, nil
}

// spoolError says that this machine, not the file, is what is wrong.
func spoolError(err error) *Error {
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: "the workbook could not be put into a temporary file",
		Err:    err,
	}
}

// writer remembers that it was the temporary file, and not the source, that failed.
type writer struct {
	file *os.File
	err  error
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.err = cmp.Or(w.err, err)
	return n, err
}

func (s *spooled) close() error {
	if s.temp == nil {
		return nil
	}
	err := s.temp.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	s.temp, s.name = nil, ""
	return err
}
