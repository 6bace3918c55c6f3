package processor

import (
	"bytes"

	"entrepot/definition"

	"github.com/cockroachdb/apd/v3"
)

const (
	// maxDigits is how many significant digits a number has at most; zeros at either end are not significant.
	maxDigits = 34
	// maxExponent bounds the power of ten of a number's first digit, as it does for what other programs can hold.
	maxExponent = 308
	// fastDigits is how many digits always fit an int64.
	fastDigits = 18
	// maxInteger is the largest INTEGER that every client reads exactly.
	maxInteger = 1 << 53
)

// decimal is an exact number: m × 10^-scale with scale from 0 to 18; or big, which is never changed, where that has no
// room.
type decimal struct {
	m     int64
	scale int32
	big   *apd.Decimal
}

// numberFormat says how numbers are written.
type numberFormat struct {
	point byte
	named bool // the format names the decimal separator
	// thousands lists the spellings of the thousands separator; empty when the format names none.
	thousands [][]byte
}

func newNumberFormat(f definition.Format) numberFormat {
	n := numberFormat{point: '.'}
	if f.DecimalSeparator != "" {
		n.point, n.named = f.DecimalSeparator[0], true
	}
	switch s := f.ThousandsSeparator; s {
	case "":
	case " ", "\u00A0", "\u202F":
		n.thousands = [][]byte{[]byte(" "), []byte("\u00A0"), []byte("\u202F")}
	case "'", "’":
		n.thousands = [][]byte{[]byte("'"), []byte("’")}
	default:
		n.thousands = [][]byte{[]byte(s)}
	}
	return n
}

// parse reads a trimmed text into d; the code is empty, NUMBER_INVALID, NUMBER_AMBIGUOUS or NUMBER_OUT_OF_RANGE.
func (f *numberFormat) parse(b []byte, d *decimal) (code definition.RowErrorCode) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i, negative = 1, b[0] == '-'
	}
	if width := len(b) - i; width == 0 || width > fastDigits+1 {
		*d, code = f.parseSlow(b)
		return code
	}
	var m int64
	start, point := i, -1
	for ; i < len(b); i++ {
		c := b[i]
		if digit := c - '0'; digit <= 9 {
			m = m*10 + int64(digit)
		} else if c == f.point && point < 0 {
			point = i
		} else {
			*d, code = f.parseSlow(b)
			return code
		}
	}
	digits, scale := len(b)-start, 0
	if point >= 0 {
		digits--
		scale = len(b) - 1 - point
	}
	if digits == 0 || digits > fastDigits {
		*d, code = f.parseSlow(b)
		return code
	}
	if negative {
		m = -m
	}
	d.m, d.scale = m, int32(scale)
	if d.big != nil {
		d.big = nil
	}
	return ""
}

// significand collects the digits of a number without the zeros around them.
type significand struct {
	digits [maxDigits]byte
	n      int
	zeros  int // after digits, not yet followed by another digit
	power  int // of ten, that digits and zeros together are multiplied by
	tooBig bool
}

func (s *significand) add(c byte, fraction bool) {
	if fraction {
		s.power--
	}
	if c == '0' {
		if s.n > 0 {
			s.zeros++
		}
		return
	}
	if s.n+s.zeros >= maxDigits {
		s.tooBig = true
		return
	}
	for ; s.zeros > 0; s.zeros-- {
		s.digits[s.n] = '0'
		s.n++
	}
	s.digits[s.n] = c
	s.n++
}

func (f *numberFormat) parseSlow(b []byte) (decimal, definition.RowErrorCode) {
	rest, negative := b, false
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		negative = rest[0] == '-'
		rest = rest[1:]
	}
	var s significand
	whole, rest, grouped := f.whole(rest, &s)
	if !grouped {
		return f.refuse(b)
	}
	fraction := 0
	if len(rest) > 0 && rest[0] == f.point {
		for rest = rest[1:]; len(rest) > 0 && isDigit(rest[0]); rest = rest[1:] {
			s.add(rest[0], true)
			fraction++
		}
	}
	if whole+fraction == 0 {
		return f.refuse(b)
	}
	if len(rest) > 0 {
		exponent, ok := parseExponent(rest)
		if !ok {
			return f.refuse(b)
		}
		s.power += exponent
	}
	return s.decimal(negative)
}

