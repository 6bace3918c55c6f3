package processor

import (
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

// numberFormat says how the numbers of a column are written; nothing changes it while rows are read.
type numberFormat struct {
	point byte
	// groups are the marks that may stand between thousands, each text with one of them.
	groups string
	indian bool
	// free tells that neither the format nor the file's own cells say which mark separates decimals: what can be read
	// in two ways is ambiguous then.
	free bool
	// locale is the format's, with an empty tag for none.
	locale definition.Locale
}

// freeGroups are the marks between thousands where the format does not say, beside the one of '.' and ',' that does not
// separate decimals.
const freeGroups = " '"

func newNumberFormat(f definition.Format) numberFormat {
	n := numberFormat{point: '.', free: true}
	n.locale, _ = definition.FindLocale(f.Locale)
	if style := f.NumberStyle(); style.Point != 0 {
		n.point, n.groups, n.indian, n.free = style.Point, style.Groups, style.Indian, false
		if n.locale.Tag != "" && f.ThousandsSeparator == "" {
			n.groups += freeGroups // neither of them separates decimals anywhere
		}
	}
	return n
}

// settled is the format that the cells of a column have proven.
func (f numberFormat) settled(point byte) numberFormat {
	f.point, f.groups, f.free = point, groupsFor(point), false
	return f
}

func groupsFor(point byte) string {
	if point == ',' {
		return "." + freeGroups
	}
	return "," + freeGroups
}

// parse reads a trimmed text into v, which must have no currency yet; the code is empty, NUMBER_INVALID,
// NUMBER_AMBIGUOUS or NUMBER_OUT_OF_RANGE.
func (f *numberFormat) parse(b []byte, v *value) definition.RowErrorCode {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i, negative = 1, b[0] == '-'
	}
	if width := len(b) - i; width == 0 || width > fastDigits+1 {
		return f.parseText(b, v)
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
			return f.parseText(b, v)
		}
	}
	digits, scale := len(b)-start, 0
	if point >= 0 {
		digits--
		scale = len(b) - 1 - point
	}
	if digits == 0 || digits > fastDigits || scale == 3 && f.free {
		return f.parseText(b, v)
	}
	if negative {
		m = -m
	}
	v.m, v.scale = m, int32(scale)
	if v.big != nil {
		v.big = nil
	}
	return ""
}

// parseInteger reads an integer. It goes by value: 5.0 and 1e3 are integers, 5.1 is INTEGER_INVALID.
func (f *numberFormat) parseInteger(b []byte, v *value) definition.RowErrorCode {
	switch code := f.parse(b, v); {
	case code == definition.RowNumberInvalid:
		return definition.RowIntegerInvalid
	case code != "":
		return code
	case v.big != nil && v.big.Exponent < 0:
		return definition.RowIntegerInvalid
	case v.big != nil:
		return definition.RowNumberOutOfRange
	}
	if v.scale > 0 {
		unit := pow10[v.scale]
		if v.m%unit != 0 {
			return definition.RowIntegerInvalid
		}
		v.m, v.scale = v.m/unit, 0
	}
	if v.m > maxInteger || v.m < -maxInteger {
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
