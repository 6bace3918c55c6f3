package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/storage"
	"entrepot/tabular"
	"entrepot/viewer"
)

// The columns that a file of set-aside rows has beyond those of the original. Their names are unlikely to be a
// column's, so that the corrected file can be uploaded as it is.
const (
	columnRow   = "_row"
	columnLine  = "_line"
	columnError = "_error"
)

// RejectedRows signs a download of the rows that an import set aside, as CSV with what is wrong with each. ok is false
// when there are none, and for a viewer whose current group is not the file's.
func (i *Importer) RejectedRows(
	ctx context.Context, run *ent.ImportRun,
) (url string, expiresAt time.Time, ok bool, err error) {
	v, known := viewer.FromContext(ctx)
	if !known || run.RejectedRowsKey == nil || v.OrganizationID != run.OrganizationID ||
		!v.AllGroups() && v.GroupID != run.GroupID {
		return "", time.Time{}, false, nil
	}
	name := strings.TrimSuffix(run.FileName, path.Ext(run.FileName)) + "-rejected.csv"
	url, expiresAt, err = i.Bucket.SignGet(ctx, *run.RejectedRowsKey,
		storage.GetOptions{FileName: name, ContentType: "text/csv; charset=utf-8"})
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("sign rejected rows: %w", err)
	}
	return url, expiresAt, true, nil
}

// rejectedKey is the key of the file of one attempt, so that a later one never meets what an earlier one left.
func rejectedKey(run *ent.ImportRun, attempt int) string {
	return fmt.Sprintf("%s/%s/%s-%d-rejected.csv", run.OrganizationID, run.GroupID, run.ID, attempt)
}

// rejectedFile is the object that set-aside rows go to; it is begun with the first of them. It is for one goroutine
// at a time.
type rejectedFile struct {
	ctx    context.Context
	bucket *storage.Bucket
	key    string
	head   []byte
	writer *storage.Writer
	done   bool
}

func (f *rejectedFile) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if f.writer == nil {
		var err error
		if f.writer, err = f.bucket.NewWriter(f.ctx, f.key); err != nil {
			return fmt.Errorf("%w: write rejected rows: %w", unwritable(), err)
		}
		lines = slices.Concat(f.head, lines)
	}
	if _, err := f.writer.Write(lines); err != nil {
		return fmt.Errorf("%w: write rejected rows: %w", unwritable(), err)
	}
	return nil
}

// finish makes the object and gives its key; nil when no row was set aside.
func (f *rejectedFile) finish() (*string, error) {
	if f.writer == nil {
		return nil, nil
	}
	if err := f.writer.Close(); err != nil {
		return nil, fmt.Errorf("%w: write rejected rows: %w", unwritable(), err)
	}
	f.done = true
	return &f.key, nil
}

// discard leaves nothing behind.
func (f *rejectedFile) discard(ctx context.Context) error {
	if f.writer == nil {
		return nil
	}
	f.writer.Abort()
	if !f.done {
		return nil
	}
	if err := f.bucket.Delete(context.WithoutCancel(ctx), f.key); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("discard rejected rows: %w", err)
	}
	return nil
}

func unwritable() *failureError {
	return fail(definition.ErrorStorageUnavailable, nil,
		"the rows that were set aside could not be written to the bucket; run the import again later")
}

// rejectedFormat writes set-aside rows: the columns of the file as they are, then row, line and what is wrong. It
// uses the file's own delimiter and quote, so that the corrected file is read by the same format.
type rejectedFormat struct {
	delimiter, quote byte
	columns          []int // those of the file that are copied
	width            int
}

func newRejectedFormat(header []string, detected definition.DetectedFormat) *rejectedFormat {
	f := &rejectedFormat{delimiter: ',', quote: '"', width: len(header)}
	if detected.Delimiter != "" {
		f.delimiter = detected.Delimiter[0]
	}
	if detected.Quote != "" {
		f.quote = detected.Quote[0]
	}
	for i, name := range header {
		// A file of set-aside rows that was not corrected well enough has these three already.
		if name != columnRow && name != columnLine && name != columnError {
			f.columns = append(f.columns, i)
		}
	}
	return f
}

