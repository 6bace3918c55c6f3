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

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/processor"
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

// write appends lines; a nil file takes none.
func (f *rejectedFile) write(lines []byte) error {
	if f == nil || len(lines) == 0 {
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
// uses the file's own delimiter and quote, so that the corrected file is read by the same format. The text is UTF-8 and
// says so by a byte order mark, whatever the file's encoding was.
type rejectedFormat struct {
	cells   tabular.CellWriter
	header  []string
	columns []int // those of the file that are copied
	inputs  []definition.Column
}

func newRejectedFormat(p *part, inputs []definition.Column) *rejectedFormat {
	header, detected := p.header, p.table.Detected()
	f := &rejectedFormat{cells: tabular.CellWriter{Delimiter: ',', Quote: '"'}, header: header, inputs: inputs}
	if detected.Kind == definition.KindCSV {
		if detected.Delimiter != "" {
			f.cells.Delimiter = detected.Delimiter[0]
		}
		if detected.Quote != "" {
			f.cells.Quote = detected.Quote[0]
		}
	}
	for i, name := range header {
		// A file of set-aside rows that was not corrected well enough has these three already.
		if name != columnRow && name != columnLine && name != columnError {
			f.columns = append(f.columns, i)
		}
	}
	return f
}

// written is how tabular reads what was written.
func (f *rejectedFormat) written() tabular.Format {
	return tabular.Format{
		Kind: definition.KindCSV, Encoding: "UTF-8", Delimiter: f.cells.Delimiter, Quote: f.cells.Quote, HeaderRow: 1,
	}
}

// byteOrderMark tells spreadsheets, and every format that names another encoding, that the text is UTF-8.
const byteOrderMark = "\uFEFF"

func (f *rejectedFormat) head() []byte {
	line := []byte(byteOrderMark)
	for _, i := range f.columns {
		line = append(f.cells.Append(line, quotedText([]byte(f.header[i]))), f.cells.Delimiter)
	}
	for _, name := range []string{columnRow, columnLine} {
		line = append(append(line, name...), f.cells.Delimiter)
	}
	return append(append(line, columnError...), '\n')
}

// row appends one record. Cells beyond the header's width stand behind what is wrong, so that nothing is lost.
func (f *rejectedFormat) row(
	lines []byte, p *part, worker *processor.Worker, row *processor.Row, wrong []definition.RowError,
) []byte {
	for n := range f.columns {
		if at := p.copied[n]; at >= 0 && at < len(row.Cells) {
			lines = f.cell(lines, p, worker, row, at)
		}
		lines = append(lines, f.cells.Delimiter)
	}
	lines = append(p.appendPlace(lines, row.Number), f.cells.Delimiter)
	lines = append(strconv.AppendInt(lines, row.Line, 10), f.cells.Delimiter)
	lines = f.cells.Append(lines, describe(wrong))
	for at := len(p.header); at < len(row.Cells); at++ {
		lines = f.cell(append(lines, f.cells.Delimiter), p, worker, row, at)
	}
	return append(lines, '\n')
}

// cell appends one cell of a row as reading gives it back. A number or date of a file that writes them in another way
// is left out, for it could be taken for another one.
func (f *rejectedFormat) cell(lines []byte, p *part, worker *processor.Worker, row *processor.Row, at int) []byte {
	text, column := row.Cells[at], -1
	if at < len(p.feeds) {
		column = p.feeds[at]
	}
	if column >= 0 && p.foreign && f.inputs[column].Type != definition.TypeString {
		return lines
	}
	if at < len(row.Kinds) && row.Kinds[at] != definition.CellText {
		text = worker.AppendCell(nil, column, text, row.Kinds[at])
	}
	return f.cells.Append(lines, quotedText(text))
}

// copiedFrom says from which columns of another file the copied ones are filled: those that feed the same input
// column, else those of the same name; -1 for none.
func (f *rejectedFormat) copiedFrom(own, other *part) []int {
	copied := make([]int, len(f.columns))
	for n, at := range f.columns {
		copied[n] = slices.Index(other.header, own.header[at])
		if column := slices.Index(own.found, at); column >= 0 {
			copied[n] = other.found[column]
		}
	}
	return copied
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

// quotedText is a text as it is given to the writer of cells, which puts an apostrophe in front of what a spreadsheet
// would compute: where one stands there already it gets another, so that withoutApostrophe finds back.
func quotedText(text []byte) []byte {
	if len(text) > 1 && text[0] == '\'' && tabular.IsFormula(bytes.TrimLeft(text, "'")) {
		return append([]byte{'\''}, text...)
	}
	return text
}

// withoutApostrophe is a cell of a file of set-aside rows as it was in the original.
func withoutApostrophe(cell []byte) []byte {
	if len(cell) > 1 && cell[0] == '\'' && tabular.IsFormula(bytes.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}
