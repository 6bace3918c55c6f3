package tabular_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/definition"
	"entrepot/tabular"
)

// line writes a record as tests compare it: row:line, then its cells, "blank", or its problem.
func line(record *tabular.Record) string {
	at := fmt.Sprintf("%d:%d ", record.Row, record.Line)
	if record.Blank {
		return at + "blank"
	}
	if p := record.Problem; p != nil {
		return at + fmt.Sprintf("%s column %d line %d %q", p.Code, p.Column, p.Line, p.Value())
	}
	return at + fmt.Sprintf("%q", record.Cells)
}

// readAll reads to the end with Next.
func readAll(t testing.TB, r *tabular.Reader) []string {
	t.Helper()
	var lines []string
	for {
		record, err := r.Next()
		if err == io.EOF { //nolint:errorlint // the contract is io.EOF itself
			return lines
		}
		require.NoError(t, err)
		lines = append(lines, line(record))
	}
}

func read(t testing.TB, text string, config tabular.Config) ([]string, []string) {
	t.Helper()
	r, err := tabular.Open(strings.NewReader(text), config)
	require.NoError(t, err)
	return r.Header(), readAll(t, r)
}

func TestDialects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		format     tabular.Format
		header     []string
		want       []string
	}{
		{
			name: "comma and LF", text: "a,b\n1,2\n3,4\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" "2"]`, `2:3 ["3" "4"]`},
		},
		{
			name: "no line end at the end", text: "a,b\n1,2",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" "2"]`},
		},
		{
			name: "empty last cell at the end", text: "a,b\n1,",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" ""]`},
		},
		{
			name: "semicolon, CRLF, decimal comma", text: "a;b\r\n1,5;2\r\n3;4,25\r\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1,5" "2"]`, `2:3 ["3" "4,25"]`},
		},
		{
			name: "tab, lone CR", text: "a\tb\r1\t2\r3\t4",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" "2"]`, `2:3 ["3" "4"]`},
		},
		{
			name: "pipe, mixed line ends", text: "a|b\n1|2\r3|4\r\n5|6\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" "2"]`, `2:3 ["3" "4"]`, `3:4 ["5" "6"]`},
		},
		{
			name: "byte order mark before a quote", text: "\xef\xbb\xbf\"a,x\",b\n1,2\n",
			header: []string{"a,x", "b"}, want: []string{`1:2 ["1" "2"]`},
		},
		{
			name: "quoted cells", text: "a,b\n\"1,2\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1,2" "say \"hi\""]`, `2:3 ["" "\""]`},
		},
		{
			name: "quoted cells over several lines keep their line ends", text: "a,b\r\n\"1\r\n2\n3\r4\",5\r\n6,7\r\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1\r\n2\n3\r4" "5"]`, `2:6 ["6" "7"]`},
		},
		{
			name: "quotes inside an unquoted cell are text", text: "a,b\n5\" pipe,x\"y\"\n 1,\"2\"\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["5\" pipe" "x\"y\""]`, `2:3 [" 1" "2"]`},
		},
		{
			name: "another quote, declared", text: "a,b\n'1,2','it''s'\n\"3,4\n", format: tabular.Format{Quote: '\''},
			header: []string{"a", "b"}, want: []string{`1:2 ["1,2" "it's"]`, `2:3 ["\"3" "4"]`},
		},
		{
			name: "another delimiter, declared", text: "a^b\n1,2^3\n", format: tabular.Format{Delimiter: '^'},
			header: []string{"a", "b"}, want: []string{`1:2 ["1,2" "3"]`},
		},
		{
			name: "a declared delimiter that is in no row", text: "a,b\n1,2\n", format: tabular.Format{Delimiter: ';'},
			header: []string{"a,b"}, want: []string{`1:2 ["1,2"]`},
		},
		{
			name: "blank rows take no number", text: "\n \t \na,b\n\n1,2\n , \n\"\",\n\u00a0\n3,4\n\n",
			header: []string{"a", "b"},
			want: []string{
				`0:4 blank`, `1:5 ["1" "2"]`, `0:6 blank`, `0:7 blank`, `0:8 blank`, `2:9 ["3" "4"]`, `0:10 blank`,
			},
		},
		{
			name: "header row declared, with a preamble", text: "Report; of \"May\n\nx;y\n1;2\n",
			format: tabular.Format{HeaderRow: 3},
			header: []string{"x", "y"}, want: []string{`1:4 ["1" "2"]`},
		},
		{
			name: "headers as they are, trimmed", text: "\u00a0 a ,,a,\u0130l\n1,2,3,4\n",
			header: []string{"a", "", "a", "\u0130l"}, want: []string{`1:2 ["1" "2" "3" "4"]`},
		},
		{
			name: "empty cells beyond the header", text: "a,b\n1,2,,\n3,4,\"\"\n",
			header: []string{"a", "b"}, want: []string{`1:2 ["1" "2"]`, `2:3 ["3" "4"]`},
		},
		{
			name: "nameless columns at the end may be left out", text: "a,b,,\n1,2\n3,4,5\n6,7,,8\n",
			header: []string{"a", "b", "", ""},
			want:   []string{`1:2 ["1" "2" "" ""]`, `2:3 ["3" "4" "5" ""]`, `3:4 ["6" "7" "" "8"]`},
		},
		{
			name: "one column", text: "a\n1\n\n2\n",
			header: []string{"a"}, want: []string{`1:2 ["1"]`, `0:3 blank`, `2:4 ["2"]`},
		},
		{
			name: "one column with commas in its cells", text: "note\nhello, world\nbye\n",
			header: []string{"note"}, want: []string{`1:2 ["hello, world"]`, `2:3 ["bye"]`},
		},
		{name: "header only", text: "a,b\n", header: []string{"a", "b"}},
		{name: "header only, no line end", text: "a,b", header: []string{"a", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header, got := read(t, test.text, tabular.Config{Format: test.format})
			require.Equal(t, test.header, header)
			require.Equal(t, test.want, got)

			for _, size := range []int{1, 2, 3, 5, 7, 64} {
				r, err := tabular.OpenSized(iotest.OneByteReader(strings.NewReader(test.text)),
					tabular.Config{Format: test.format}, size)
				require.NoError(t, err)
				require.Equal(t, test.want, readAll(t, r), "in batches of %d bytes", size)
			}
		})
	}
}

