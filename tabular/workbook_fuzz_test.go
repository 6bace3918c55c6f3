package tabular_test

import (
	"archive/zip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// FuzzWorkbook reads workbooks whose parts are anything, packed so that the reader gets to them: they end in records or
// in an error that has a code, rows and lines rise, and what is read says the same when it is read again.
func FuzzWorkbook(f *testing.F) {
	plain := newBook(goodRows + inline("x", "&lt;_x000D_") + `<row><c t="s"><v>0</v></c><c s="1"><v>45000.5</v></c></row>`)
	plain.formats("yyyy-mm-dd")
	sheet, shared, formats := plain["xl/worksheets/sheet1.xml"], plain["xl/sharedStrings.xml"], plain["xl/styles.xml"]
	f.Add(sheet, shared, formats, plain["xl/workbook.xml"])
	f.Add(sheetXML(`<row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="C1" t="b"><v>1</v></c></row>`+
		`<row r="99"><c t="d"><v>2024-01-01</v></c></row>`),
		shared, formats, strings.Replace(plain["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1))
	f.Add("\xff\xfe<\x00", "<!DOCTYPE x>", "<a b='&amp;'/>", "<![CDATA[]]>")
	f.Fuzz(func(t *testing.T, sheet, shared, formats, workbook string) {
		book := newBook("")
		book["xl/worksheets/sheet1.xml"], book["xl/sharedStrings.xml"] = sheet, shared
		book["xl/styles.xml"], book["xl/workbook.xml"] = formats, workbook
		config := tabular.Config{
			Limits: tabular.Limits{MaxRows: 50, MaxColumns: 20, MaxCellBytes: 40, MaxRowBytes: 90},
		}
		first, firstErr := fuzzRead(t, book, config)
		second, secondErr := fuzzRead(t, book, config)
		require.Equal(t, first, second)
		require.Equal(t, firstErr, secondErr)
	})
}

func fuzzRead(t *testing.T, book bookParts, config tabular.Config) (lines []string, failed string) {
	t.Helper()
	r, err := tabular.Open(book.pack(t, zip.Store), config)
	if err != nil {
		return nil, coded(t, err)
	}
	defer func() { require.NoError(t, r.Close()) }()
	require.NotEmpty(t, r.Header())
	row, line := int64(0), int64(r.Detected().HeaderRow)
	var batch tabular.Batch
	for {
		if err := r.NextBatch(&batch); err != nil {
			if errors.Is(err, io.EOF) {
				return lines, ""
			}
			return lines, coded(t, err)
		}
		require.NotZero(t, batch.Len())
		for i := range batch.Len() {
			line++
			if batch.Line(i) != line {
				require.Equal(t, line, batch.Line(i))
			}
			if batch.Blank(i) {
				require.Nil(t, batch.Problem(i))
				continue
			}
			row++
			require.Equal(t, row, batch.Row(i))
			require.LessOrEqual(t, row, config.Limits.MaxRows)
			record := tabular.Record{
				Row: row, Line: line, Problem: batch.Problem(i), Cells: batch.AppendCells(nil, i), Kinds: batch.AppendKinds(nil, i),
			}
			lines = append(lines, sheetLine(&record))
			if record.Problem != nil {
				require.NotEmpty(t, record.Problem.Message())
				continue
			}
			require.Len(t, record.Cells, len(r.Header()))
			require.Len(t, record.Kinds, len(r.Header()))
			require.NotEmpty(t, strings.TrimSpace(string(batch.Raw(i))), "an empty row that is not blank")
		}
	}
}

// coded is the code and reason of an error that a file was refused with.
func coded(t *testing.T, err error) string {
	t.Helper()
	var failure *tabular.Error
	require.ErrorAs(t, err, &failure)
	require.Contains(t, []definition.ImportErrorCode{
		definition.ErrorFileUnreadable, definition.ErrorNoHeader, definition.ErrorLimitExceeded,
	}, failure.Code)
	require.NotEmpty(t, failure.Reason)
	require.NoError(t, failure.Err)
	return string(failure.Code) + " " + failure.Reason
}
