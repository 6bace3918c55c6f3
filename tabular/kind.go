package tabular

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"entrepot/definition"
)

// table is what the Reader of any kind of file is made of. Its errors are those of Reader.
type table interface {
	// header is one name for each column, trimmed.
	header() []string
	// nextBatch is Reader.NextBatch: it calls batch.reset first.
	nextBatch(batch *Batch) error
	// detected tells what was found out by now, and warns of what was guessed (besides odd headers and the encoding,
	// which Reader knows about). Compression, Encoding and ByteOrderMark are Reader's too.
	detected() (definition.DetectedFormat, []definition.Warning)
	// close gives back what is not memory.
	close() error
}

// signature is how a file of some kind starts.
type signature struct{ bytes, name, remedy string }

// foreign are the kinds that are often uploaded in place of a table.
var foreign = []signature{
	{"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password", "save it as .xlsx without a password, or as CSV"},
	{"%PDF-", "a PDF document", "export the table as CSV"},
	{"\x1f\x8b", "packed with gzip, twice or in an unusual way", "unpack it, or pack it once"},
	{"\x28\xb5\x2f\xfd", "packed twice", "unpack it, or pack it once"},
	{"BZh", "packed with bzip2", "unpack it, or pack it with gzip or zstd"},
	{"\xfd7zXZ\x00", "packed with xz", "unpack it, or pack it with gzip or zstd"},
	{"Rar!\x1a\x07", "a RAR archive", "unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"},
	{"SQLite format 3\x00", "a database", "export the table as CSV"},
	{"PAR1", "a Parquet file", "export the table as CSV"},
}

// zipArchives are the first bytes of a zip archive, which is what a workbook is: with a part, or empty.
var zipArchives = []string{"PK\x03\x04", "PK\x05\x06", "PK\x07\x08"}

// longestSignature is how many bytes tell a signature.
const longestSignature = 16

// isWorkbook tells a workbook from text by the first bytes of a file, and refuses what is neither, or not of the kind
// that was named.
func isWorkbook(head []byte, kind definition.FileKind) (bool, error) {
	for _, s := range foreign {
		if bytes.HasPrefix(head, []byte(s.bytes)) {
			return false, refused(s)
		}
	}
	workbook := slices.ContainsFunc(zipArchives, func(start string) bool { return bytes.HasPrefix(head, []byte(start)) })
	switch {
	case workbook && kind != "" && kind != definition.KindXLSX:
		return false, otherKind("a workbook or zip archive", kind)
	case !workbook && kind == definition.KindXLSX && len(head) > 0:
		return false, otherKind("not a workbook", kind)
	}
	return workbook, nil
}

// firstLine is how far the first line of JSON Lines is looked for.
const firstLine = 64 << 10

// isJSONL tells JSON Lines from CSV: the first line with text is a whole object.
func isJSONL(text *peeker, kind definition.FileKind) bool {
	if kind != "" {
		return kind == definition.KindJSONL
	}
	const white = " \t\r\n"
	head := bytes.TrimLeft(text.peek(longestSignature), white)
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(text.peek(firstLine), white), []byte{'\n'})
	return json.Valid(line)
}

func refused(s signature) *Error {
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: fmt.Sprintf("the file is %s: %s", s.name, s.remedy),
		Params: []definition.Param{{Name: "found", Value: s.name}},
	}
}

func otherKind(found string, wanted definition.FileKind) *Error {
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: fmt.Sprintf("the file is %s, but the format says %s: name the right kind, or none", found, wanted),
		Params: []definition.Param{{Name: "found", Value: found}, {Name: "kind", Value: string(wanted)}},
	}
}