func TestDetected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		format     tabular.Format
		want       definition.DetectedFormat
		guessed    bool
	}{
		{
			"plain", "a,b\n1,2\n",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: ",", LineEnding: tabular.LineLF, HeaderRow: 1},
			false,
		},
		{
			"marked, CRLF", "\xef\xbb\xbf\r\na;b\r\n1;2\r\n",
			tabular.Format{},
			definition.DetectedFormat{ByteOrderMark: true, Delimiter: ";", LineEnding: tabular.LineCRLF, HeaderRow: 2},
			false,
		},
		{
			"CR", "a\tb\r1\t2",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: "\t", LineEnding: tabular.LineCR, HeaderRow: 1},
			false,
		},
		{
			"mixed", "a|b\n1|2\r\n",
			tabular.Format{Quote: '\''},
			definition.DetectedFormat{Delimiter: "|", LineEnding: tabular.LineMixed, HeaderRow: 1},
			false,
		},
		{
			"line ends in quotes do not count", "a,b\n\"1\r\n\",2\n",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: ",", LineEnding: tabular.LineLF, HeaderRow: 1},
			false,
		},
		{"no line end", "a,b", tabular.Format{}, definition.DetectedFormat{Delimiter: ",", HeaderRow: 1}, false},
		{
			"decimal commas in every cell", "date;amount, EUR\n2024;1,5\n2025;2,5\n",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: ";", LineEnding: tabular.LineLF, HeaderRow: 1},
			true,
		},
		{
			"a row that does not fit", "a,b,c\n1,2,3\n1;2\n1,2,3\n",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: ",", LineEnding: tabular.LineLF, HeaderRow: 1},
			true,
		},
		{
			"delimiters in quotes do not count", "a,b\n\"1;2;3\",4\n\"5;6;7\",8\n",
			tabular.Format{},
			definition.DetectedFormat{Delimiter: ",", LineEnding: tabular.LineLF, HeaderRow: 1},
			false,
		},
		{
			"declared", "t\nx^y\n1^2\n",
			tabular.Format{Delimiter: '^', HeaderRow: 2},
			definition.DetectedFormat{Delimiter: "^", LineEnding: tabular.LineLF, HeaderRow: 2},
			false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := tabular.Open(strings.NewReader(test.text), tabular.Config{Format: test.format})
			require.NoError(t, err)
			readAll(t, r)
			test.want.Kind, test.want.Encoding, test.want.EncodingConfidence = definition.KindCSV, "UTF-8", 1
			test.want.Quote = `"`
			if test.format.Quote != 0 {
				test.want.Quote = string(rune(test.format.Quote))
			}
			require.Equal(t, test.want, r.Detected())
			guessed := slices.ContainsFunc(r.Warnings(), func(w definition.Warning) bool {
				return w.Code == definition.WarningDelimiterGuessed
			})
			require.Equal(t, test.guessed, guessed)
		})
	}
}

