package importer_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/importer"
)

// writeAs writes a table as a file of some kind. Its cells are texts, but the third column's, which are numbers.
type writeAs func(t testing.TB, rows [][]string) string

// delimited writes CSV in a dialect and an encoding.
func delimited(delimiter, quote, lineEnd, point string, into encoding.Encoding, front string) writeAs {
	return func(t testing.TB, rows [][]string) string {
		t.Helper()
		var b strings.Builder
		b.WriteString(front)
		for n, row := range rows {
			for i, cell := range row {
				if i > 0 {
					b.WriteString(delimiter)
				}
				if n > 0 && i == 2 {
					cell = strings.ReplaceAll(cell, ".", point)
				}
				if n > 0 && i == 3 {
					cell = quote + strings.ReplaceAll(cell, quote, quote+quote) + quote
				}
				b.WriteString(cell)
			}
			b.WriteString(lineEnd)
		}
		text, err := into.NewEncoder().String(b.String())
		require.NoError(t, err)
		return text
	}
}

// workbook writes numbers as numbers and dates as dates.
func workbook(t testing.TB, rows [][]string) string {
	t.Helper()
	book := excelize.NewFile()
	for n, row := range rows {
		cells := make([]any, len(row))
		for i, text := range row {
			cells[i] = text
			if day, err := time.Parse(time.DateOnly, text); err == nil && n > 0 && i == 1 {
				cells[i] = day
			}
			if number, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && i == 2 {
				cells[i] = number / 2 // three decimals, which a text could not have
			}
		}
		require.NoError(t, book.SetSheetRow("Sheet1", "A"+strconv.Itoa(n+1), &cells))
	}
	content, err := book.WriteToBuffer()
	require.NoError(t, err)
	return content.String()
}

