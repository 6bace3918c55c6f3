package hostile

import (
	"strings"

	"entrepot/definition"
)

// quoteCases are CSV files whose quotes lead astray, read with the dialect that they break.
func quoteCases() []Case {
	cases := []Case{
		{
			Name: "csv/endless-quote", Cause: "A quote opens in the second row and is never closed.",
			Open: of(head, row, "S1,\"2024-01-02,1\n", times(row, 5_000_000)),
			Want: accepted(5_000_001).rejected(definition.RowQuoteUnclosed, 1),
		},
		{
			Name: "csv/quote-on-each-line", Cause: "A quote opens on each of a million lines, and none is closed.",
			Open: of(head, times("S1,\"2024-01-02,1\n", 1_000_000)),
			Want: accepted(0).rejected(definition.RowQuoteUnclosed, 1_000_000),
		},
		{
			Name: "csv/quote-in-the-last-line", Cause: "A quote opens in the last line, behind a million rows.",
			Open: of(head, times(row, 1_000_000), "S1,\"2024-01-02,1"),
			Want: accepted(1_000_000).rejected(definition.RowQuoteUnclosed, 1),
		},
		{
			Name: "csv/quotes-only", Cause: "A header, then 100 MB of quotes.",
			Open: of(head, times("\"", 100*mebi)), Want: accepted(0).rejected(definition.RowRowTooLarge, 1),
		},
		{
			Name:  "csv/three-quotes-a-line",
			Cause: "Three quotes on each line, which says one thing from outside of a quote and another from inside.",
			Open:  of(head, times("\"\"\"\n", 2_000_000), row),
			Want:  accepted(1).rejected(definition.RowColumnCountMismatch, 1_000_000),
		},
		{
			Name: "csv/text-behind-a-quote", Cause: "Text follows the closing quote in each row.",
			Open: of(head, times("\"S1\"x,2024-01-02,1\n", 1_000_000), row),
			Want: accepted(1).rejected(definition.RowQuoteUnclosed, 1_000_000),
		},
		{
			Name: "csv/quoted-cell-of-a-million-lines", Cause: "One cell has line ends until its row is too large.",
			Open: of(head, row, "\"", times("\n", 2_000_000), "\",2024-01-02,1\n", row),
			// The opening line is set aside; the lines of the cell are blank, and the one that closes it is text.
			Want: accepted(2).rejected(definition.RowQuoteUnclosed, 2).blank(1_999_999),
		},
		{
			Name: "csv/doubled-quotes", Cause: "Cells of 30 KB of doubled quotes, which are unescaped a byte at a time.",
			Open: of(head, times("\""+strings.Repeat("\"\"", 15_000)+"\",2024-01-02,1\n", 2000)),
			Want: accepted(2000),
		},
		{
			Name: "csv/apostrophes-and-quotes", Cause: "Quotes of two kinds within each other.",
			Open: of(head, times("'S1\",\"2024-01-02',\"'1'\"\n", 300_000), row),
			Want: accepted(1).rejected(definition.RowQuoteUnclosed, 300_000),
		},
		{
			Name: "csv/escapes-only", Cause: "A cell of backslashes, with a backslash declared as the escape.",
			Format: definition.Format{Kind: definition.KindCSV, Delimiter: ",", Quote: "\"", Escape: "\\"},
			Open:   of(head, row, "\"", times("\\", 50*mebi+1), "\"\n", row),
			Want:   accepted(2).rejected(definition.RowRowTooLarge, 1),
		},
	}
	for i := range cases {
		if cases[i].Format.Delimiter == "" {
			cases[i].Format = definition.Format{Kind: definition.KindCSV, Delimiter: ",", Quote: "\""}
		}
	}
	return cases
}
