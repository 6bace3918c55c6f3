package tabular

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"entrepot/definition"
)

// significant is how many digits of a number a spreadsheet shows and keeps when it is typed in. A double has up to 17,
// of which the last two are what computing leaves behind: 1.1-1 is stored as 0.10000000000000009.
const significant = 15

const (
	dayMilliseconds = 24 * 60 * 60 * 1000
	// leapBug is the serial of 29 February 1900, a day that spreadsheets have and the calendar has not.
	leapBug = 60
	// unix1900 and unix1904 are the serials of 1970-01-01.
	unix1900, unix1904 = 25569, 24107
	// lastDay is 9999-12-31, in days from 1970-01-01.
	lastDay = 2932896
)

// appendNumber appends a stored number in one spelling for all, false where it is none.
//
// A whole number without an exponent stays as it is written, however long: it may be a meter's or an account's, and
// nothing is gained by rounding it. Any other is rounded to 15 significant digits, which is what the spreadsheet shows,
// so that 0.1 is not 0.10000000000000001; what has no more than these digits is not changed by that. Trailing zeros
// after the point go, and the exponent too unless the number would be longer than 21 digits.
func appendNumber(dst, raw []byte) ([]byte, bool) {
	digits := raw
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	point := -1
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && point < 0:
			point = i
		default:
			return appendFloat(dst, raw)
		}
	}
	whole, fraction := digits, []byte(nil)
	if point >= 0 {
		whole, fraction = digits[:point], bytes.TrimRight(digits[point+1:], "0")
	}
	if len(whole)+len(fraction) == 0 && len(digits) < 2 {
		return dst, false // nothing, or no more than a sign or a point
	}
	whole = bytes.TrimLeft(whole, "0")
	used := len(whole) + len(fraction)
	if len(whole) == 0 {
		used = len(bytes.TrimLeft(fraction, "0"))
	}
	if len(fraction) > 0 && used > significant {
		return appendFloat(dst, raw)
	}
	if raw[0] == '-' && used > 0 {
		dst = append(dst, '-')
	}
	if len(whole) == 0 {
		whole = []byte("0")
	}
	dst = append(dst, whole...)
	if len(fraction) > 0 {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst, true
}

// appendFloat appends a number that has an exponent or too many digits.
func appendFloat(dst, raw []byte) ([]byte, bool) {
	value, ok := parseSerial(raw)
	if !ok {
		return dst, false
	}
	return appendRounded(dst, value), true
}

// parseSerial reads a number as XML Schema writes a double, besides infinity and NaN, which no cell holds.
func parseSerial(raw []byte) (float64, bool) {
	if len(raw) == 0 || len(raw) > 1024 || len(bytes.Trim(raw, "0123456789+-.eE")) > 0 {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	return value, err == nil && !math.IsInf(value, 0) && !math.IsNaN(value)
}

// appendRounded appends a number with 15 significant digits.
func appendRounded(dst []byte, value float64) []byte {
	var buffer [32]byte
	scientific := strconv.AppendFloat(buffer[:0], value, 'e', significant-1, 64)
	at := bytes.IndexByte(scientific, 'e')
	exponent, _ := strconv.Atoi(string(scientific[at+1:]))
	mantissa := bytes.TrimRight(scientific[:at], "0")
	if mantissa[0] == '-' {
		dst, mantissa = append(dst, '-'), mantissa[1:]
	}
	digits := append(mantissa[:1:1], mantissa[2:]...)
	switch {
	case len(digits) == 1 && digits[0] == '0':
		return append(bytes.TrimSuffix(dst, []byte("-")), '0')
	case exponent >= 21 || exponent < -21:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'E'), int64(exponent), 10)
	case exponent < 0:
		dst = append(dst, "0."...)
		for range -exponent - 1 {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	case exponent+1 >= len(digits):
		dst = append(dst, digits...)
		for range exponent + 1 - len(digits) {
			dst = append(dst, '0')
		}
		return dst
	default:
		dst = append(dst, digits[:exponent+1]...)
		return append(append(dst, '.'), digits[exponent+1:]...)
	}
}

