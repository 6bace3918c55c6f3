package tabular_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// Each broken row stands between two good ones, which must both arrive.
func TestOneBadRowCostsOneRow(t *testing.T) {
	t.Parallel()
	config := tabular.Config{
		Format: tabular.Format{Encoding: "utf-8", Delimiter: ','},
		Limits: tabular.Limits{MaxRowBytes: 64, MaxCellBytes: 20},
	}
	for _, test := range []struct {
		name, row string
		want      []string // between the good rows
		message   string
		after     int // the physical line of the good row after it
	}{
		{
			"too few cells", "1,2\n",
			[]string{`2:3 COLUMN_COUNT_MISMATCH column -1 line 3 "1,2"`},
			"the row has 2 cells, the header 3", 4,
		},
		{
			"too many cells", "1,2,3,,4\n",
			[]string{`2:3 COLUMN_COUNT_MISMATCH column -1 line 3 "1,2,3,,4"`},
			"the row has 5 cells, the header 3", 4,
		},
		{
			"white space beyond the header is not nothing", "1,2,3, \n",
			[]string{`2:3 COLUMN_COUNT_MISMATCH column -1 line 3 "1,2,3, "`},
			"the row has 4 cells, the header 3", 4,
		},
		{
			"invalid UTF-8", "1,\xfeehir\\,3\n",
			[]string{`2:3 ENCODING_INVALID column 1 line 3 "\\xfeehir\\"`},
			"cell 2 is not valid UTF-8", 4,
		},
		{
			"surrogate halves", "1,2,\xed\xa0\x80\n",
			[]string{`2:3 ENCODING_INVALID column 2 line 3 "\\xed\\xa0\\x80"`},
			"cell 3 is not valid UTF-8", 4,
		},
		{
			"invalid UTF-8 in the second line of a quoted cell", "1,\"a\nb\",\"\xff\"\"\"\n",
			[]string{`2:3 ENCODING_INVALID column 2 line 3 "\\xff\""`},
			"cell 3 is not valid UTF-8", 5,
		},
		{
			"NUL", "1,a\x00b\x1b\u0085,3\n",
			[]string{`2:3 NUL_BYTE column 1 line 3 "a\\x00b\\x1b\\u0085"`},
			"cell 2 contains a NUL byte", 4,
		},
		{
			"NUL comes before invalid UTF-8 and the number of cells", "\xff,\x00\n",
			[]string{`2:3 NUL_BYTE column 1 line 3 "\\x00"`},
			"cell 2 contains a NUL byte", 4,
		},
		{
			"cell too large", "1,2," + strings.Repeat("x", 21) + "\n",
			[]string{`2:3 CELL_TOO_LARGE column 2 line 3 "` + strings.Repeat("x", 21) + `"`},
			"cell 3 is 21 bytes, at most 20", 4,
		},
		{
			"cell too large in a later line", "\"1\r\n2\",2," + strings.Repeat("x", 21) + "\n",
			[]string{`2:3 CELL_TOO_LARGE column 2 line 4 "` + strings.Repeat("x", 21) + `"`},
			"cell 3 is 21 bytes, at most 20", 5,
		},
		{
			"row too large", strings.Repeat("123456,", 10) + "\n",
			[]string{`2:3 ROW_TOO_LARGE column -1 line 3 "` + strings.Repeat("123456,", 10)[:64] + `"`},
			"the row is longer than 64 bytes", 4,
		},
		{
			"row too large after a quoted cell of two lines", "\"1\n2\",\"3\"," + strings.Repeat("x", 60) + "\r\n",
			[]string{`2:3 ROW_TOO_LARGE column -1 line 3 "\"1\n2\",\"3\",` + strings.Repeat("x", 54) + `"`},
			"the row is longer than 64 bytes", 5,
		},
		{
			"line too long behind a quote that is not closed", "1,\"" + strings.Repeat("x", 70) + "\n",
			[]string{`2:3 ROW_TOO_LARGE column -1 line 3 "1,\"` + strings.Repeat("x", 61) + `"`},
			"the row is longer than 64 bytes", 4,
		},
		{
			"quote closed by the opening quote of another cell", "1,\"2,3\n\"4\",5,6\n",
			[]string{`2:3 QUOTE_UNCLOSED column 1 line 3 "\"2,3"`, `3:4 ["4" "5" "6"]`},
			"the quote that opens the cell is not closed", 5,
		},
		{
			"quote unclosed within the size of a row", "1,\"2,3\n" + strings.Repeat("4,5,6\n", 12),
			append([]string{`2:3 QUOTE_UNCLOSED column 1 line 3 "\"2,3"`}, numbered(3, 4, 12)...),
			"the quote that opens the cell is not closed", 16,
		},
		{
			"quote unclosed in the second line of a record", "\"1\n1\",\"2\n\"3\",4,5\n",
			[]string{`2:3 QUOTE_UNCLOSED column 1 line 4 "\"2"`, `3:5 ["3" "4" "5"]`},
			"the quote that opens the cell is not closed", 6,
		},
		{
			"text after a quoted cell", "\"1\"a,\"2,2\",3\n",
			[]string{`2:3 QUOTE_UNCLOSED column 0 line 3 "\"1\"a"`},
			"text follows the quote that closes the cell", 4,
		},
		{
			"white space after a quoted cell", "1,\"2,2\" ,3\n",
			[]string{`2:3 QUOTE_UNCLOSED column 1 line 3 "\"2,2\" "`},
			"text follows the quote that closes the cell", 4,
		},
		{
			"text after a quoted cell, and a record that goes on", "\"1\"a,\"2\n2\",\"3\"\n",
			[]string{`2:3 QUOTE_UNCLOSED column 0 line 3 "\"1\"a"`},
			"text follows the quote that closes the cell", 5,
		},
		{
			"text after a quoted cell, then a quote that is not closed", "\"1\"a,\"2,3\n\"4\",5,6\n",
			[]string{`2:3 QUOTE_UNCLOSED column 0 line 3 "\"1\"a"`, `3:4 ["4" "5" "6"]`},
			"text follows the quote that closes the cell", 5,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, end := range []string{"\n", "\r\n", "\r"} {
				row := test.row
				if !strings.ContainsAny(strings.TrimSuffix(row, "\n"), "\r\n") {
					row = strings.TrimSuffix(row, "\n") + end
				}
				text := "a,b,c" + end + "x,y,z" + end + row + "\"p\",q,r" + end
				for _, size := range []int{1, 3, 16, 1 << 17} {
					r, err := tabular.OpenSized(strings.NewReader(text), config, size)
					require.NoError(t, err)
					got := readAll(t, r)
					require.Equal(t, `1:2 ["x" "y" "z"]`, got[0])
					require.Equal(t, test.want, got[1:len(got)-1], "in batches of %d bytes, line end %q", size, end)
					require.Equal(t, fmt.Sprintf(`%d:%d ["p" "q" "r"]`, len(test.want)+2, test.after), got[len(got)-1])
				}
				r, err := tabular.Open(strings.NewReader(text), config)
				require.NoError(t, err)
				for {
					record, err := r.Next()
					require.NoError(t, err)
					if record.Problem != nil {
						require.Contains(t, record.Problem.Message(), test.message)
						break
					}
				}
			}
		})
	}
}