func (f *rejectedFormat) head(header []string) []byte {
	var line []byte
	for _, i := range f.columns {
		line = append(f.cell(line, []byte(header[i])), f.delimiter)
	}
	for _, name := range []string{columnRow, columnLine} {
		line = append(append(line, name...), f.delimiter)
	}
	return append(append(line, columnError...), '\n')
}

// row appends one record. Cells beyond the header's width stand behind what is wrong, so that nothing is lost.
func (f *rejectedFormat) row(lines []byte, b *tabular.Batch, i int, wrong []definition.RowError) []byte {
	cells := b.Cells(i)
	for _, column := range f.columns {
		if column < cells {
			lines = f.cell(lines, b.Cell(i, column))
		}
		lines = append(lines, f.delimiter)
	}
	lines = append(strconv.AppendInt(lines, b.Row(i), 10), f.delimiter)
	lines = append(strconv.AppendInt(lines, b.Line(i), 10), f.delimiter)
	lines = f.cell(lines, describe(wrong))
	for column := f.width; column < cells; column++ {
		lines = f.cell(append(lines, f.delimiter), b.Cell(i, column))
	}
	return append(lines, '\n')
}

// describe writes what is wrong with a row in one cell.
func describe(wrong []definition.RowError) []byte {
	var text []byte
	for n, e := range wrong {
		if n > 0 {
			text = append(text, "; "...)
		}
		if e.Column != "" && !strings.Contains(e.Message, e.Column) {
			text = append(append(text, e.Column...), ": "...)
		}
		text = append(text, e.Message...)
	}
	return text
}

// cell appends one cell, quoted where it must be. A spreadsheet takes a cell that begins with = + - @, a tab or a
// line end for a formula (OWASP, “CSV Injection”): such a cell gets an apostrophe in front unless it is a plain
// number. Bytes that are not UTF-8, and NUL, become U+FFFD.
func (f *rejectedFormat) cell(line, cell []byte) []byte {
	if bytes.IndexByte(cell, 0) >= 0 || !utf8.Valid(cell) {
		cell = bytes.ToValidUTF8(bytes.ReplaceAll(cell, []byte{0}, []byte("\uFFFD")), []byte("\uFFFD"))
	}
	formula := isFormula(cell)
	// Delimiters of other readers are quoted too, or a cell could begin in the middle of this one for them.
	quoted := bytes.ContainsAny(cell, "\r\n,;\t|") || bytes.IndexByte(cell, f.delimiter) >= 0 ||
		bytes.IndexByte(cell, f.quote) >= 0
	if !quoted && !formula {
		return append(line, cell...)
	}
	if quoted {
		line = append(line, f.quote)
	}
	if formula {
		line = append(line, '\'')
	}
	if !quoted {
		return append(line, cell...)
	}
	for _, c := range cell {
		if c == f.quote {
			line = append(line, c)
		}
		line = append(line, c)
	}
	return append(line, f.quote)
}

func isFormula(cell []byte) bool {
	first, _ := utf8.DecodeRune(cell)
	switch first {
	case '+', '-':
		return !isPlainNumber(cell[1:])
	case '=', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return true
	}
	return false
}

// isPlainNumber tells digits with separators between them, and an exponent at most, from what a spreadsheet would
// compute.
func isPlainNumber(text []byte) bool {
	if i := bytes.IndexAny(text, "eE"); i > 0 {
		exponent := bytes.TrimLeft(text[i+1:], "+-")
		if len(exponent) == 0 || len(text[i+1:])-len(exponent) > 1 || !onlyDigits(exponent, "") {
			return false
		}
		text = text[:i]
	}
	return bytes.ContainsAny(text, "0123456789") && onlyDigits(text, "., '")
}

func onlyDigits(text []byte, others string) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
