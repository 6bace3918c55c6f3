package tabular_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// kindLetters tell the kinds of cells in what tests compare.
const kindLetters = "TNBDME"

// sheetLine writes a record as tests compare it: row:line, then each cell with a letter for its kind, or a problem.
func sheetLine(record *tabular.Record) string {
	at := fmt.Sprintf("%d:%d", record.Row, record.Line)
	if record.Blank {
		return at + " blank"
	}
	if p := record.Problem; p != nil {
		return at + fmt.Sprintf(" %s column %d %q", p.Code, p.Column, p.Value())
	}
	var out strings.Builder
	out.WriteString(at)
	for i, cell := range record.Cells {
		out.WriteByte('|')
		if len(cell) > 0 || record.Kinds[i] != definition.CellText {
			fmt.Fprintf(&out, "%c:%s", kindLetters[record.Kinds[i]], cell)
		}
	}
	return out.String()
}

// readSheet reads a workbook to its end.
func readSheet(t testing.TB, source io.Reader, config tabular.Config) (*tabular.Reader, []string) {
	t.Helper()
	r, err := tabular.Open(source, config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	var lines []string
	for {
		record, err := r.Next()
		if err == io.EOF { //nolint:errorlint // the contract is io.EOF itself
			return r, lines
		}
		require.NoError(t, err)
		lines = append(lines, sheetLine(record))
	}
}

// readings is what openpyxl's workbook says; LibreOffice writes the long meter with 15 digits, as it shows it.
const readings = `1:6|T:S1|N:00042|N:123456789012345|N:1234567890123456|N:0.3|N:0.125|D:2024-02-29|M:2024-01-31T23:59:58.25` +
	`|N:0.520833333333333|N:1.5|B:true|T:plain & <more>|N:84|E:#DIV/0!
2:7|T:S2|N:00007|N:1|N:-5|N:0.0000001|N:1|D:1904-01-02|M:2099-12-31T00:00:00|N:0.0000115740740740741` +
	`|N:0.000694444444444444|B:false|T:line 1\nline 2|T:S2!|
0:8 blank
3:9|T:00123||||N:1E21|||||||T:  kept  ||`

const sayac = `1:2|T:İstanbul|T:007|N:1234.5|D:2024-02-29|M:2024-02-29T06:30:15.5|N:0.075|B:true|T:ilk okuma|N:2469|E:#N/A
2:3|T:Ankara|T:8|N:0.3|D:1900-01-02||N:1|B:false|T:a\tb|T:Ankara|`

const meters = `1:2|T:東京|D:2024-04-01|N:0.3|B:true|N:01234
2:3|T:大阪|D:2024-04-02|N:99999999999999|B:false|N:00099
3:4|T:名古屋||E:#REF!||`

func TestWorkbooksOfOtherPrograms(t *testing.T) {
	t.Parallel()
	readingsHeader := strings.Fields("site code meter long_meter reading share day moment clock duration open note twice broken")
	readingsHeader[3] = "long meter"
	libreOffice := strings.NewReplacer("1234567890123456|", "1234567890123460|", "0.000694444444444444|", "0.000694444444444445|")
	readingsFormat := definition.DetectedFormat{
		Kind: definition.KindXLSX, Sheets: []string{"Notes", "Readings", "Empty"}, Sheet: "Readings", HeaderRow: 5,
	}
	format1904 := readingsFormat
	format1904.Date1904 = true
	turkishHeader := []string{"tesis", "sayaç", "tüketim", "tarih", "an", "oran", "açık", "not", "formül", "hata"}
	turkishFormat := definition.DetectedFormat{
		Kind: definition.KindXLSX, Sheets: []string{"Lists", "Veri Şubat"}, Sheet: "Veri Şubat", HeaderRow: 1,
	}
	japaneseHeader := []string{"site", "day", "reading", "ok", "zip"}
	japaneseFormat := definition.DetectedFormat{
		Kind: definition.KindXLSX, Sheets: []string{"データ"}, Sheet: "データ", HeaderRow: 1,
	}
	for _, test := range []struct {
		file   string
		format definition.DetectedFormat
		header []string
		rows   string
	}{
		{"openpyxl", readingsFormat, readingsHeader, readings},
		{"openpyxl-1904", format1904, readingsHeader, readings},
		{"libreoffice", readingsFormat, readingsHeader, libreOffice.Replace(readings)},
		{"libreoffice-1904", format1904, readingsHeader, libreOffice.Replace(readings)},
		{"exceljs", turkishFormat, turkishHeader, sayac},
		{"libreoffice-rich", turkishFormat, turkishHeader, sayac},
		{"sheetjs", japaneseFormat, japaneseHeader, meters},
		{"sheetjs-inline", japaneseFormat, japaneseHeader, meters},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			source, err := os.Open(filepath.Join("testdata", "workbook", test.file+".xlsx"))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, source.Close()) })
			r, lines := readSheet(t, source, tabular.Config{})
			require.Equal(t, test.format, r.Detected())
			require.Equal(t, test.header, r.Header())
			want := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(test.rows)
			require.Equal(t, want, strings.Join(lines, "\n"))
			skipped := false
			for _, warning := range r.Warnings() {
				skipped = skipped || warning.Code == definition.WarningPreambleSkipped
			}
			require.Equal(t, test.format.HeaderRow > 1, skipped)
		})
	}
}
