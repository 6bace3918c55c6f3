package processor

import (
	"strings"
	"unicode/utf8"

	"entrepot/definition"
)

// numberText is a number's text without what stands around its digits.
type numberText struct {
	body     []byte // digits and marks, and perhaps an exponent
	negative bool
	percent  bool
	currency currency
}

// parseText reads what parse does not: grouped thousands, signs and currencies around the digits, percents (12,5 % is
// 0.125, as workbooks store it), accounting parentheses, full-width digits, exponents, and numbers of many digits.
func (f *numberFormat) parseText(b []byte, v *value) definition.RowErrorCode {
	var room [64]byte
	n, ok := f.strip(plain(room[:0], b))
	if !ok {
		return definition.RowNumberInvalid
	}
	point, groups, ambiguous := f.point, f.groups, false
	if f.free {
		point, ambiguous = pointOf(n.body)
		groups = groupsFor(point)
	}
	var s significand
	if !s.read(n.body, point, groups, f.indian) {
		return definition.RowNumberInvalid
	}
	if ambiguous {
		return definition.RowNumberAmbiguous
	}
	if n.percent {
		s.power -= 2
	}
	var code definition.RowErrorCode
	v.decimal, code = s.decimal(n.negative)
	v.currency = n.currency
	return code
}

// proof is the decimal separator that a text proves, because it can be read in one way only; 0 when it proves nothing.
func (f *numberFormat) proof(b []byte) byte {
	var room [64]byte
	n, ok := f.strip(plain(room[:0], b))
	if !ok {
		return 0
	}
	point, ambiguous := pointOf(n.body)
	var s significand
	if ambiguous || point == 0 || !s.read(n.body, point, groupsFor(point), false) {
		return 0
	}
	return point
}

// pointOf tells which of '.' and ',' separates decimals in a text of which nothing else is known: of two different marks
// the last; one that occurs twice separates thousands, and so the other one would; and one mark alone does unless it is
// followed by exactly three digits and could group them. It is 0 for a text with neither.
func pointOf(body []byte) (point byte, ambiguous bool) {
	dots, commas, last, others := 0, 0, 0, false
	for i, c := range body {
		switch c {
		case '.':
			dots++
			last = i
		case ',':
			commas++
			last = i
		case ' ', '\'':
			others = true
		}
	}
	switch {
	case dots+commas == 0:
		return 0, false
	case dots > 0 && commas > 0:
		return body[last], false
	case dots > 1:
		return ',', false
	case commas > 1:
		return '.', false
	}
	return body[last], !others && definition.LooksGrouped(body)
}

// read takes in digits, grouped or not, decimals and an exponent, from the first byte to the last.
func (s *significand) read(b []byte, point byte, groups string, indian bool) bool {
	whole, rest, ok := s.whole(b, groups, indian)
	if !ok {
		return false
	}
	fraction := 0
	if len(rest) > 0 && rest[0] == point {
		for rest = rest[1:]; len(rest) > 0 && isDigit(rest[0]); rest = rest[1:] {
			s.add(rest[0], true)
			fraction++
		}
	}
	if whole+fraction == 0 {
		return false
	}
	if len(rest) > 0 {
		exponent, ok := parseExponent(rest)
		if !ok {
			return false
		}
		s.power += exponent
	}
	return true
}

// whole reads the digits before the decimal separator. Where they are grouped, one mark stands between all groups, each
// of them has three digits (the ones before the last two, where Indians group), and the first up to as many and no zero
// in front: nobody groups such a number.
func (s *significand) whole(b []byte, groups string, indian bool) (digits int, rest []byte, ok bool) {
	var mark byte
	var inGroup, first, twos, threes int
	leadingZero := len(b) > 0 && b[0] == '0'
	for ; len(b) > 0; b = b[1:] {
		if isDigit(b[0]) {
			s.add(b[0], false)
			digits++
			inGroup++
			continue
		}
		if strings.IndexByte(groups, b[0]) < 0 {
			break
		}
		switch {
		case mark == 0:
			mark, first = b[0], inGroup
		case mark != b[0]:
			return 0, nil, false
		case inGroup == 2:
			twos++
		case inGroup == 3:
			threes++
		default:
			return 0, nil, false
		}
		inGroup = 0
	}
	if mark == 0 {
		return digits, b, true
	}
	ok = !leadingZero && first >= 1 && inGroup == 3 &&
		(twos == 0 && first <= 3 || indian && threes == 0 && first <= 2)
	return digits, b, ok
}

