package tabular

import (
	"bytes"
	"fmt"
	"io"
)

// What one part may ask of the tokenizer.
const (
	maxXMLTag        = 64 << 10 // bytes of one tag with its attributes
	maxXMLAttributes = 256
	maxXMLDepth      = 128
	maxXMLReference  = 12 // bytes of &…;
)

// xmlToken is what xmlReader.next found.
type xmlToken uint8

const (
	xmlEOF xmlToken = iota
	xmlStart
	xmlEnd
	xmlText
)

type xmlAttribute struct{ name, value []byte }

// xmlReader is a pull tokenizer for the XML of workbooks. It copies nothing, needs one buffer whatever the part's size,
// checks that tags match, and knows neither document types nor entities besides those of XML itself: a part that has
// them is refused, as Office refuses it. Names are compared without prefix and namespace, since the two editions of
// OOXML differ in nothing else. Every error is an *Error that names the part.
type xmlReader struct {
	part   string
	source io.Reader
	buffer []byte
	pos    int
	end    int
	offset int64 // of buffer[0] in the part
	ended  bool

	// name (without prefix) and attributes are those of the last tag, text is raw and of the last xmlText, all valid
	// until next is called.
	name       []byte
	attributes []xmlAttribute
	text       []byte
	literal    bool // text is CDATA

	names  []byte // of the open elements, with prefix
	open   []int  // where each starts in names
	empty  bool   // the last tag was <a/>, its end is still to be told
	rooted bool
}

// newXMLReader starts to read a part of a size in bytes.
func newXMLReader(part string, source io.Reader, size int64) (*xmlReader, error) {
	// A part in UTF-16 grows by half at most.
	x := &xmlReader{part: part, buffer: make([]byte, min(maxXMLTag, 2*size+8)), source: source}
	return x, x.start()
}

// malformed is an error at the place that is being read.
func (x *xmlReader) malformed(format string, arguments ...any) *Error {
	return unreadable(x.part, "the workbook's part %s cannot be read at byte %d: %s",
		quoteName(x.part), x.offset+int64(x.pos), fmt.Sprintf(format, arguments...))
}

// fill moves what is unread to the front and reads until the buffer is full or the source ends. It gives false where
// that added nothing.
func (x *xmlReader) fill() (bool, error) {
	if x.ended || x.pos == 0 && x.end == len(x.buffer) {
		return false, nil
	}
	x.offset += int64(x.pos)
	x.end = copy(x.buffer, x.buffer[x.pos:x.end])
	x.pos = 0
	before := x.end
	for empty := 0; x.end < len(x.buffer); {
		n, err := x.source.Read(x.buffer[x.end:])
		x.end += n
		if err == io.EOF {
			x.ended = true
			break
		}
		if err != nil {
			return false, err
		}
		if n > 0 {
			empty = 0
		} else if empty++; empty == emptyReads {
			return false, sourceError(io.ErrNoProgress, x.offset+int64(x.end))
		}
	}
	return x.end > before, nil
}

// more is fill where the part must go on.
func (x *xmlReader) more() error {
	switch more, err := x.fill(); {
	case err != nil:
		return err
	case more:
		return nil
	case x.ended:
		x.pos = x.end
		return x.malformed("it ends too early")
	default:
		return x.malformed("a tag is larger than %d bytes", len(x.buffer))
	}
}

// next reads on to the next start, end or text of an element. Comments and processing instructions are passed over.
func (x *xmlReader) next() (xmlToken, error) {
	if x.empty {
		x.empty = false
		x.pop()
		return xmlEnd, nil
	}
	for {
		if x.pos == x.end {
			if more, err := x.fill(); err != nil {
				return xmlEOF, err
			} else if !more {
				return x.finish()
			}
		}
		if x.buffer[x.pos] != '<' {
			token, err := x.readText()
			if token == xmlText || err != nil {
				return token, err
			}
			continue
		}
		if x.pos+1 == x.end {
			if err := x.more(); err != nil {
				return xmlEOF, err
			}
			continue
		}
		switch x.buffer[x.pos+1] {
		case '/':
			return x.readEnd()
		case '?':
			if err := x.pass("?>"); err != nil {
				return xmlEOF, err
			}
		case '!':
			if token, err := x.readDeclaration(); token == xmlText || err != nil {
				return token, err
			}
		default:
			return x.readStart()
		}
	}
}

func (x *xmlReader) finish() (xmlToken, error) {
	if len(x.open) > 0 || !x.rooted {
		return xmlEOF, x.malformed("it ends too early")
	}
	return xmlEOF, nil
}