func numbered(row, line, count int) []string {
	var lines []string
	for i := range count {
		lines = append(lines, fmt.Sprintf(`%d:%d ["4" "5" "6"]`, row+i, line+i))
	}
	return lines
}

func TestAQuoteThatTheFileNeverCloses(t *testing.T) {
	t.Parallel()
	_, got := read(t, "a,b\n1,\"2\n3,4\n5,6", tabular.Config{})
	require.Equal(t, []string{`1:2 QUOTE_UNCLOSED column 1 line 2 "\"2"`, `2:3 ["3" "4"]`, `3:4 ["5" "6"]`}, got)
	_, got = read(t, "a,b\n1,\"2", tabular.Config{})
	require.Equal(t, []string{`1:2 QUOTE_UNCLOSED column 1 line 2 "\"2"`}, got)
}

// What a caller needs to write a set-aside row into a file of rejected rows, and its sentence in another language.
func TestASetAsideRowKeepsItsCellsAndRawText(t *testing.T) {
	t.Parallel()
	r, err := tabular.Open(strings.NewReader("a,b\n1,\"x\"\"y\",3\r\n\"1,2"), tabular.Config{})
	require.NoError(t, err)
	record, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, `1,"x""y",3`, string(record.Raw))
	require.Equal(t, [][]byte{[]byte("1"), []byte(`x"y`), []byte("3")}, record.Cells)
	require.Equal(t, definition.RowColumnCountMismatch, record.Problem.Code)
	require.Equal(t, []definition.Param{{Name: "expected", Value: "2"}, {Name: "found", Value: "3"}},
		record.Problem.Params())

	record, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, `"1,2`, string(record.Raw))
	require.Equal(t, [][]byte{[]byte(`"1,2`)}, record.Cells)
	require.Empty(t, record.Problem.Params())
}

