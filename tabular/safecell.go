package tabular

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// CellWriter writes cells of delimited text that is opened in spreadsheets: RFC 4180 with any delimiter and quote, and
// no cell that would be computed.
type CellWriter struct{ Delimiter, Quote byte }

// Append appends one cell, quoted where it must be. A spreadsheet takes a cell that begins with = + - @, a tab or a
// line end for a formula (OWASP, “CSV Injection”): such a cell gets an apostrophe in front unless it is a plain
// number. Bytes that are not UTF-8, and NUL, become U+FFFD.
func (w CellWriter) Append(line, cell []byte) []byte {
	if bytes.IndexByte(cell, 0) >= 0 || !utf8.Valid(cell) {
		cell = bytes.ToValidUTF8(bytes.ReplaceAll(cell, []byte{0}, []byte("\uFFFD")), []byte("\uFFFD"))
	}
	formula := IsFormula(cell)
	// Delimiters of other readers are quoted too, or a cell could begin in the middle of this one for them.
	quoted := bytes.ContainsAny(cell, "\r\n,;\t|") || bytes.IndexByte(cell, w.Delimiter) >= 0 ||
		bytes.IndexByte(cell, w.Quote) >= 0 || formula && w.Quote == '\''
	if quoted {
		line = append(line, w.Quote)
	}
	if formula {
		line = append(line, '\'')
		if w.Quote == '\'' {
			line = append(line, '\'')
		}
	}
	if !quoted {
		return append(line, cell...)
	}
	for _, c := range cell {
		if c == w.Quote {
			line = append(line, c)
		}
		line = append(line, c)
	}
	return append(line, w.Quote)
}

// IsFormula tells whether a spreadsheet would compute a cell.
func IsFormula(cell []byte) bool {
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
