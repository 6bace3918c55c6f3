package hostile

import (
	"io"
	"strconv"
	"strings"

	"entrepot/definition"
)

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// rowCases are CSV files that have too much or too little of something.
func rowCases() []Case {
	limit := definition.DefaultLimits()
	return []Case{
		{
			Name: "csv/empty", Cause: "The file has no bytes.",
			Open: of(), Want: refused(definition.ErrorNoHeader),
		},
		{
			Name: "csv/only-blank-lines", Cause: "Ten million line ends, and nothing else.",
			Open: of(times("\n", 10_000_000)), Want: refused(definition.ErrorNoHeader),
		},
		{
			Name: "csv/only-spaces", Cause: "200 MB of spaces on one line.",
			Open: of(times(" ", 200*mebi)), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/only-delimiters", Cause: "Lines of commas, in which nothing ever stands.",
			Open: of(times(",,,,,,,,,\n", 2_000_000)), Want: refused(definition.ErrorNoHeader),
		},
		{
			Name: "csv/header-only", Cause: "A header, and no row below it.",
			Open: of(head), Want: accepted(0),
		},
		{
			Name: "csv/blank-lines", Cause: "Ten million blank lines between two rows.",
			Open: of(head, row, times("\r\n", 10_000_000), row), Want: accepted(2).blank(10_000_000),
		},
		{
			Name: "csv/blank-lines-over-the-limit", Cause: "100 million blank lines: more than a file may have rows.",
			Open: of(head, row, times("\n", 100_000_000), row), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/rows-of-delimiters", Cause: "Two million rows with cells and no text in any.",
			Open: of(head, row, times(",,\n", 2_000_000), row), Want: accepted(2).blank(2_000_000),
		},
		{
			Name: "csv/rows-of-empty-quotes", Cause: "A million rows in which each cell is a pair of quotes.",
			Open: of(head, times("\"\",\"\",\"\"\n", 1_000_000), row), Want: accepted(1).blank(1_000_000),
		},
		{
			Name: "csv/million-columns", Cause: "A header of a million columns.",
			Open: of(times("c,", 1_000_000), "c\n", row), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/columns-over-the-limit", Cause: "One column more than is read, in few bytes.",
			Open: of(times("c,", int64(limit.MaxColumns)), "c\n"), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/rows-of-half-a-million-cells", Cause: "Two hundred rows of a megabyte each, of cells of one byte.",
			Open: of(head, row, times(strings.Repeat("x,", 500_000)+"\n", 200), row),
			Want: accepted(2).rejected(definition.RowColumnCountMismatch, 200),
		},
		{
			Name:  "csv/rows-of-a-million-empty-cells",
			Cause: "Two hundred rows of a megabyte each, of empty cells behind one that is not.",
			Open:  of(head, times("x"+strings.Repeat(",", 1_000_000)+"\n", 200), row),
			Want:  accepted(201),
		},
		{
			Name: "csv/ragged", Cause: "Rows of one, two and four cells below a header of three.",
			Open: of(head, times("a\na,b\na,b,c,d\n", 200_000), row),
			Want: accepted(1).rejected(definition.RowColumnCountMismatch, 600_000),
		},
		{
			Name: "csv/line-of-a-gibibyte", Cause: "One line of a gibibyte between rows that are in order.",
			Open: of(head, row, times("x", gibi), "\n", row), Want: accepted(2).rejected(definition.RowRowTooLarge, 1),
		},
		{
			Name: "csv/line-of-three-gigabytes", Cause: "One line of 3 GB: more than any file may have.",
			Open: of(head, row, times("x", 3_000_000_000)), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/cells-over-the-limit", Cause: "A thousand cells of one byte more than is read.",
			Open: of(head, times("S1,2024-01-02,"+strings.Repeat("9", limit.MaxCellBytes+1)+"\n", 1000), row),
			Want: accepted(1).rejected(definition.RowCellTooLarge, 1000),
		},
		{
			Name: "csv/header-of-200-megabytes", Cause: "A header that does not end.",
			Open: of("site,", times("x", 200*mebi), "\n", row), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/quoted-header-of-200-megabytes", Cause: "A header whose quote is not closed for 200 MB.",
			Format: definition.Format{Delimiter: ","},
			Open:   of("site,\"", times("x\n", 100*mebi), "\"\n", row), Want: refused(definition.ErrorFileUnreadable),
		},
		{
			Name: "csv/duplicate-headers", Cause: "A thousand columns of one name.",
			Open: of(strings.TrimSuffix(strings.Repeat("same,", limit.MaxColumns), ","), "\n",
				times(strings.Repeat("1,", limit.MaxColumns-1)+"1\n", 1000)),
			Want: accepted(1000),
		},
		{
			Name: "csv/empty-headers", Cause: "A thousand columns, one of which has a name.",
			Open: of("site", strings.Repeat(",", limit.MaxColumns-1), "\n",
				times("S1"+strings.Repeat(",1", limit.MaxColumns-1)+"\n", 1000)),
			Want: accepted(1000),
		},
		{
			Name: "csv/rows-over-the-limit", Cause: "One row more than is read, each of two bytes.",
			Open: of("n\n", times("1\n", limit.MaxRows+1)), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/formulas", Cause: "Every cell, and the header, would be run as a formula by a spreadsheet.",
			Open: of("=1+1,\"+cmd|' /C calc'!A0\",@SUM(A1)\n",
				times("\"=HYPERLINK(\"\"http://example.com\"\",\"\"x\"\")\",-2+3,\t=1\n", 100_000)),
			Want: accepted(100_000),
		},
		{
			Name: "csv/bare-cr", Cause: "Five million lines that end with CR alone.",
			Open: of("n\r", times("1\r", 5_000_000)), Want: accepted(5_000_000),
		},
		{
			Name: "csv/line-ends-of-all-kinds", Cause: "LF, CRLF, CR and LFCR follow one another.",
			Open: of("n\n", times("1\r\n2\r3\n\r4\n", 500_000)), Want: accepted(2_000_000).blank(500_000),
		},
		{
			Name: "csv/delimiters-in-even-numbers", Cause: "Each of the delimiters makes a regular table.",
			Open: of(times(strings.Repeat("a,b;c|d\t", 100)+"\n", 2000)), Want: accepted(1999),
		},
		{
			Name: "csv/distinct-cells", Cause: "Each of a million rows has another site.",
			Open: of(head, counted(1_000_000, func(line []byte, i int64) []byte {
				return append(strconv.AppendInt(append(line, 'S'), i, 36), ",2024-01-02,1\n"...)
			})),
			Want: accepted(1_000_000),
		},
	}
}

// counted streams lines that differ by their number, from 0.
func counted(n int64, line func(line []byte, i int64) []byte) func() io.Reader {
	return func() io.Reader { return &countReader{n: n, line: line} }
}

type countReader struct {
	i, n       int64
	line       func(line []byte, i int64) []byte
	made, rest []byte
}

func (r *countReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.i == r.n {
			return 0, io.EOF
		}
		r.made = r.made[:0]
		for ; r.i < r.n && len(r.made) < 64<<10; r.i++ {
			r.made = r.line(r.made, r.i)
		}
		r.rest = r.made
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
