package tabular

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"entrepot/definition"
)

// batchCells bounds the cells of a batch where rows are wide and empty.
const batchCells = 128 << 10

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
