package hostile

import (
	"io"
	"math/rand/v2"
	"strings"
	"unicode/utf16"

	"entrepot/definition"
)

// encodingCases are CSV files whose bytes are no text, or not the text that they seem to be.
func encodingCases() []Case {
	utf8 := definition.Format{Encoding: "UTF-8"}
	return []Case{
		{
			Name: "csv/only-bom", Cause: "A byte order mark, and nothing behind it.",
			Open: of("\ufeff"), Want: refused(definition.ErrorNoHeader),
		},
		{
			Name: "csv/bom-in-the-middle", Cause: "Files with byte order marks were put one behind the other: the mark is text there.",
			Open: of("\ufeff"+head+row, times("\ufeff"+head+row, 1000)), Want: accepted(2001),
		},
		{
			Name: "csv/nul-file", Cause: "Ten million NUL bytes: no encoding, and no line that ends.",
			Open: of(times("\x00", 10_000_000)), Want: refused(definition.ErrorLimitExceeded),
		},
		{
			Name: "csv/nul-header", Cause: "A header of NUL bytes, and rows of them.",
			Open: of(times("\x00\x00\x00\n", 1_000_000)), Want: refused(definition.ErrorEncodingUnknown),
		},
		{
			Name: "csv/nul-in-each-row", Cause: "A NUL byte in a cell of each row but the last.",
			Format: utf8,
			Open:   of(head, times("S1,2024-01-02,1\x00\n", 500_000), row),
			Want:   accepted(1).rejected(definition.RowNULByte, 500_000),
		},
		{
			Name: "csv/nul-lines", Cause: "Each line is one NUL byte.", Format: utf8,
			Open: of(head, times("\x00\n", 500_000), row),
			Want: accepted(1).rejected(definition.RowNULByte, 500_000),
		},
		{
			Name: "csv/overlong-utf-8", Cause: "A slash and a NUL in two, three and four bytes.", Format: utf8,
			Open: of(head, row, times("S\xc0\xaf,2024-01-02,1\nS\xe0\x80\xaf,2024-01-02,1\n"+
				"S\xf0\x80\x80\xaf,2024-01-02,1\nS\xc0\x80,2024-01-02,1\n", 50_000), row),
			Want: accepted(2).rejected(definition.RowEncodingInvalid, 200_000),
		},
		{
			Name: "csv/cesu-8", Cause: "Characters beyond 16 bits as two surrogates of three bytes each.", Format: utf8,
			Open: of(head, times("S\xed\xa0\xbd\xed\xb8\x80,2024-01-02,1\n", 100_000), row),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 100_000),
		},
		{
			Name: "csv/beyond-unicode", Cause: "U+110000, and sequences of five and six bytes.", Format: utf8,
			Open: of(head, "\xf4\x90\x80\x80,2024-01-02,1\n", "\xf8\x88\x80\x80\x80,2024-01-02,1\n",
				"\xfc\x84\x80\x80\x80\x80,2024-01-02,1\n", row),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 3),
		},
		{
			Name: "csv/utf-8-cut", Cause: "A character is cut at the end of the file.", Format: utf8,
			Open: of(head, row, "S\xc3\xbc,2024-01-02,1\n", "S1,2024-01-02,\xe2\x82"),
			Want: accepted(2).rejected(definition.RowEncodingInvalid, 1),
		},
		{
			Name: "csv/mixed-encodings", Cause: "Rows in UTF-8 with some in Windows-1254 among them.",
			Open: of(head, times("Şişli,2024-01-02,1\nÜsküdar,2024-01-02,1\n", 5000), times("\xdei\xfeli,2024-01-02,1\n", 100),
				times("Şişli,2024-01-02,1\n", 5000)),
			Want: accepted(15_000).rejected(definition.RowEncodingInvalid, 100),
		},
		{
			Name: "csv/invalid-beyond-the-sample", Cause: "Ten megabytes of ASCII, then bytes that UTF-8 does not have.",
			Format: utf8,
			Open:   of(head, times(row, 500_000), times("S\xff\xfe,2024-01-02,1\n", 10)),
			Want:   accepted(500_000).rejected(definition.RowEncodingInvalid, 10),
		},
		{
			Name: "csv/utf-16-lone-surrogates", Cause: "UTF-16 in which halves of pairs stand alone.",
			Open: of(utf16le("\ufeff"+head), times(utf16le("S")+"\x3d\xd8"+utf16le(",2024-01-02,1\n"), 50_000),
				times(utf16le("S")+"\x00\xde"+utf16le(",2024-01-02,1\n"), 50_000), utf16le(row)),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 100_000),
		},
		{
			Name: "csv/utf-16-odd-length", Cause: "UTF-16 whose last character is half there.",
			Open: of(utf16le("\ufeff"+head+row+"S1,2024-01-02,1"), "\x35"),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 1),
		},
		{
			Name:  "csv/utf-16-line-ends-in-other-characters",
			Cause: "UTF-16 characters that have the bytes of line ends, delimiters and quotes.",
			Open:  of(utf16be("\ufeff"+head), times(utf16be("\u0a0d\u2c22\u0d0a\u222c,2024-01-02,1\n"), 200_000)),
			Want:  accepted(200_000),
		},
		{
			Name: "csv/utf-32", Cause: "UTF-32 with its mark, which begins as UTF-16's does.",
			Open: of("\xff\xfe\x00\x00s\x00\x00\x00\n\x00\x00\x00"), Want: refused(definition.ErrorEncodingUnknown),
		},
		{
			Name: "csv/noise", Cause: "Eight megabytes of random bytes.",
			Open: noise(8 * mebi), Want: refused(definition.ErrorEncodingUnknown),
		},
		{
			Name: "csv/shift-jis-declared-utf-8", Cause: "Shift_JIS in a file that is declared to be UTF-8.", Format: utf8,
			Open: of(head, times("\x93\x8c\x8b\x9e,2024-01-02,1\n", 100_000), row),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 100_000),
		},
		{
			Name: "csv/shift-jis-cut", Cause: "Shift_JIS whose lead byte takes the delimiter, or the line end, for its second half.",
			Format: definition.Format{Encoding: "Shift_JIS"},
			Open:   of(head, row, "\x93\x8c\x8b,2024-01-02,1\n", "\x93\x8c\x8b\x9e,2024-01-02,1\n", "S1,2024-01-02,\x8b\n", row),
			Want:   accepted(3).rejected(definition.RowEncodingInvalid, 2),
		},
		{
			Name: "csv/undefined-in-windows-1252", Cause: "The five bytes that Windows-1252 does not have.",
			Format: definition.Format{Encoding: "windows-1252"},
			Open: of(head, "S\x81,2024-01-02,1\nS\x8d,2024-01-02,1\n",
				"S\x8f,2024-01-02,1\nS\x90,2024-01-02,1\nS\x9d,2024-01-02,1\n", "S\xfc,2024-01-02,1\n"),
			Want: accepted(1).rejected(definition.RowEncodingInvalid, 5),
		},
		{
			Name:  "csv/control-characters",
			Cause: "Escape sequences of terminals, backspaces and marks that turn the direction of text.",
			Open:  of(head, times("\x1b[2J\x08\x07\u202e\u200b,2024-01-02,1\n", 100_000)),
			Want:  accepted(100_000),
		},
		{
			Name: "csv/combining-marks", Cause: "One letter with ten thousand marks above it, in each row.",
			Open: of(head, times("S"+strings.Repeat("\u0301", 10_000)+",2024-01-02,1\n", 2000)),
			Want: accepted(2000),
		},
	}
}

func utf16le(text string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		out.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return out.String()
}

func utf16be(text string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		out.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	return out.String()
}

// noise is random and always the same.
func noise(size int64) func() io.Reader {
	return func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), size) }
}
