package tabular

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"entrepot/definition"
)

// readHeader skips the preamble and takes the names of the columns.
func (r *csvReader) readHeader(head *Batch) error {
	for number := 1; ; number++ {
		head.cells, head.records, head.problems = head.cells[:0], head.records[:0], head.problems[:0]
		r.row = 0
		if err := r.fill(head, 1); err != nil {
			return r.noHeader(err, number-1)
		}
		if wanted := r.format.HeaderRow; wanted > number || wanted == 0 && head.Blank(0) {
			continue
		}
		r.headerRow = number
		return r.takeHeader(head)
	}
}

// takeHeader makes the first record of head the header.
func (r *csvReader) takeHeader(head *Batch) error {
	row := r.headerRow
	if head.Blank(0) {
		return headerError(definition.ErrorNoHeader, row, fmt.Sprintf("row %d, where the header should be, is blank", row))
	}
	if problem := head.Problem(0); problem != nil {
		switch problem.Code {
		case definition.RowNULByte, definition.RowEncodingInvalid:
			return headerError(definition.ErrorEncodingUnknown, row,
				fmt.Sprintf("the header in row %d is not text (%s): save the file as UTF-8, or name its encoding in the format",
					row, problem.Message()))
		case definition.RowQuoteUnclosed:
			return headerError(definition.ErrorFileUnreadable, row,
				fmt.Sprintf("the header in row %d cannot be read: in cell %d %s", row, problem.Column+1, problem.Message()))
		default:
			return headerError(definition.ErrorLimitExceeded, row,
				fmt.Sprintf("the header in row %d is too large: %s", row, problem.Message()))
		}
	}
	r.width = head.Cells(0)
	if r.width > r.limits.MaxColumns {
		return limitError(fmt.Sprintf("the header has %d columns, at most %d are read", r.width, r.limits.MaxColumns),
			"maxColumns", int64(r.limits.MaxColumns))
	}
	r.names = make([]string, r.width)
	for i := range r.names {
		r.names[i] = strings.TrimSpace(string(head.Cell(0, i)))
		if r.names[i] != "" {
			r.named = i + 1
		}
	}
	return nil
}

// noHeader explains an end of the file, or a failure, after a number of records without a header.
func (r *csvReader) noHeader(err error, records int) error {
	switch {
	case err != io.EOF: //nolint:errorlint // fill gives io.EOF itself; an error with one inside is not the end
		return err
	case r.format.HeaderRow > 0 && records > 0:
		return headerError(definition.ErrorNoHeader, r.format.HeaderRow,
			fmt.Sprintf("the header should be in row %d, but the file has only %d", r.format.HeaderRow, records))
	default:
		return headerError(definition.ErrorNoHeader, 1, "the file is empty: its first row should name the columns")
	}
}

func headerError(code definition.ImportErrorCode, row int, reason string) *Error {
	return &Error{Code: code, Reason: reason, Params: []definition.Param{{Name: "headerRow", Value: strconv.Itoa(row)}}}
}
