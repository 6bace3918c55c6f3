package processor

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader goes through a JSON text that nobody vouches for, strictly by RFC 8259: valid UTF-8, no key twice in an
// object, no half of a surrogate pair. It reads what it is asked for and nothing ahead.
type jsonReader struct {
	text []byte
	at   int
}

// jsonKind is what a value is, by its first byte.
type jsonKind byte

const (
	jsonInvalid jsonKind = iota
	jsonNull
	jsonBoolean
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// kindNames are words for kinds.
var kindNames = [...]string{"", "null", "a boolean", "a number", "a string", "an array", "an object"}

var (
	errJSON    = errors.New("invalid JSON")
	errUnicode = errors.New("invalid Unicode")
)

func (r *jsonReader) space() {
	for r.at < len(r.text) && bytes.IndexByte([]byte(" \t\n\r"), r.text[r.at]) >= 0 {
		r.at++
	}
}

// take passes over a byte, if it stands there.
func (r *jsonReader) take(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// kind tells what comes next.
func (r *jsonReader) kind() jsonKind {
	r.space()
	if r.at == len(r.text) {
		return jsonInvalid
	}
	switch c := r.text[r.at]; {
	case c == 'n':
		return jsonNull
	case c == 't', c == 'f':
		return jsonBoolean
	case c == '-', isDigit(c):
		return jsonNumber
	case c == '"':
		return jsonString
	case c == '[':
		return jsonArray
	case c == '{':
		return jsonObject
	}
	return jsonInvalid
}

// word reads null, true or false.
func (r *jsonReader) word() (string, error) {
	for _, word := range [...]string{"null", "true", "false"} {
		if bytes.HasPrefix(r.text[r.at:], []byte(word)) {
			r.at += len(word)
			return word, nil
		}
	}
	return "", errJSON
}

// number reads a number, as it stands.
func (r *jsonReader) number() ([]byte, error) {
	start := r.at
	r.take('-')
	if !r.take('0') && r.digits() == 0 {
		return nil, errJSON
	}
	if r.take('.') && r.digits() == 0 {
		return nil, errJSON
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if r.digits() == 0 {
			return nil, errJSON
		}
	}
	return r.text[start:r.at], nil
}

func (r *jsonReader) digits() (n int) {
	for r.at < len(r.text) && isDigit(r.text[r.at]) {
		r.at++
		n++
	}
	return n
}

// string reads a string.
func (r *jsonReader) string() ([]byte, error) {
	if !r.take('"') {
		return nil, errJSON
	}
	var text []byte
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return text, nil
		case c < ' ':
			return nil, errJSON
		case c == '\\':
			character, err := r.escape()
			if err != nil {
				return nil, err
			}
			text = utf8.AppendRune(text, character)
		default:
			character, width := utf8.DecodeRune(r.text[r.at:])
			if character == utf8.RuneError && width == 1 {
				return nil, errUnicode
			}
			text = append(text, r.text[r.at:r.at+width]...)
			r.at += width
		}
	}
	return nil, errJSON
}

// escape reads an escaped character.
func (r *jsonReader) escape() (rune, error) {
	if len(r.text)-r.at < 2 {
		return 0, errJSON
	}
	if r.text[r.at+1] == 'u' {
		first, ok := r.unit()
		switch {
		case !ok:
			return 0, errJSON
		case !utf16.IsSurrogate(first):
			return first, nil
		}
		second, _ := r.unit()
		if both := utf16.DecodeRune(first, second); both != utf8.RuneError {
			return both, nil
		}
		return 0, errUnicode
	}
	at := bytes.IndexByte([]byte(`"\/bfnrt`), r.text[r.at+1])
	if at < 0 {
		return 0, errJSON
	}
	r.at += 2
	return rune("\"\\/\b\f\n\r\t"[at]), nil
}

// unit reads \u and four hexadecimal digits.
func (r *jsonReader) unit() (unit rune, ok bool) {
	if len(r.text)-r.at < 6 || r.text[r.at] != '\\' || r.text[r.at+1] != 'u' {
		return 0, false
	}
	for _, c := range r.text[r.at+2 : r.at+6] {
		digit := c - '0'
		if letter := c | 0x20; letter >= 'a' && letter <= 'f' {
			digit = letter - 'a' + 10
		} else if digit > 9 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	r.at += 6
	return unit, true
}

// object reads an object; each is called at every value and reads it.
func (r *jsonReader) object(each func(key string) error) error {
	if r.space(); !r.take('{') {
		return errJSON
	}
	if r.space(); r.take('}') {
		return nil
	}
	seen := make(map[string]bool)
	for {
		r.space()
		name, err := r.string()
		if err != nil {
			return err
		}
		key := string(name)
		if r.space(); seen[key] || !r.take(':') {
			return errJSON
		}
		seen[key] = true
		r.space()
		if err := each(key); err != nil {
			return err
		}
		if r.space(); r.take('}') {
			return nil
		}
		if !r.take(',') {
			return errJSON
		}
	}
}

// end tells whether nothing follows.
func (r *jsonReader) end() bool {
	r.space()
	return r.at == len(r.text)
}
