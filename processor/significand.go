package processor

import (
	"entrepot/definition"

	"github.com/cockroachdb/apd/v3"
)

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
