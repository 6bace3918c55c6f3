package tabular

import (
	"bytes"
	"io"
	"strings"
)

// start settles the encoding of a part: UTF-8, or UTF-16 when a byte order mark or the first character says so. Those
// are the two that OOXML allows (ECMA-376-2, 6.1.4).
func (x *xmlReader) start() error {
	if _, err := x.fill(); err != nil {
		return err
	}
	head := x.buffer[:x.end]
	var step func(dst, src []byte, final bool) (text []byte, used int)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		x.pos = len("\xef\xbb\xbf")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		step = decodeLittleEndian
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		step = decodeBigEndian
	}
	if step != nil {
		// Half of a character becomes bytes that are no UTF-8, and the cell that it is in is found by them.
		x.source = &decoder{source: io.MultiReader(bytes.NewReader(bytes.Clone(head)), x.source), step: step}
		x.pos, x.end, x.ended = 0, 0, false
		if _, err := x.fill(); err != nil {
			return err
		}
		if bytes.HasPrefix(x.buffer[:x.end], []byte("\xef\xbb\xbf")) {
			x.pos = len("\xef\xbb\xbf")
		}
	}
	return x.checkDeclaration(step != nil)
}

// checkDeclaration compares the encoding that <?xml … ?> names with the one found.
func (x *xmlReader) checkDeclaration(wide bool) error {
	window := x.buffer[x.pos:x.end]
	end := bytes.Index(window, []byte("?>"))
	if !bytes.HasPrefix(window, []byte("<?xml")) || end < 0 {
		return nil
	}
	declaration := string(window[len("<?xml"):end])
	_, value, found := strings.Cut(declaration, "encoding")
	if !found {
		return nil
	}
	value = strings.TrimLeft(value, " \t\r\n=")
	if value == "" {
		return nil
	}
	name, _, _ := strings.Cut(value[1:], value[:1])
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		if !wide {
			return nil
		}
	case "utf-16", "utf-16le", "utf-16be":
		if wide {
			return nil
		}
	}
	return x.malformed("it is neither UTF-8 nor UTF-16, or not the one that it says")
}