// whole reads the digits before the decimal separator, in groups of three where they are separated. A first group of
// zeros is refused: nobody groups such a number.
func (f *numberFormat) whole(b []byte, s *significand) (digits int, rest []byte, ok bool) {
	groups, inGroup := 0, 0
	leadingZero := len(b) > 0 && b[0] == '0'
	for len(b) > 0 {
		if isDigit(b[0]) {
			s.add(b[0], false)
			digits++
			inGroup++
			b = b[1:]
			continue
		}
		width := f.separator(b)
		if width == 0 {
			break
		}
		if inGroup == 0 || inGroup > 3 || leadingZero || groups > 0 && inGroup != 3 {
			return 0, nil, false
		}
		groups++
		inGroup = 0
		b = b[width:]
	}
	return digits, b, groups == 0 || inGroup == 3
}

func (f *numberFormat) separator(b []byte) int {
	for _, t := range f.thousands {
		if bytes.HasPrefix(b, t) {
			return len(t)
		}
	}
	return 0
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// parseExponent reads e, a sign or none, and digits, to the end. Absurd exponents stay absurd, but do not overflow.
func parseExponent(b []byte) (int, bool) {
	if len(b) < 2 || b[0]|0x20 != 'e' {
		return 0, false
	}
	b = b[1:]
	negative := b[0] == '-'
	if negative || b[0] == '+' {
		b = b[1:]
	}
	exponent := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), 1<<26)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, len(b) > 0
}

// decimal makes the number, or tells that it is out of range.
func (s *significand) decimal(negative bool) (decimal, definition.RowErrorCode) {
	if s.tooBig {
		return decimal{}, definition.RowNumberOutOfRange
	}
	if s.n == 0 {
		return decimal{}, ""
	}
	power := s.power + s.zeros
	if first := power + s.n - 1; first > maxExponent || first < -maxExponent {
		return decimal{}, definition.RowNumberOutOfRange
	}
	if s.n <= fastDigits && power >= -fastDigits && s.n+power <= fastDigits {
		var m int64
		for _, c := range s.digits[:s.n] {
			m = m*10 + int64(c-'0')
		}
		for ; power > 0; power-- {
			m *= 10
		}
		if negative {
			m = -m
		}
		return decimal{m: m, scale: int32(-power)}, ""
	}
	number := new(apd.Decimal)
	number.Coeff.SetString(string(s.digits[:s.n]), 10)
	number.Exponent = int32(power)
	number.Negative = negative
	return decimal{big: number}, ""
}

// refuse tells a text that could be two different numbers from one that is none. The comma of 1,234 separates thousands
// for some and decimals for others; as long as the format says nothing about it, nobody can know.
func (f *numberFormat) refuse(b []byte) (decimal, definition.RowErrorCode) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	comma := len(b) - 4
	if f.named || comma < 1 || comma > 3 || b[comma] != ',' || b[0] == '0' {
		return decimal{}, definition.RowNumberInvalid
	}
	for i, c := range b {
		if i != comma && !isDigit(c) {
			return decimal{}, definition.RowNumberInvalid
		}
	}
	return decimal{}, definition.RowNumberAmbiguous
}

// parseInteger reads an integer. It goes by value: 5.0 and 1e3 are integers, 5.1 is INTEGER_INVALID.
func (f *numberFormat) parseInteger(b []byte, d *decimal) definition.RowErrorCode {
	switch code := f.parse(b, d); {
	case code == definition.RowNumberInvalid:
		return definition.RowIntegerInvalid
	case code != "":
		return code
	case d.big != nil && d.big.Exponent < 0:
		return definition.RowIntegerInvalid
	case d.big != nil:
		return definition.RowNumberOutOfRange
	}
	if d.scale > 0 {
		unit := pow10[d.scale]
		if d.m%unit != 0 {
			return definition.RowIntegerInvalid
		}
		d.m, d.scale = d.m/unit, 0
	}
	if d.m > maxInteger || d.m < -maxInteger {
		return definition.RowNumberOutOfRange
	}
	return ""
}

var pow10 = func() (p [fastDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()