// fillZeros puts zeros in front of the number that starts at start, until its integer part has as many digits as are
// shown.
func fillZeros(dst []byte, start int, zeros uint8) []byte {
	if dst[start] == '-' {
		start++
	}
	whole := len(dst) - start
	if bytes.IndexByte(dst[start:], 'E') >= 0 {
		return dst
	}
	if point := bytes.IndexByte(dst[start:], '.'); point >= 0 {
		whole = point
	}
	missing := int(zeros) - whole
	if missing <= 0 {
		return dst
	}
	for range missing {
		dst = append(dst, '0')
	}
	copy(dst[start+missing:], dst[start:len(dst)-missing])
	for i := range missing {
		dst[start+i] = '0'
	}
	return dst
}

// appendSerial appends the day, or day and time, that a spreadsheet shows for a number, rounded to the millisecond. A
// number below 1 is a time without a day where days are counted from 1 January 1900; whole is then false, and nothing
// appended. ok is false for what is no day: a negative number, 29 February 1900, or after the year 9999.
func appendSerial(dst []byte, serial float64, class formatClass, date1904 bool) (
	text []byte, kind definition.CellKind, whole, ok bool,
) {
	if serial < 0 || serial > 3_000_000 {
		return dst, 0, true, false
	}
	milliseconds := int64(math.Round(serial * dayMilliseconds))
	day, rest := milliseconds/dayMilliseconds, milliseconds%dayMilliseconds
	switch {
	case date1904:
		day -= unix1904
	case day == 0:
		return dst, 0, false, true
	case day == leapBug:
		return dst, 0, true, false
	case day < leapBug:
		day -= unix1900 - 1
	default:
		day -= unix1900
	}
	if day > lastDay {
		return dst, 0, true, false
	}
	year, month, date := time.Unix(day*24*60*60, 0).UTC().Date()
	dst = appendDay(dst, year, month, date)
	if rest == 0 && class == formatDate {
		return dst, definition.CellDate, true, true
	}
	return appendTime(append(dst, 'T'), rest), definition.CellDateTime, true, true
}

func appendDay(dst []byte, year int, month time.Month, day int) []byte {
	return append(dst,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// appendTime appends the time of milliseconds after midnight.
func appendTime(dst []byte, milliseconds int64) []byte {
	second, rest := milliseconds/1000, milliseconds%1000
	hour, minute := second/3600, second/60%60
	second %= 60
	dst = append(dst, byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10), ':',
		byte('0'+second/10), byte('0'+second%10))
	if rest > 0 {
		dst = append(dst, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		dst = bytes.TrimRight(dst, "0")
	}
	return dst
}

// isoLayouts are how a cell of type d is written (ECMA-376-1, 18.18.11); a fraction is read without being in a layout.
var isoLayouts = []string{
	"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02T15:04", "15:04:05", "T15:04:05",
}

// appendISO appends the value of a cell of type d: a day, a day and time, or a time as a part of a day.
func appendISO(dst, raw []byte, class formatClass) ([]byte, definition.CellKind, bool) {
	for i, layout := range isoLayouts {
		at, err := time.Parse(layout, string(raw))
		if err != nil {
			continue
		}
		at = at.Round(time.Millisecond)
		hour, minute, second := at.Clock()
		milliseconds := int64(((hour*60+minute)*60+second)*1000 + at.Nanosecond()/1_000_000)
		if i >= 4 {
			return appendRounded(dst, float64(milliseconds)/dayMilliseconds), definition.CellNumber, true
		}
		year, month, day := at.Date()
		dst = appendDay(dst, year, month, day)
		if i == 0 || milliseconds == 0 && class == formatDate {
			return dst, definition.CellDate, true
		}
		return appendTime(append(dst, 'T'), milliseconds), definition.CellDateTime, true
	}
	return dst, 0, false
}