// readText gives text up to the next tag, or as much as the buffer holds, never a part of a reference or of CR LF.
// Text outside of the root, which may only be white space, is passed over.
func (x *xmlReader) readText() (xmlToken, error) {
	window := x.buffer[x.pos:x.end]
	length := bytes.IndexByte(window, '<')
	if length < 0 {
		length = len(window)
		if !x.ended {
			tail := window[max(0, length-maxXMLReference):]
			if at := bytes.LastIndexByte(tail, '&'); at >= 0 && bytes.IndexByte(tail[at:], ';') < 0 {
				length -= len(tail) - at
			} else if window[length-1] == '\r' {
				length--
			}
			if length == 0 {
				_, err := x.fill()
				return xmlEOF, err
			}
		}
	}
	text := window[:length]
	if len(x.open) == 0 {
		if len(bytes.TrimLeft(text, " \t\r\n")) > 0 {
			return xmlEOF, x.malformed("there is text outside of the elements")
		}
		x.pos += length
		return xmlEOF, nil
	}
	x.pos += length
	x.text, x.literal = text, false
	return xmlText, nil
}

// pass skips to the end of what is being read, however long.
func (x *xmlReader) pass(end string) error {
	x.pos += 2
	for {
		if at := bytes.Index(x.buffer[x.pos:x.end], []byte(end)); at >= 0 {
			x.pos += at + len(end)
			return nil
		}
		x.pos = max(x.pos, x.end-len(end)+1)
		if err := x.more(); err != nil {
			return err
		}
	}
}

// readDeclaration reads what starts with <!.
func (x *xmlReader) readDeclaration() (xmlToken, error) {
	const comment, cdata = "<!--", "<![CDATA["
	for x.end-x.pos < len(cdata) && !x.ended {
		if _, err := x.fill(); err != nil {
			return xmlEOF, err
		}
	}
	switch window := x.buffer[x.pos:x.end]; {
	case bytes.HasPrefix(window, []byte(comment)):
		x.pos += len(comment) - 2
		return xmlEOF, x.pass("-->")
	case bytes.HasPrefix(window, []byte(cdata)) && len(x.open) > 0:
		for {
			at := bytes.Index(x.buffer[x.pos:x.end], []byte("]]>"))
			if at >= 0 {
				x.text, x.literal = x.buffer[x.pos+len(cdata):x.pos+at], true
				x.pos += at + len("]]>")
				return xmlText, nil
			}
			if err := x.more(); err != nil {
				return xmlEOF, err
			}
		}
	default:
		return xmlEOF, x.malformed("it declares a document type, which no workbook needs and which is not read")
	}
}

// readEnd reads </name>.
func (x *xmlReader) readEnd() (xmlToken, error) {
	for {
		window := x.buffer[x.pos+2 : x.end]
		if len(x.open) > 0 { // nearly always the name is followed by >
			name := x.names[x.open[len(x.open)-1]:]
			if len(window) > len(name) && window[len(name)] == '>' && bytes.Equal(window[:len(name)], name) {
				x.pos += 2 + len(name) + 1
				x.name = local(window[:len(name)])
				x.pop()
				return xmlEnd, nil
			}
		}
		at := bytes.IndexByte(window, '>')
		if at < 0 {
			if err := x.more(); err != nil {
				return xmlEOF, err
			}
			continue
		}
		full := bytes.TrimRight(window[:at], " \t\r\n")
		if len(x.open) == 0 || !bytes.Equal(full, x.names[x.open[len(x.open)-1]:]) {
			return xmlEOF, x.malformed("a tag ends an element that is not open")
		}
		x.pos += 2 + at + 1
		x.name = local(full)
		x.pop()
		return xmlEnd, nil
	}
}

func (x *xmlReader) pop() {
	last := len(x.open) - 1
	x.names, x.open = x.names[:x.open[last]], x.open[:last]
}

// depth is how many elements are open; the start of an element counts it, its end does not.
func (x *xmlReader) depth() int { return len(x.open) }

// skip passes over the element whose start was just read.
func (x *xmlReader) skip() error {
	for depth := x.depth(); x.depth() >= depth; {
		if _, err := x.next(); err != nil {
			return err
		}
	}
	return nil
}

// spreadsheet tells that the root, whose start was just read, is in the namespace of one of the editions of OOXML.
func (x *xmlReader) spreadsheet() bool {
	declaration := "xmlns"
	if prefix, _, found := bytes.Cut(x.names[x.open[0]:], []byte{':'}); found {
		declaration += ":" + string(prefix)
	}
	for _, a := range x.attributes {
		if string(a.name) == declaration {
			return string(a.value) == "http://schemas.openxmlformats.org/spreadsheetml/2006/main" ||
				string(a.value) == "http://purl.oclc.org/ooxml/spreadsheetml/main"
		}
	}
	return false
}

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }
