package hostile

import (
	"strconv"
	"strings"

	"entrepot/definition"
)

// jsonCases are JSON Lines files.
func jsonCases() []Case {
	const line = `{"site":"S1","date":"2024-01-02","reading":1.5}` + "\n"
	format := definition.Format{Kind: definition.KindJSONL}
	lines := func(name, cause string, want Outcome, parts ...any) Case {
		return Case{Name: "jsonl/" + name, Cause: cause, Format: format, Open: of(parts...), Want: want}
	}
	return []Case{
		lines("plain", "Nothing is wrong with it.", accepted(2), line, line),
		lines("depth", "A value of half a million arrays within each other.", accepted(2).rejected(definition.RowCellError, 1),
			line, `{"site":`, times("[", 500_000), times("]", 500_000), "}\n", line),
		lines("depth-not-closed", "A million arrays are opened.", accepted(2).rejected(definition.RowCellError, 1),
			line, `{"site":`, times("[", 1_000_000), "\n", line),
		lines("string-of-a-gibibyte", "One string of a gibibyte.", accepted(2).rejected(definition.RowRowTooLarge, 1),
			line, `{"site":"`, times("x", gibi), "\"}\n", line),
		lines("endless-string", "A string is opened and not closed; the lines behind it are in order.",
			accepted(1_000_001).rejected(definition.RowCellError, 1), line, `{"site":"S1,`+"\n", times(line, 1_000_000)),
		lines("million-keys", "One object of a hundred thousand keys, as first line.", refused(definition.ErrorLimitExceeded),
			"{", counted(100_000, func(text []byte, i int64) []byte {
				return append(strconv.AppendInt(append(text, `"k`...), i, 36), `":1,`...)
			}), "\"last\":1}\n", line),
		lines("keys-that-differ", "Each of a million lines has a key of its own.", refused(definition.ErrorLimitExceeded),
			line, counted(1_000_000, func(text []byte, i int64) []byte {
				return append(strconv.AppendInt(append(text, `{"k`...), i, 36), "\":1}\n"...)
			})),
		lines("duplicate-keys", "A key twice in one object: programs differ in which they take.",
			accepted(1).rejected(definition.RowColumnCountMismatch, 100_000), line, times(`{"site":"S1","site":"S2"}`+"\n",
				100_000)),
		lines("duplicate-keys-escaped", "A key twice, once written with an escape.",
			accepted(1).rejected(definition.RowColumnCountMismatch, 1), line, `{"site":"S1","\u0073ite":"S2"}`+"\n"),
		lines("lone-surrogates", "Escapes of half a pair.", accepted(1).rejected(definition.RowEncodingInvalid, 200_000),
			line, times(`{"site":"\ud800"}`+"\n"+`{"site":"\ude00\ud83d"}`+"\n", 100_000)),
		lines("escaped-nul", "An escaped NUL.", accepted(1).rejected(definition.RowNULByte, 1), line, `{"site":"a\u0000b"}`+
			"\n"),
		lines("invalid-utf-8", "Strings that are not UTF-8.", accepted(1).rejected(definition.RowEncodingInvalid, 2),
			line, "{\"site\":\"\xc0\xaf\"}\n{\"site\":\"\xed\xa0\x80\"}\n"),
		lines("control-characters", "Line feeds aside, a string has control characters that JSON forbids.",
			accepted(1).rejected(definition.RowCellError, 1), line, "{\"site\":\"a\x01b\"}\n"),
		lines("no-numbers", "NaN, Infinity, hexadecimal and octal numbers, and leading zeros.",
			accepted(1).rejected(definition.RowCellError, 5), line,
			"{\"reading\":NaN}\n{\"reading\":Infinity}\n{\"reading\":0x10}\n{\"reading\":01}\n{\"reading\":+1}\n"),
		lines("number-of-a-megabyte", "A number of a million digits.", accepted(1).rejected(definition.RowCellTooLarge, 1),
			line, `{"reading":`, times("9", 1_000_000), "}\n"),
		lines("top-level-array", "The file is one array.", refused(definition.ErrorFileUnreadable), "[",
			strings.TrimSpace(line), ",", line, "]"),
		lines("not-objects", "Lines that are values and no objects.", accepted(1).rejected(definition.RowCellError, 4),
			line, "[1,2]\n1\n\"S1\"\nnull\n"),
		lines("concatenated", "Two objects on one line.", accepted(1).rejected(definition.RowCellError, 1), line,
			strings.TrimSpace(line), line),
		lines("pretty-printed", "One object on many lines.", refused(definition.ErrorFileUnreadable),
			"{\n  \"site\": \"S1\",\n  \"reading\": 1\n}\n"),
		lines("comments", "Comments and trailing commas.", accepted(1).rejected(definition.RowCellError, 2),
			line, `{"site":"S1",}`+"\n", "// comment\n"),
		lines("cut", "The last line ends in the middle.", accepted(1).rejected(definition.RowCellError, 1), line,
			`{"site":"S1","rea`),
		lines("bom", "A byte order mark in front.", accepted(1), "\ufeff"+line),
		lines("blank-lines", "Five million blank lines.", accepted(2).blank(5_000_000), line, times("\n", 5_000_000), line),
		lines("empty-objects", "A million objects without a key.", accepted(1).blank(1_000_000), line, times("{}\n",
			1_000_000)),
		lines("nulls", "A million objects in which all is null.", accepted(1).blank(1_000_000), line,
			times(`{"site":null,"date":null,"reading":null}`+"\n", 1_000_000)),
		lines("nothing", "A file of no bytes.", refused(definition.ErrorNoHeader)),
		lines("nested-values", "Values that are objects and arrays.", accepted(1).rejected(definition.RowCellError, 2),
			line, `{"site":{"a":1}}`+"\n", `{"site":["S1"]}`+"\n"),
	}
}
