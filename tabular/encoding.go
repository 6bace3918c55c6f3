package tabular

import (
	"bytes"
	"fmt"

	"entrepot/definition"
)

// foundEncoding is how a file's characters are written.
type foundEncoding struct {
	name       string
	confidence float64 // from 0 to 1
	mark       bool    // a byte order mark says so
}

const byteOrderMark = "\xef\xbb\xbf"

// wide are the byte order marks of encodings other than UTF-8, longer ones first where one starts another.
var wide = []signature{
	{"\xff\xfe\x00\x00", "UTF-32 text", "save it as UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32 text", "save it as UTF-8"},
	{"\xff\xfe", "UTF-16 text", "save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text", "save it as UTF-8"},
}

// detectEncoding tells the encoding of what text starts with, and drops the byte order mark.
func detectEncoding(text *peeker) (foundEncoding, error) {
	head := text.peek(4)
	for _, s := range wide {
		if bytes.HasPrefix(head, []byte(s.bytes)) {
			return foundEncoding{}, &Error{
				Code:   definition.ErrorEncodingUnknown,
				Reason: fmt.Sprintf("the file is %s, not CSV in UTF-8: %s", s.name, s.remedy),
				Params: []definition.Param{{Name: "found", Value: s.name}},
			}
		}
	}
	found := foundEncoding{name: "UTF-8", confidence: 1}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		found.mark = true
		text.skip(len(byteOrderMark))
	}
	return found, nil
}