// A file larger than the sample is detected from its start alone, and the last line of the sample, cut, is no evidence.
func TestDetectionIgnoresTheLineThatTheSampleCuts(t *testing.T) {
	t.Parallel()
	text := "a;b\n" + strings.Repeat("1,5;2\n", 100) + strings.Repeat("x", 1<<17)
	r, err := tabular.Open(strings.NewReader(text), tabular.Config{})
	require.NoError(t, err)
	require.Equal(t, ";", r.Detected().Delimiter)
	require.Empty(t, r.Warnings())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		config     tabular.Config
		code       definition.ImportErrorCode
		reason     string
	}{
		{"empty", "", tabular.Config{}, definition.ErrorNoHeader, "the file is empty"},
		{"blank", "\n , \n\"\"", tabular.Config{}, definition.ErrorNoHeader, "the file is empty"},
		{"only a mark", "\xef\xbb\xbf", tabular.Config{}, definition.ErrorNoHeader, "the file is empty"},
		{
			"header row beyond the end", "a\nb\n",
			tabular.Config{Format: tabular.Format{HeaderRow: 4}},
			definition.ErrorNoHeader, "should be in row 4, but the file has only 2",
		},
		{
			"header row blank", "a\n\nb\n",
			tabular.Config{Format: tabular.Format{HeaderRow: 2}},
			definition.ErrorNoHeader, "row 2, where the header should be, is blank",
		},
		{"UTF-32 LE", "\xff\xfe\x00\x00a\x00\x00\x00", tabular.Config{}, definition.ErrorEncodingUnknown, "UTF-32"},
		{
			"Windows-1254, declared as another", "\xfeehir,y\xfdl\n1\n",
			tabular.Config{Format: tabular.Format{Encoding: "utf-8"}},
			definition.ErrorEncodingUnknown, "name its encoding in the format",
		},
		{"overlong UTF-8", "a\xc0\xaf,b\n", tabular.Config{}, definition.ErrorEncodingUnknown, "cell 1 is not valid UTF-8"},
		{"workbook", "PK\x03\x04\x14\x00", tabular.Config{}, definition.ErrorFileUnreadable, "workbook"},
		{"old workbook", "\xd0\xcf\x11\xe0\xa1\xb1", tabular.Config{}, definition.ErrorFileUnreadable, "old Excel"},
		{"gzip", "\x1f\x8b\x08\x00", tabular.Config{}, definition.ErrorFileUnreadable, "gzip"},
		{"zstd", "\x28\xb5\x2f\xfd\x04", tabular.Config{}, definition.ErrorFileUnreadable, "zstd"},
		{"PDF", "%PDF-1.7\n", tabular.Config{}, definition.ErrorFileUnreadable, "PDF"},
		{"quote unclosed", "a,\"b\n1,2\n", tabular.Config{}, definition.ErrorFileUnreadable, "in cell 2 the quote"},
		{"text after a quote", "a,\"b\"c\n1,2\n", tabular.Config{}, definition.ErrorFileUnreadable, "in cell 2 text follows"},
		{
			"too many columns", "a,b,c\n",
			tabular.Config{Limits: tabular.Limits{MaxColumns: 2}},
			definition.ErrorLimitExceeded, "3 columns, at most 2",
		},
		{
			"header too long", strings.Repeat("a,", 50),
			tabular.Config{Limits: tabular.Limits{MaxRowBytes: 99}},
			definition.ErrorLimitExceeded, "longer than 99 bytes",
		},
		{
			"header cell too large", "aaaa,b\n",
			tabular.Config{Limits: tabular.Limits{MaxCellBytes: 3}},
			definition.ErrorLimitExceeded, "cell 1 is 4 bytes, at most 3",
		},
		{
			"file larger than allowed before its header ends", "aaaa,b\n",
			tabular.Config{Limits: tabular.Limits{MaxFileBytes: 3}},
			definition.ErrorLimitExceeded, "larger than 3 bytes",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := tabular.Open(strings.NewReader(test.text), test.config)
			var failure *tabular.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, test.code, failure.Code)
			require.ErrorContains(t, err, test.reason)
			require.NotEmpty(t, failure.Params, "nothing to write the sentence in another language with")
			require.NoError(t, failure.Err)
		})
	}
}

func TestOpenNamesEverythingWrongWithItsConfig(t *testing.T) {
	t.Parallel()
	_, err := tabular.Open(strings.NewReader("a\n"), tabular.Config{
		Format: tabular.Format{Delimiter: '\n', Quote: 0xff, HeaderRow: -1},
		Limits: tabular.Limits{MaxFileBytes: -1, MaxRows: -2, MaxColumns: -3, MaxCellBytes: -4, MaxRowBytes: 1 << 40},
	})
	for _, part := range []string{
		`delimiter '\n'`, "quote", "header row -1", "MaxFileBytes", "MaxRows", "MaxColumns", "MaxCellBytes", "MaxRowBytes",
	} {
		require.ErrorContains(t, err, part)
	}
	_, err = tabular.Open(strings.NewReader("a\n"), tabular.Config{Format: tabular.Format{Delimiter: '"'}})
	require.ErrorContains(t, err, "delimiter and quote are both")
}

