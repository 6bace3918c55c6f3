package tabular

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// readStart reads <name …> or <name …/>.
func (x *xmlReader) readStart() (xmlToken, error) {
	for {
		full, length, fault := x.parseStart(x.buffer[x.pos:x.end])
		switch {
		case fault != "":
			return xmlEOF, x.malformed("%s", fault)
		case length == 0:
			if err := x.more(); err != nil {
				return xmlEOF, err
			}
			continue
		case len(x.open) == 0 && x.rooted:
			return xmlEOF, x.malformed("it has more than one root element")
		case len(x.open) == maxXMLDepth:
			return xmlEOF, x.malformed("its elements are nested more than %d deep", maxXMLDepth)
		}
		x.rooted = true
		x.pos += length
		x.name = local(full)
		x.open = append(x.open, len(x.names))
		x.names = append(x.names, full...)
		return xmlStart, nil
	}
}

// parseStart reads the tag that window starts with; length is 0 where it goes on beyond window, and fault says what is
// wrong with it.
func (x *xmlReader) parseStart(window []byte) (full []byte, length int, fault string) {
	x.attributes = x.attributes[:0]
	i := nameEnd(window, 1)
	full = window[1:i]
	if i < len(window) && !isName(full) {
		return nil, 0, "a tag has no name"
	}
	for {
		before := i
		i = spaceEnd(window, i)
		if i >= len(window) {
			return nil, 0, ""
		}
		switch window[i] {
		case '>':
			return full, i + 1, ""
		case '/':
			if i+1 == len(window) {
				return nil, 0, ""
			}
			if window[i+1] != '>' {
				return nil, 0, "a tag has a stroke in its middle"
			}
			x.empty = true
			return full, i + 2, ""
		}
		if i == before {
			return nil, 0, "a tag has no space before an attribute"
		}
		if i, fault = x.parseAttribute(window, i); i == 0 {
			return nil, 0, fault
		}
	}
}

// parseAttribute reads the attribute at i and gives where it ends, 0 where it goes on beyond window or has a fault.
func (x *xmlReader) parseAttribute(window []byte, i int) (end int, fault string) {
	start := i
	i = nameEnd(window, i)
	name := window[start:i]
	i = spaceEnd(window, i)
	if i == len(window) {
		return 0, ""
	}
	if window[i] != '=' || !isName(name) {
		return 0, "an attribute has no name or no value"
	}
	i = spaceEnd(window, i+1)
	if i == len(window) {
		return 0, ""
	}
	quote := window[i]
	if quote != '"' && quote != '\'' {
		return 0, "an attribute's value is not in quotes"
	}
	length := bytes.IndexByte(window[i+1:], quote)
	if length < 0 {
		return 0, ""
	}
	value := window[i+1 : i+1+length]
	if bytes.IndexByte(value, '<') >= 0 {
		return 0, "an attribute's value has a tag in it"
	}
	for _, other := range x.attributes {
		if bytes.Equal(other.name, name) {
			return 0, "a tag has an attribute twice"
		}
	}
	if len(x.attributes) == maxXMLAttributes {
		return 0, "a tag has more than " + strconv.Itoa(maxXMLAttributes) + " attributes"
	}
	x.attributes = append(x.attributes, xmlAttribute{name, value})
	return i + 1 + length + 1, ""
}

// nameEnd is where the name at i ends.
func nameEnd(window []byte, i int) int {
	for i < len(window) {
		switch window[i] {
		case ' ', '\t', '\r', '\n', '/', '>', '=', '<', '"', '\'':
			return i
		}
		i++
	}
	return i
}

func spaceEnd(window []byte, i int) int {
	for i < len(window) && (window[i] == ' ' || window[i] == '\n' || window[i] == '\r' || window[i] == '\t') {
		i++
	}
	return i
}

func isName(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	c := name[0] | 0x20
	return c >= 'a' && c <= 'z' || name[0] == '_' || name[0] == ':' || name[0] >= utf8.RuneSelf
}

// attribute is the value of an attribute of the last tag as text, empty where it has none. name has no prefix; an
// attribute with one counts when nothing else has the name.
func (x *xmlReader) attribute(name string) (string, error) {
	var raw []byte
	for _, a := range x.attributes {
		if string(a.name) == name {
			raw = a.value
			break
		}
		if string(local(a.name)) == name {
			raw = a.value
		}
	}
	text, ok := appendXMLText(nil, raw)
	if !ok {
		return "", x.malformed("an attribute has an entity that is not XML's own")
	}
	return string(text), nil
}

// appendText appends the text that next found.
func (x *xmlReader) appendText(dst []byte) ([]byte, error) {
	if x.literal {
		return appendLines(dst, x.text), nil
	}
	if bytes.IndexByte(x.text, '&') < 0 {
		return appendLines(dst, x.text), nil
	}
	dst, ok := appendXMLText(dst, x.text)
	if !ok {
		return dst, x.malformed("it has an entity that is not XML's own")
	}
	return dst, nil
}

// appendLines appends text with every line end made LF (XML 1.0, 2.11).
func appendLines(dst, text []byte) []byte {
	for {
		at := bytes.IndexByte(text, '\r')
		if at < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:at]...), '\n')
		text = text[at+1:]
		if len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
}

// appendXMLText appends raw text with its references replaced; false where one is not known.
func appendXMLText(dst, raw []byte) ([]byte, bool) {
	for {
		at := bytes.IndexByte(raw, '&')
		if at < 0 {
			return appendLines(dst, raw), true
		}
		dst = appendLines(dst, raw[:at])
		raw = raw[at+1:]
		end := bytes.IndexByte(raw[:min(len(raw), maxXMLReference)], ';')
		if end < 0 {
			return dst, false
		}
		var ok bool
		if dst, ok = appendReference(dst, string(raw[:end])); !ok {
			return dst, false
		}
		raw = raw[end+1:]
	}
}

func appendReference(dst []byte, name string) ([]byte, bool) {
	switch name {
	case "amp":
		return append(dst, '&'), true
	case "lt":
		return append(dst, '<'), true
	case "gt":
		return append(dst, '>'), true
	case "quot":
		return append(dst, '"'), true
	case "apos":
		return append(dst, '\''), true
	}
	if len(name) < 2 || name[0] != '#' {
		return dst, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	char, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !utf8.ValidRune(rune(char)) || char > utf8.MaxRune {
		return dst, false
	}
	return utf8.AppendRune(dst, rune(char)), true
}
