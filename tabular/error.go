package tabular

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
)

// Error is why a file cannot be read, or not to its end. Code is one of NO_HEADER, FILE_UNREADABLE, ENCODING_UNKNOWN
// and LIMIT_EXCEEDED. Reason is a sentence for the person whose file it is; it may quote headers, never cells.
type Error struct {
	Code   definition.ImportErrorCode
	Reason string
	// Params suffice to write Reason in another language.
	Params []definition.Param
	// Err is the source's own error where reading from it failed, else nil: with it the file may be in order.
	Err error
}

// Error gives the reason, and the source's error where there is one.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Reason, e.Err)
	}
	return e.Reason
}

// Unwrap gives the source's error, so that errors.Is finds what storage said.
func (e *Error) Unwrap() error { return e.Err }

func limitError(reason, limit string, value int64) *Error {
	return &Error{
		Code:   definition.ErrorLimitExceeded,
		Reason: reason,
		Params: []definition.Param{{Name: "limit", Value: limit}, {Name: "max", Value: strconv.FormatInt(value, 10)}},
	}
}

// Problem is why a row is set aside.
type Problem struct {
	// Code is one of COLUMN_COUNT_MISMATCH, ENCODING_INVALID, NUL_BYTE, CELL_TOO_LARGE, ROW_TOO_LARGE, QUOTE_UNCLOSED.
	Code definition.RowErrorCode
	// Column is the cell's place from 0, or -1 when the whole row is meant. It may lie beyond the header.
	Column int
	// Line is the physical line of the place in the file, the record's first line unless a quoted cell spans lines.
	Line int64
	// Expected and Found are numbers of cells for COLUMN_COUNT_MISMATCH; Expected is the limit in bytes for the
	// problems of size, and Found the size in bytes for CELL_TOO_LARGE.
	Expected, Found int

	raw      []byte
	reason   string
	detail   string // a word for reason, where the code does not say enough
	encoding string // as in Batch
}

// Value is the raw cell (the raw row when Column is -1), cut at 200 characters, with every byte that is not valid in the
// file's encoding written as \xNN, and every control character besides tab and line ends as \xNN or \uNNNN.
func (p *Problem) Value() string { return visible(p.raw, p.decoded(), 200) }

func (p *Problem) decoded() bool { return p.encoding != "" && p.encoding != utf8Name }

// Message is a sentence that says what is wrong without quoting the file.
func (p *Problem) Message() string {
	if p.reason != "" {
		return p.reason
	}
	switch p.Code {
	case definition.RowColumnCountMismatch:
		return fmt.Sprintf("the row has %d cells, the header %d", p.Found, p.Expected)
	case definition.RowEncodingInvalid:
		return fmt.Sprintf("cell %d is not valid %s", p.Column+1, p.encodingName())
	case definition.RowNULByte:
		return fmt.Sprintf("cell %d contains a NUL byte", p.Column+1)
	case definition.RowCellTooLarge:
		return fmt.Sprintf("cell %d is %d bytes, at most %d are read", p.Column+1, p.Found, p.Expected)
	case definition.RowRowTooLarge:
		return fmt.Sprintf("the row is longer than %d bytes", p.Expected)
	default:
		return p.reason
	}
}

// Params suffice, with the code and the column, to write Message in another language.
func (p *Problem) Params() []definition.Param {
	var params []definition.Param
	if p.Expected != 0 {
		params = append(params, definition.Param{Name: "expected", Value: strconv.Itoa(p.Expected)})
	}
	if p.Found != 0 {
		params = append(params, definition.Param{Name: "found", Value: strconv.Itoa(p.Found)})
	}
	if p.Code == definition.RowEncodingInvalid {
		params = append(params, definition.Param{Name: "encoding", Value: p.encodingName()})
	}
	if p.detail != "" {
		params = append(params, definition.Param{Name: "reason", Value: p.detail})
	}
	return params
}

func (p *Problem) encodingName() string {
	if p.decoded() {
		return p.encoding
	}
	return utf8Name
}

// visible cuts text at a number of characters and escapes what would not show. decoded tells that bytes that are not
// UTF-8 are what appendInvalid made of others.
func visible(text []byte, decoded bool, characters int) string {
	var out strings.Builder
	for ; len(text) > 0 && characters > 0; characters-- {
		char, size := utf8.DecodeRune(text)
		raw, invalid := invalidByte(text)
		switch {
		case decoded && invalid:
			fmt.Fprintf(&out, `\x%02x`, raw)
			size = 2
		case char == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case char == '\t' || char == '\n' || char == '\r' || !unicode.IsControl(char):
			out.WriteRune(char)
		case char < utf8.RuneSelf:
			fmt.Fprintf(&out, `\x%02x`, char)
		default:
			fmt.Fprintf(&out, `\u%04x`, char)
		}
		text = text[size:]
	}
	return out.String()
}