// strip takes a sign, a percent sign and a currency off a text, in front of its digits or behind them, and the
// parentheses that accountants write for a minus. Each may stand there once. A minus behind is the last character and
// follows a digit: in 12,- and 12-TL it is a dash and means nothing.
func (f *numberFormat) strip(b []byte) (n numberText, ok bool) {
	signed, open := false, false
	for len(b) > 0 && !isBody(b[0]) {
		width := 1
		switch b[0] {
		case ' ':
		case '+', '-':
			if signed || open {
				return n, false
			}
			signed, n.negative = true, b[0] == '-'
		case '(':
			if signed || open {
				return n, false
			}
			signed, open, n.negative = true, true, true
		default:
			width = affixWidth(b)
			if !signed && f.isDownward(b[:width]) {
				signed, n.negative = true, true
			} else if !f.affix(&n, b[:width]) {
				return n, false
			}
		}
		b = b[width:]
	}
	for behind := false; len(b) > 0 && !isBody(b[len(b)-1]); behind = true {
		width := 1
		switch b[len(b)-1] {
		case ' ':
		case '-':
			if behind || signed || len(b) < 2 || !isDigit(b[len(b)-2]) {
				return n, false
			}
			signed, n.negative = true, true
		case ')':
			if !open {
				return n, false
			}
			open = false
		default:
			if width = affixWidthBack(b); !f.affix(&n, b[len(b)-width:]) {
				return n, false
			}
		}
		b = b[:len(b)-width]
	}
	n.body = b
	return n, len(b) > 0 && !open
}

// affix takes in a percent sign or a currency.
func (f *numberFormat) affix(n *numberText, b []byte) bool {
	if n.percent || n.currency != 0 {
		return false
	}
	if string(b) == "%" {
		n.percent = true
		return true
	}
	n.currency = f.currencyOf(b)
	return n.currency != 0
}

// isDownward tells the triangle that Japanese accountants write for a minus; elsewhere it may be an arrow.
func (f *numberFormat) isDownward(b []byte) bool {
	return f.locale.Language() == "ja" && (string(b) == "△" || string(b) == "▲")
}

// isBody tells what a number's digits may begin and end with.
func isBody(c byte) bool { return isDigit(c) || c == '.' || c == ',' }

func isAffix(c byte) bool {
	return !isBody(c) && c != ' ' && c != '+' && c != '-' && c != '(' && c != ')' && c != '%'
}

// affixWidth is how many bytes at the front belong to a word or sign, and one for a percent sign.
func affixWidth(b []byte) int {
	width := 0
	for width < len(b) && isAffix(b[width]) {
		width++
	}
	return max(width, 1)
}

func affixWidthBack(b []byte) int {
	width := 0
	for width < len(b) && isAffix(b[len(b)-1-width]) {
		width++
	}
	return max(width, 1)
}

// plain writes a text with one spelling for what is the same in numbers and dates: full-width digits, letters and marks,
// spaces that do not break, apostrophes, and minus signs. It gives b itself where there is nothing to do.
func plain(room, b []byte) []byte {
	ascii := true
	for _, c := range b {
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return b
	}
	for len(b) > 0 {
		r, width := utf8.DecodeRune(b)
		if same := asciiOf(r); same != 0 {
			room = append(room, same)
		} else {
			room = append(room, b[:width]...)
		}
		b = b[width:]
	}
	return room
}

// asciiOf is the ASCII character that a character is another spelling of; 0 for none.
func asciiOf(r rune) byte {
	switch r {
	case '\u00A0', '\u2007', '\u2009', '\u202F', '\u3000':
		return ' '
	case '’':
		return '\''
	case '\u2212', '\u2013', '\uFE63':
		return '-'
	}
	if r >= '！' && r <= '～' {
		return byte(r - '！' + '!')
	}
	return 0
}