func jsonLines(t testing.TB, rows [][]string) string {
	t.Helper()
	var b strings.Builder
	for _, row := range rows[1:] {
		b.WriteByte('{')
		for i, text := range row {
			if _, err := strconv.ParseFloat(text, 64); i != 2 || err != nil {
				text = strconv.Quote(text)
			}
			fmt.Fprintf(&b, "%s%q:%s", map[bool]string{true: ","}[i > 0], rows[0][i], text)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func packed(inner writeAs) writeAs {
	return func(t testing.TB, rows [][]string) string {
		t.Helper()
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := io.WriteString(w, inner(t, rows))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
}

// Of every kind of file the rows that were set aside come back as they were, whatever stands in them, and with them the
// import is what that of the right file is.
func TestSetAsideRowsOfEveryKindOfFileAreReadBack(t *testing.T) {
	t.Parallel()
	comma := func(v *definition.Version) { v.Format.DecimalSeparator = "," }
	local := func(locale string) func(v *definition.Version) {
		return func(v *definition.Version) { v.Format.Locale = locale }
	}
	named := func(f definition.Format) func(v *definition.Version) {
		return func(v *definition.Version) { v.Format = f }
	}
	none := func(*definition.Version) {}
	utf8 := encoding.Nop
	for name, test := range map[string]struct {
		write  writeAs
		change func(*definition.Version)
		notes  []string
	}{
		"comma":           {delimited(",", `"`, "\n", ".", utf8, ""), none, nil},
		"semicolon, CRLF": {delimited(";", `"`, "\r\n", ",", utf8, ""), comma, nil},
		"tab, CR":         {delimited("\t", `"`, "\r", ".", utf8, ""), none, nil},
		"bar":             {delimited("|", `"`, "\n", ".", utf8, ""), none, nil},
		"single quotes":   {delimited(";", `'`, "\n", ".", utf8, ""), named(definition.Format{Delimiter: ";", Quote: "'"}), nil},
		"byte order mark": {delimited(",", `"`, "\n", ".", unicode.UTF8BOM, ""), none, nil},
		"UTF-16 LE":       {delimited(",", `"`, "\n", ".", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), ""), none, nil},
		"UTF-16 BE":       {delimited(";", `"`, "\n", ",", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), ""), comma, nil},
		"Windows-1254":    {delimited(";", `"`, "\n", ",", charmap.Windows1254, ""), local("tr"), []string{"Şişli ğüç", "İzmir"}},
		"Windows-1252": {
			delimited(";", `"`, "\n", ",", charmap.Windows1252, ""),
			named(definition.Format{Encoding: "windows-1252", Locale: "de"}),
			[]string{"Straße", "Größe"},
		},
		"Shift_JIS":        {delimited(",", `"`, "\r\n", ".", japanese.ShiftJIS, ""), local("ja"), []string{"東京電力", "ソ連の表示"}},
		"gzip":             {packed(delimited(",", `"`, "\n", ".", utf8, "")), none, nil},
		"preamble":         {delimited(";", `"`, "\n", ".", utf8, "Report of 2024\n\n"), named(definition.Format{HeaderRow: 3}), nil},
		"decimals unnamed": {delimited(";", `"`, "\n", ",", utf8, ""), none, nil},
		"workbook":         {workbook, none, nil},
		"workbook, named": {
			workbook,
			named(definition.Format{DecimalSeparator: ",", DateFormats: []string{"DD.MM.YYYY"}}),
			nil,
		},
		"JSON Lines": {jsonLines, none, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			notes := append([]string{"plain", `say "x", 'y'; z|`, "=1+1", "'=1+1", "-1", "007", " x "}, test.notes...)
			right := [][]string{{"site", "date", "reading", "note"}}
			for i, note := range notes {
				right = append(right, []string{
					string(rune('A' + i)), fmt.Sprintf("2024-%02d-15", 1+i), fmt.Sprintf("%d.25", 10+i), note,
				})
			}
			wrong := make([][]string, len(right))
			for i, row := range right {
				wrong[i] = append([]string(nil), row...)
				if i > 2 {
					wrong[i][0] = ""
				}
			}
			v := everything(skip, test.change)
			earlier := w.imported(test.write(t, wrong), v)
			require.Equal(t, definition.ImportPartiallyCompleted, earlier.Status, "%v", w.messages(earlier.ID))
			require.EqualValues(t, len(notes)-2, earlier.RejectedRowCount, "%v", w.messages(earlier.ID))

			// Only the site was missing: it is put in front of each row.
			rows := strings.Split(w.object(*earlier.RejectedRowsKey), "\n")
			require.Len(t, rows, len(notes))
			for i, row := range rows[1 : len(rows)-1] {
				rows[i+1] = string(rune('C'+i)) + row
			}
			run := w.correct(earlier, strings.Join(rows, "\n"))
			require.Equal(t, definition.ImportCompleted, run.Status, "%v", run)
			want := w.imported(test.write(t, right), v)
			require.Equal(t, definition.ImportCompleted, want.Status, want.Error)
			require.Equal(t, w.results(want.ID), w.results(run.ID))
		})
	}
}

func (w *world) messages(id string) (messages []string) {
	for _, e := range w.rowErrors(id) {
		messages = append(messages, fmt.Sprintf("%s %d: %s", e.Code, e.Row, e.Message))
	}
	return messages
}

// Each way of breaking a row costs that row and no other.
func TestOneBadRowCostsOneRow(t *testing.T) {
	t.Parallel()
	type bad struct {
		row  string
		code definition.RowErrorCode
	}
	limits := func(c *importer.Config) {
		c.Limits = definition.DefaultLimits()
		c.Limits.MaxCellBytes, c.Limits.MaxRowBytes = 100, 300
	}
	csv := map[string]bad{
		"a cell too many":  {"A,2024-01-01,1,n,more", definition.RowColumnCountMismatch},
		"a cell too few":   {"A,2024-01-01", definition.RowColumnCountMismatch},
		"no site":          {",2024-01-01,1,n", definition.RowSiteMissing},
		"no number":        {"A,2024-01-01,x,n", definition.RowNumberInvalid},
		"nothing":          {"A,2024-01-01,,n", definition.RowMissingRequired},
		"ambiguous number": {"A,2024-01-01,\"1,234\",n", definition.RowNumberAmbiguous},
		"a huge number":    {"A,2024-01-01," + strings.Repeat("9", 40) + ",n", definition.RowNumberOutOfRange},
		"no date":          {"A,2024-02-30,1,n", definition.RowDateInvalid},
		"ambiguous date":   {"A,01/02/2024,1,n", definition.RowDateAmbiguous},
		"invalid bytes":    {"A,2024-01-01,1,\xff\xfe", definition.RowEncodingInvalid},
		"a NUL":            {"A,2024-01-01,1,\x00", definition.RowNULByte},
		"a large cell":     {"A,2024-01-01,1," + strings.Repeat("x", 101), definition.RowCellTooLarge},
		"a large row":      {"A,2024-01-01,1," + strings.Repeat("x", 301), definition.RowRowTooLarge},
		"an open quote":    {"A,2024-01-01,1,\"n", definition.RowQuoteUnclosed},
	}
	json := map[string]bad{
		"no number": {`{"site":"A","date":"2024-01-01","reading":"x","note":"n"}`, definition.RowNumberInvalid},
		"no value":  {`{"site":"A","date":"2024-01-01","reading":null,"note":"n"}`, definition.RowMissingRequired},
		"no site":   {`{"date":"2024-01-01","reading":1,"note":"n"}`, definition.RowSiteMissing},
		"a boolean": {`{"site":"A","date":"2024-01-01","reading":true,"note":"n"}`, definition.RowNumberInvalid},
		"a large one": {
			`{"site":"A","date":"2024-01-01","reading":1,"note":"` + strings.Repeat("x", 101) + `"}`,
			definition.RowCellTooLarge,
		},
	}
	check := func(t *testing.T, w *world, run *ent.ImportRun, code definition.RowErrorCode, row, line int64) {
		t.Helper()
		require.Equal(t, definition.ImportPartiallyCompleted, run.Status, run.Error)
		require.EqualValues(t, 40, run.AcceptedRowCount)
		require.EqualValues(t, 1, run.RejectedRowCount)
		errs := w.rowErrors(run.ID)
		require.NotEmpty(t, errs)
		require.Equal(t, code, errs[0].Code, errs[0].Message)
		for _, e := range errs {
			require.Equal(t, row, e.Row)
			require.Equal(t, line, *e.Line)
		}
		require.Contains(t, w.results(run.ID)[0], `"total":820`)
	}
	for name, test := range csv {
		t.Run("CSV/"+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, limits)
			var b strings.Builder
			b.WriteString("site,date,reading,note\n")
			for i := 1; i <= 40; i++ {
				if i == 21 {
					b.WriteString(test.row + "\n")
				}
				fmt.Fprintf(&b, "B,2024-01-10,%d,n\n", i)
			}
			check(t, w, w.imported(b.String(), everything(skip, func(v *definition.Version) {
				v.Format.Encoding = "UTF-8"
			})), test.code, 21, 22)
		})
	}
	for name, test := range json {
		t.Run("JSON Lines/"+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, limits)
			var b strings.Builder
			for i := 1; i <= 40; i++ {
				if i == 21 {
					b.WriteString(test.row + "\n")
				}
				fmt.Fprintf(&b, `{"site":"B","date":"2024-01-10","reading":%d,"note":"n"}`+"\n", i)
			}
			check(t, w, w.imported(b.String(), everything(skip)), test.code, 21, 21)
		})
	}
	for name, test := range map[string]struct {
		cells []any
		code  definition.RowErrorCode
	}{
		"no number": {[]any{"A", "2024-01-01", "x", "n"}, definition.RowNumberInvalid},
		"nothing":   {[]any{"A", "2024-01-01", nil, "n"}, definition.RowMissingRequired},
		"no site":   {[]any{nil, "2024-01-01", 1, "n"}, definition.RowSiteMissing},
		"a boolean": {[]any{"A", "2024-01-01", true, "n"}, definition.RowNumberInvalid},
		"no date":   {[]any{"A", "2024-02-30", 1, "n"}, definition.RowDateInvalid},
		"too large": {[]any{"A", "2024-01-01", 1, strings.Repeat("x", 101)}, definition.RowCellTooLarge},
	} {
		t.Run("XLSX/"+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, limits)
			book := excelize.NewFile()
			rows := [][]any{{"site", "date", "reading", "note"}}
			for i := 1; i <= 40; i++ {
				if i == 21 {
					rows = append(rows, test.cells)
				}
				rows = append(rows, []any{"B", "2024-01-10", i, "n"})
			}
			for n, row := range rows {
				require.NoError(t, book.SetSheetRow("Sheet1", "A"+strconv.Itoa(n+1), &row))
			}
			content, err := book.WriteToBuffer()
			require.NoError(t, err)
			check(t, w, w.imported(content.String(), everything(skip)), test.code, 21, 22)
		})
	}
}

