package processor

import (
	"bytes"
	"math/bits"

	"entrepot/definition"
)

// canonical is how a cell of the kind CellNumber is written, whatever the format says of texts.
var canonical = numberFormat{point: '.'}

// known reads a cell whose kind is known. What it cannot be in this column has the code that a text would have.
func (w *Worker) known(
	c *column, v *value, text, cell []byte, kind definition.CellKind,
) (code definition.RowErrorCode) {
	isNumber := kind == definition.CellNumber
	switch c.reading {
	case asNumber:
		code = definition.RowNumberInvalid
		if isNumber {
			code = canonical.parse(text, v)
		}
	case asInteger:
		code = definition.RowIntegerInvalid
		if isNumber {
			code = canonical.parseInteger(text, v)
		}
	case asText:
		code = c.keep(v, cell)
	case asBoolean:
		v.decimal, code = knownBoolean(text, kind)
	default:
		var m moment
		if m, code = w.knownMoment(c, text, kind); code == "" && c.used {
			w.setTime(c, v, &m)
		}
	}
	return code
}

// knownBoolean takes a number by its value: 1 and 0.
func knownBoolean(text []byte, kind definition.CellKind) (decimal, definition.RowErrorCode) {
	var v value
	switch {
	case kind == definition.CellBoolean && bytes.Equal(text, []byte("true")):
		return decimal{m: 1}, ""
	case kind == definition.CellBoolean && bytes.Equal(text, []byte("false")):
		return decimal{}, ""
	case kind == definition.CellNumber && canonical.parseInteger(text, &v) == "" && (v.m == 0 || v.m == 1):
		return v.decimal, ""
	}
	return decimal{}, definition.RowBooleanInvalid
}

// knownMoment reads a date or time for a DATE or DATETIME column. As with texts, a time of day other than midnight is no
// DATE; a date without one is midnight.
func (w *Worker) knownMoment(c *column, text []byte, kind definition.CellKind) (m moment, code definition.RowErrorCode) {
	ok := false
	switch kind {
	case definition.CellDate:
		m, ok = parseISODate(text)
	case definition.CellDateTime:
		m, ok = parseISODateTime(text)
	case definition.CellNumber:
		// Eight digits are YYYYMMDD: the largest serial number has seven.
		if m, ok = parseISODate(text); !ok || len(text) != 8 {
			m, ok = parseSerial(text, w.plan.serials)
		}
	}
	if !ok || c.reading == asDate && m.hasTime() {
		return moment{}, definition.RowDateInvalid
	}
	return m, ""
}

// knownPeriod reads the period of a cell whose kind is known.
func (w *Worker) knownPeriod(
	c *column, v *value, text []byte, kind definition.CellKind,
) (p period, code definition.RowErrorCode) {
	if c.reading == asDate || c.reading == asDateTime {
		m, code := w.knownMoment(c, text, kind)
		if code == "" && c.used {
			w.setTime(c, v, &m)
		}
		return monthOf(m.year, m.month), code
	}
	ok := false
	var m moment
	switch kind {
	case definition.CellDate:
		m, ok = parseISODate(text)
		p = monthOf(m.year, m.month)
	case definition.CellDateTime:
		m, ok = parseISODateTime(text)
		p = monthOf(m.year, m.month)
	case definition.CellNumber:
		p, ok = w.numberPeriod(c, text)
	}
	if !ok {
		return period{}, definition.RowPeriodInvalid
	}
	if c.reading == asInteger {
		p = period{year: p.year}
		v.decimal = decimal{m: int64(p.year)}
	}
	return p, ""
}

// numberPeriod reads a number in a period column that is not a date. What its digits say as a text (2024, 202403,
// 20240315) goes first; five digits say nothing there, and are a serial number.
func (w *Worker) numberPeriod(c *column, text []byte) (period, bool) {
	if c.reading == asText {
		if p, code := w.parsePeriodText(c, text); code == "" {
			return p, true
		}
	}
	var d value
	if canonical.parse(text, &d) == "" && d.big == nil {
		if whole := d.m / pow10[d.scale]; whole < 10_000 {
			return period{year: int(whole)}, whole >= 1000 && d.m%pow10[d.scale] == 0
		} else if whole > 99_999 {
			return period{}, false
		}
	}
	m, ok := parseSerial(text, w.plan.serials)
	return monthOf(m.year, m.month), ok
}

// Serials is how a program counts the days that it writes as numbers.
type Serials uint8

// The values of Serials.
const (
	// NoSerials: numbers are no dates.
	NoSerials Serials = iota
	// From1900: day 1 is 1900-01-01.
	From1900
	// From1904: day 0 is 1904-01-01.
	From1904
)

const (
	// maxSerial is 9999-12-31 counted from 1900, and maxSerial1904 from 1904.
	maxSerial     = 2_958_465
	maxSerial1904 = maxSerial - 1462
	dayMillis     = 86_400_000
)

// parseSerial reads a day number of a spreadsheet, with the time of day as its fraction, which is rounded to a
// millisecond. Day 1 is 1900-01-01 and day 60, by an error that all spreadsheets repeat, the 29th of February that 1900
// did not have; or day 0 is 1904-01-01 (ECMA-376, part 1, 18.17.4).
func parseSerial(text []byte, serials Serials) (m moment, ok bool) {
	var d value
	if code := canonical.parse(text, &d); code != "" || d.m < 0 || d.big != nil {
		return m, false
	}
	unit := pow10[d.scale]
	day, fraction := d.m/unit, d.m%unit
	hi, lo := bits.Mul64(uint64(fraction), dayMillis)
	lo, carry := bits.Add64(lo, uint64(unit)/2, 0)
	millis, _ := bits.Div64(hi+carry, lo, uint64(unit))
	if millis == dayMillis {
		day, millis = day+1, 0
	}
	const epoch1904, epoch1900 = -24_107, -25_569 // day 0, in days since 1970
	switch {
	case serials == From1904 && day <= maxSerial1904:
		m = momentOn(day + epoch1904)
	case serials != From1900 || day < 1 || day == 60 || day > maxSerial:
		return m, false
	case day < 60:
		m = momentOn(day + epoch1900 + 1)
	default:
		m = momentOn(day + epoch1900)
	}
	m.nanosecond = int(millis%1000) * 1e6
	seconds := int(millis / 1000)
	m.hour, m.minute, m.second = seconds/3600, seconds/60%60, seconds%60
	return m, true
}
