package tabular

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind is what kind of value a member of an object has.
type jsonKind uint8

const (
	jsonString jsonKind = iota
	jsonNumber
	jsonBoolean
	jsonNull
	jsonNested
)

// maxJSONDepth bounds how deep lists and objects in a value are followed. They are no cells, but what stands behind
// them is read.
const maxJSONDepth = 64

// jsonScanner reads one line with one object (RFC 8259), member by member, without copying anything.
type jsonScanner struct {
	text []byte
	pos  int
	// fault is why the line is no object: a word for it, empty while nothing is wrong.
	fault string
	began bool

	// The last member: key and value are without quotes and otherwise as they are written.
	key, value               []byte
	keyEscaped, valueEscaped bool
	kind                     jsonKind
}

// The faults of a line.
const (
	jsonInvalid   = "jsonInvalid"
	jsonNotObject = "notAnObject"
	jsonTooDeep   = "nestedTooDeep"
)

// member reads the next member; false at the end of the object, or where there is a fault.
func (s *jsonScanner) member() bool {
	c := s.skipSpace()
	if !s.began {
		s.began = true
		if c != '{' {
			s.fail(jsonNotObject)
			return false
		}
		s.pos++
		if c = s.skipSpace(); c == '}' {
			return s.end()
		}
	} else {
		switch c {
		case '}':
			return s.end()
		case ',':
			s.pos++
			c = s.skipSpace()
		default:
			s.fail(jsonInvalid)
			return false
		}
	}
	if c != '"' {
		s.fail(jsonInvalid)
		return false
	}
	s.key, s.keyEscaped = s.scanString()
	if s.fault == "" && s.skipSpace() != ':' {
		s.fail(jsonInvalid)
	}
	if s.fault != "" {
		return false
	}
	s.pos++
	s.scanValue(s.skipSpace())
	return s.fault == ""
}

func (s *jsonScanner) end() bool {
	s.pos++
	s.skipSpace()
	if s.pos < len(s.text) {
		s.fail(jsonInvalid)
	}
	return false
}

func (s *jsonScanner) fail(fault string) {
	if s.fault == "" {
		s.fault = fault
	}
}

// skipSpace gives the next byte that is no white space, 0 at the end.
func (s *jsonScanner) skipSpace() byte {
	for ; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// scanValue reads the value that starts with c.
func (s *jsonScanner) scanValue(c byte) {
	start := s.pos
	s.valueEscaped = false
	switch c {
	case '"':
		s.kind = jsonString
		s.value, s.valueEscaped = s.scanString()
		return
	case '{', '[':
		s.kind = jsonNested
		s.skipNested()
	case 't':
		s.kind = jsonBoolean
		s.scanWord("true")
	case 'f':
		s.kind = jsonBoolean
		s.scanWord("false")
	case 'n':
		s.kind = jsonNull
		s.scanWord("null")
	default:
		s.kind = jsonNumber
		s.scanNumber()
	}
	s.value = s.text[start:s.pos:s.pos]
}

func (s *jsonScanner) scanWord(word string) {
	if !bytes.HasPrefix(s.text[s.pos:], []byte(word)) {
		s.fail(jsonInvalid)
		return
	}
	s.pos += len(word)
}

// scanString reads the string at pos and gives what is between its quotes.
func (s *jsonScanner) scanString() (value []byte, escaped bool) {
	start := s.pos + 1
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:i:i], escaped
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			s.pos = i
			s.fail(jsonInvalid)
			return nil, false
		}
	}
	s.pos = len(s.text)
	s.fail(jsonInvalid)
	return nil, false
}

func (s *jsonScanner) digits() int {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' < 10 {
		s.pos++
	}
	return s.pos - start
}

func (s *jsonScanner) next(chars string) bool {
	if s.pos < len(s.text) && bytes.IndexByte([]byte(chars), s.text[s.pos]) >= 0 {
		s.pos++
		return true
	}
	return false
}

func (s *jsonScanner) scanNumber() {
	s.next("-")
	// Behind a leading 0 comes no digit: what may stand behind a value does not allow it.
	if !s.next("0") && s.digits() == 0 {
		s.fail(jsonInvalid)
		return
	}
	if s.next(".") && s.digits() == 0 {
		s.fail(jsonInvalid)
	}
	if s.next("eE") {
		s.next("+-")
		if s.digits() == 0 {
			s.fail(jsonInvalid)
		}
	}
}

// skipNested passes over a list or object, by its brackets and strings.
func (s *jsonScanner) skipNested() {
	var open [maxJSONDepth]byte
	depth := 0
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '"':
			if s.scanString(); s.fault != "" {
				return
			}
			continue
		case '{', '[':
			if depth == maxJSONDepth {
				s.fail(jsonTooDeep)
				return
			}
			open[depth] = c
			depth++
		case '}', ']':
			depth--
			// In ASCII a bracket closes two behind where it opens.
			if open[depth]+2 != c { //nolint:gosec // the first bracket opens, and the one that closes it is the last
				s.fail(jsonInvalid)
				return
			}
			if depth == 0 {
				s.pos++
				return
			}
		}
		s.pos++
	}
	s.fail(jsonInvalid)
}

// appendUnescaped appends the text of a string that has escapes. half tells of a character of which the string has only
// one half (a lone surrogate), which stands for nothing; ok is false for an escape that JSON does not know.
func appendUnescaped(dst, value []byte) (text []byte, half, ok bool) {
	for {
		at := bytes.IndexByte(value, '\\')
		if at < 0 {
			return append(dst, value...), half, true
		}
		dst = append(dst, value[:at]...)
		value = value[at+1:]
		if len(value) == 0 {
			return dst, half, false
		}
		if value[0] != 'u' {
			from := bytes.IndexByte([]byte(`"\/bfnrt`), value[0])
			if from < 0 {
				return dst, half, false
			}
			dst = append(dst, "\"\\/\b\f\n\r\t"[from])
			value = value[1:]
			continue
		}
		char, known := hexUnit(value)
		if !known {
			return dst, half, false
		}
		value = value[5:]
		if utf16.IsSurrogate(char) {
			low := rune(0)
			if len(value) > 0 && value[0] == '\\' {
				low, _ = hexUnit(value[1:])
			}
			if char = utf16.DecodeRune(char, low); char == utf8.RuneError {
				half = true
			} else {
				value = value[6:]
			}
		}
		dst = utf8.AppendRune(dst, char)
	}
}

// hexUnit reads u and four hexadecimal digits.
func hexUnit(text []byte) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	return hexadecimal(text[1:5])
}

// hexadecimal reads digits, of which there must not be more than a rune holds.
func hexadecimal(digits []byte) (unit rune, ok bool) {
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}