func TestCurrenciesAreNotMixed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported("site,date,reading\nA,2024-01-01,$1.50\nA,2024-01-02,€2.50\n", readings(skip))
	sentence := failed(t, run, definition.ErrorInvalidRows)
	require.Contains(t, sentence, "currencies")

	// Nor between a file and the one that corrects it.
	earlier := w.imported("site,date,reading\nA,2024-01-01,$1.50\nA,bad,$2.50\n", readings(skip))
	require.Equal(t, definition.ImportPartiallyCompleted, earlier.Status, earlier.Error)
	run = w.correct(earlier, "site,date,reading\nA,2024-01-02,€2.50\n")
	require.Contains(t, failed(t, run, definition.ErrorInvalidRows), "currencies")
	require.Nil(t, w.get(earlier.ID).SupersededByID)
}

// What the first file's cells prove holds for the corrected one, in which nothing does.
func TestACorrectedFileIsReadAsTheFirstOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := "site;date;reading\nA;31.12.2024;1.234,5\nA;bad;1.234\n"
	earlier := w.imported(file, readings(skip))
	require.Equal(t, definition.ImportPartiallyCompleted, earlier.Status, earlier.Error)
	run := w.correct(earlier, w.rejectedRows(earlier, "bad", "30.12.2024"))
	w.requireWhole(strings.Replace(file, "bad", "30.12.2024", 1), readings(skip), run)
	require.Contains(t, w.results(run.ID)[0], `"total":2468.5`)
}

// Temporary files are gone when an import has ended, however it did.
func TestNothingIsLeftInTheTemporaryFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, func(c *importer.Config) { c.TempDir = folder })
	rows := [][]string{{"site", "date", "reading", "note"}}
	for i := range 2000 {
		rows = append(rows, []string{"A", "2024-01-01", strconv.Itoa(i), "n" + strconv.Itoa(i)})
	}
	book := workbook(t, rows)
	run := w.imported(book, everything())
	require.Equal(t, definition.ImportCompleted, run.Status, run.Error)
	require.Empty(t, left(t, folder))

	rows[1][0] = ""
	failed(t, w.imported(workbook(t, rows), everything()), definition.ErrorInvalidRows)
	require.Empty(t, left(t, folder))

	w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, func() { panic("boom") }} })
	failed(t, w.imported(book, everything()), definition.ErrorInternal)
	require.Empty(t, left(t, folder))
}

func left(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}