func TestLimitsEndTheFileAfterTheRecordsInFrontOfThem(t *testing.T) {
	t.Parallel()
	const text = "a,b\n1,2\n\n3,4\n\n5,6\n"
	for _, test := range []struct {
		name   string
		limits tabular.Limits
		rows   int
		reason string
	}{
		{"rows", tabular.Limits{MaxRows: 2}, 2, "more than 2 rows"},
		{"rows, just enough", tabular.Limits{MaxRows: 3}, 3, ""},
		{"bytes", tabular.Limits{MaxFileBytes: int64(len(text)) - 1}, 2, "larger than 17 bytes"},
		{"bytes, just enough", tabular.Limits{MaxFileBytes: int64(len(text))}, 3, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 6, 4096} {
				r, err := tabular.OpenSized(strings.NewReader(text), tabular.Config{Limits: test.limits}, size)
				require.NoError(t, err)
				rows := 0
				for {
					record, err := r.Next()
					if err != nil {
						var failure *tabular.Error
						if test.reason == "" {
							require.Equal(t, io.EOF, err)
						} else {
							require.ErrorAs(t, err, &failure)
							require.Equal(t, definition.ErrorLimitExceeded, failure.Code)
							require.ErrorContains(t, err, test.reason)
						}
						_, again := r.Next()
						require.Equal(t, err, again, "the end does not stay the end")
						break
					}
					if !record.Blank {
						rows++
					}
				}
				require.Equal(t, test.rows, rows)
			}
		})
	}
}

func TestSourceErrorsAreNeverTheEndOfTheFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, test := range map[string]struct{ given, want error }{
		"own":                 {broken, broken},
		"cut short":           {io.ErrUnexpectedEOF, io.ErrUnexpectedEOF},
		"an EOF in a wrap":    {fmt.Errorf("read object: %w", io.EOF), io.ErrUnexpectedEOF},
		"a wrapped error":     {fmt.Errorf("read object: %w", broken), broken},
		"a source that idles": {nil, io.ErrNoProgress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fail := func(text string) io.Reader {
				return io.MultiReader(strings.NewReader(text), readerFunc(func([]byte) (int, error) { return 0, test.given }))
			}
			_, err := tabular.Open(fail("a,b"), tabular.Config{})
			require.ErrorIs(t, err, test.want)

			r, err := tabular.OpenSized(fail("a,b\n1,2\n3,"), tabular.Config{}, 1<<17)
			require.NoError(t, err)
			record, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, `1:2 ["1" "2"]`, line(record))
			_, err = r.Next()
			require.ErrorIs(t, err, test.want)
			require.NotErrorIs(t, err, io.EOF)
			var failure *tabular.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, definition.ErrorFileUnreadable, failure.Code)
			require.ErrorContains(t, err, "beyond byte 10")
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Batches go round between two goroutines: what the second reads must not change while the first reads on.
func TestBatchesAreOwnedByWhoeverHoldsThem(t *testing.T) {
	t.Parallel()
	const rows = 30_000
	source, sink := io.Pipe()
	go func() { sink.CloseWithError(data.Write(sink, rows)) }()
	r, err := tabular.Open(source, tabular.Config{})
	require.NoError(t, err)

	free, filled := make(chan *tabular.Batch, 2), make(chan *tabular.Batch)
	free <- new(tabular.Batch)
	free <- new(tabular.Batch)
	ended := make(chan error, 1)
	go func() {
		defer close(filled)
		for batch := range free {
			if err := r.NextBatch(batch); err != nil {
				ended <- err
				return
			}
			filled <- batch
		}
	}()
	seen := 0
	for batch := range filled {
		for i := range batch.Len() {
			want := data.At(seen)
			seen++
			require.Equal(t, int64(seen), batch.Row(i))
			require.Equal(t, int64(seen)+1, batch.Line(i))
			require.Nil(t, batch.Problem(i))
			require.Equal(t, 7, batch.Cells(i))
			require.Equal(t, data.SiteName(want.Site), string(batch.Cell(i, 0)))
			require.Equal(t, want.Note, string(batch.Cell(i, 6)))
		}
		free <- batch
	}
	require.Equal(t, io.EOF, <-ended)
	require.Equal(t, rows, seen)
}
