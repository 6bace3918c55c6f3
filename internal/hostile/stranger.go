package hostile

import (
	"strings"

	"entrepot/definition"
)

// strangerCases are files of other kinds than those that are read, by their first bytes; their names do not matter.
func strangerCases() []Case {
	var cases []Case
	for _, c := range []struct {
		name, cause, start string
		want               definition.ImportErrorCode
	}{
		{"xls", "A workbook of Excel 97.", ole("Workbook"), definition.ErrorFileUnreadable},
		{"encrypted-xlsx", "A workbook with a password.", ole("EncryptedPackage"), definition.ErrorFileUnreadable},
		{
			"pdf", "A PDF.", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
			definition.ErrorFileUnreadable,
		},
		{
			"png", "A picture.", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00",
			definition.ErrorEncodingUnknown,
		},
		{
			"jpeg", "A photograph.", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01",
			definition.ErrorEncodingUnknown,
		},
		{"bzip2", "Packed with bzip2.", "BZh91AY&SY\x9a\xe7\xb6\xd1\x00\x00\x01\x99\x80\x10", definition.ErrorFileUnreadable},
		{"xz", "Packed with xz.", "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x00\x00\x00\x00", definition.ErrorFileUnreadable},
		{
			"7z", "Packed with 7-Zip.", "7z\xbc\xaf\x27\x1c\x00\x04\x8d\x9b\xd5\x0f\x00\x00\x00\x00",
			definition.ErrorFileUnreadable,
		},
		{"rar", "Packed with RAR.", "Rar!\x1a\x07\x01\x00\x33\x92\xb5\xe5\x0a\x01\x05\x06", definition.ErrorFileUnreadable},
		{
			"elf", "A program.", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00",
			definition.ErrorEncodingUnknown,
		},
		{"sqlite", "A database.", "SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20", definition.ErrorFileUnreadable},
		{"parquet", "A Parquet file.", "PAR1\x15\x04\x15\x80\x7d\x15\x80\x7d\x4c\x15\xd0\x0f", definition.ErrorFileUnreadable},
	} {
		cases = append(cases, Case{
			Name: "stranger/" + c.name, Cause: c.cause,
			// Neither its first bytes nor the lines further on make it a table.
			Open: of(c.start, strings.Repeat("\x00\x01\x02\xff", 1024), row),
			Want: refused(c.want),
		})
	}
	return cases
}

// ole is the start of a compound file with one stream of the given name in its directory.
func ole(stream string) string {
	header := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 16) +
		"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00" + strings.Repeat("\x00", 470)
	return header + utf16le("Root Entry") + strings.Repeat("\x00", 108) + utf16le(stream)
}
