package tabular

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"entrepot/definition"
)

// signatures are the first bytes of files that are often uploaded in place of UTF-8 text, longer ones first where one
// starts another.
var signatures = []struct{ bytes, name, remedy string }{
	{"\xff\xfe\x00\x00", "UTF-32 text", "save it as UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32 text", "save it as UTF-8"},
	{"\xff\xfe", "UTF-16 text", "save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text", "save it as UTF-8"},
	{"PK\x03\x04", "a workbook or zip archive", "save the sheet as CSV"},
	{"PK\x05\x06", "an empty zip archive", "save the sheet as CSV"},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"},
	{"\x1f\x8b", "packed with gzip", "unpack it first"},
	{"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first"},
	{"%PDF-", "a PDF document", "export the table as CSV"},
}

const byteOrderMark = "\xef\xbb\xbf"

// sniff settles the encoding from the first bytes, and then the delimiter.
func (r *Reader) sniff(head *Batch) error {
	for _, signature := range signatures {
		if bytes.HasPrefix(head.data, []byte(signature.bytes)) {
			return &Error{
				Code:   definition.ErrorEncodingUnknown,
				Reason: fmt.Sprintf("the file is %s, not CSV in UTF-8: %s", signature.name, signature.remedy),
				Params: []definition.Param{{Name: "found", Value: signature.name}},
			}
		}
	}
	r.detected.Encoding = "UTF-8"
	if bytes.HasPrefix(head.data, []byte(byteOrderMark)) {
		r.detected.ByteOrderMark = true
		head.next = len(byteOrderMark)
	}
	if r.format.Delimiter == 0 {
		r.format.Delimiter, r.detected.DelimiterGuessed = r.detectDelimiter(head)
	}
	r.detected.Delimiter, r.detected.Quote = r.format.Delimiter, r.format.Quote
	return nil
}

// readHeader skips the preamble and takes the names of the columns.
func (r *Reader) readHeader(head *Batch) error {
	for number := 1; ; number++ {
		head.cells, head.records, head.problems = head.cells[:0], head.records[:0], head.problems[:0]
		r.row = 0
		if err := r.fill(head, 1); err != nil {
			return r.noHeader(err, number-1)
		}
		if wanted := r.format.HeaderRow; wanted > number || wanted == 0 && head.Blank(0) {
			continue
		}
		r.detected.HeaderRow = number
		return r.takeHeader(head)
	}
}

// takeHeader makes the first record of head the header.
func (r *Reader) takeHeader(head *Batch) error {
	row := r.detected.HeaderRow
	if head.Blank(0) {
		return headerError(definition.ErrorNoHeader, row, fmt.Sprintf("row %d, where the header should be, is blank", row))
	}
	if problem := head.Problem(0); problem != nil {
		switch problem.Code {
		case definition.RowNULByte, definition.RowEncodingInvalid:
			return headerError(definition.ErrorEncodingUnknown, row,
				fmt.Sprintf("the header in row %d is not UTF-8 text (%s): save the file as UTF-8", row, problem.Message()))
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
	r.header = make([]string, r.width)
	for i := range r.header {
		r.header[i] = strings.TrimSpace(string(head.Cell(0, i)))
		if r.header[i] != "" {
			r.named = i + 1
		}
	}
	return nil
}

// noHeader explains an end of the file, or a failure, after a number of records without a header.
func (r *Reader) noHeader(err error, records int) error {
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