func TestProblemValuesAreCutAtTwoHundredCharacters(t *testing.T) {
	t.Parallel()
	r, err := tabular.Open(strings.NewReader("a,b\n"+strings.Repeat("\u0130", 300)+"\n"), tabular.Config{})
	require.NoError(t, err)
	record, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("\u0130", 200), record.Problem.Value())
}

// Rows of a set-aside record's cells are bounded as columns are, its count is not.
func TestARowOfAMillionCellsKeepsNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	const cells = 1 << 19
	r, err := tabular.Open(strings.NewReader("a,b\n"+strings.Repeat("1,", cells-1)+"1\n1,2\n"), tabular.Config{})
	require.NoError(t, err)
	record, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, cells, record.Problem.Found)
	require.Len(t, record.Cells, tabular.DefaultLimits().MaxColumns)
	record, err = r.Next()
	require.NoError(t, err)
	require.Nil(t, record.Problem)
}

// Hostile files: the time must grow with the size, not its square (each of these would take minutes), and the memory
// not at all.
func TestHostileFilesTakeBoundedMemoryAndLinearTime(t *testing.T) {
	t.Parallel()
	const size, maxRowBytes = 1 << 20, 64 << 10
	for _, test := range []struct {
		name, pattern string
		rows          int64
	}{
		{"one endless line", "x", 1},
		{"one endless quote", "\"", 1},
		{"a quote opened on every line", "\"a\n", size / 3},
		{"a quote opened and a pair on every line", "x,\"\"\"\n", -1},
		{"an open quote, then lines of pairs", "\"\"\"\n\"\",\n", -1},
		{"quotes alone", "\"\n", -1},
		{"blank lines", "\n", 0},
		{"carriage returns", "\r", 0},
		{"delimiters", ",", 1},
		{"quoted carriage returns", "\"\r\",1\r", -1},
		{"NUL", "\x00", 1},
		{"invalid UTF-8 lines", "\xff,\xff\n", -1},
		{"records that fill the look-ahead", "\"" + strings.Repeat("x\n", 40_000) + "y\"z,1\n", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "a,b\n" + strings.Repeat(test.pattern, size/len(test.pattern))
			r, err := tabular.Open(iotest.HalfReader(strings.NewReader(text)), tabular.Config{
				Format: tabular.Format{Delimiter: ','},
				Limits: tabular.Limits{MaxRowBytes: maxRowBytes},
			})
			require.NoError(t, err)
			var rows int64
			for {
				record, err := r.Next()
				if err != nil {
					require.Equal(t, io.EOF, err)
					break
				}
				rows = max(rows, record.Row)
			}
			if test.rows >= 0 {
				require.Equal(t, test.rows, rows)
			}
			require.Less(t, r.Held(), 8*maxRowBytes)
		})
	}
}

// Nothing that detection tries may take more than its share: each of these is read in every dialect that it has traces
// of, and in encodings that must be decoded.
func TestDetectionOfHostileFilesIsCheap(t *testing.T) {
	t.Parallel()
	const size = 2 << 20
	for _, test := range []struct {
		name, pattern string
		format        tabular.Format
	}{
		{"escapes without end", `\a`, tabular.Format{Quote: '"', Escape: '\\'}},
		{"an open quote and escapes", "\"" + strings.Repeat(`\a`, 100_000), tabular.Format{}},
		{"escaped quotes", `\"\'`, tabular.Format{}},
		{"quotes of both kinds", "\"'\n'\"\n", tabular.Format{}},
		{"every delimiter", "\t;|,^~:", tabular.Format{}},
		{"every delimiter on a line", "\t;|,^~:\n", tabular.Format{}},
		{"high bytes", "\xfe\xe9\x81\n", tabular.Format{}},
		{"halves of surrogates", "\x00\xd8\n\x00", tabular.Format{Encoding: "utf-16le"}},
		{"leads without trails", "\x81\n", tabular.Format{Encoding: "shift_jis"}},
		{"tones without letters", "\xcc\xd2\xec", tabular.Format{Encoding: "windows-1258"}},
		{"zeros", "\x00", tabular.Format{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "a,\"b\n" + strings.Repeat(test.pattern, size/len(test.pattern))
			r, err := tabular.Open(strings.NewReader(text), tabular.Config{Format: test.format})
			var failure *tabular.Error
			if err != nil {
				require.ErrorAs(t, err, &failure)
				return
			}
			var batch tabular.Batch
			for err == nil {
				err = r.NextBatch(&batch)
			}
			require.ErrorIs(t, err, io.EOF)
		})
	}
}
