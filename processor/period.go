package processor

import (
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
)

// period is a year, and the quarter or month of it as far as a text tells them; 0 otherwise. A month implies its
// quarter.
type period struct {
	year, quarter, month int
}

func monthOf(year, month int) period {
	return period{year, (month + 2) / 3, month}
}

// unit is an index into units.
type unit uint8

const (
	yearly unit = iota
	quarterly
	monthly
)

// units lists the period units from coarse to fine, which is the order of results.
var units = [...]definition.PeriodUnit{definition.Yearly, definition.Quarterly, definition.Monthly}

// in is the number of the period of this unit; 0 when p is coarser.
func (p period) in(u unit) int {
	switch u {
	case monthly:
		return p.month
	case quarterly:
		return p.quarter
	}
	return 1
}

// quarterWords are the words for a quarter, as NormalizeName writes them: English and Turkish.
var quarterWords = map[string]bool{"q": true, "quarter": true, "c": true, "ceyrek": true}

// token is a number or a word of a period's text.
type token struct {
	word  []byte
	value int
	width int  // digits of a number; 0 for a word
	sep   byte // what separates it from the token before: 0 (nothing), a space, or one of - / . ,
}

func (t token) isYear() bool   { return t.width == 4 && t.value >= 1 }
func (t token) isNumber() bool { return t.width == 1 || t.width == 2 }
func (t token) isQuarter() bool {
	return t.width == 0 && len(t.word) <= 16 && quarterWords[definition.NormalizeName(string(t.word))]
}

// month is the month that a word names; 0 for none.
func (t token) month() int {
	if t.width > 0 {
		return 0
	}
	return definition.MonthNumber(t.word)
}

// parsePeriod reads a year, quarter, month or day as people write them: 2024; 2024-03, 2024/03, 03.2024, 3/2024;
// Mart 2024, Mar. 2024, 2024 March; Q1 2024, 2024-Q1, 1. Çeyrek 2024; 2024-03-15, 15 Mart 2024, March 15, 2024. What
// could be two different months, such as 01/02/2024, is none.
func parsePeriod(b []byte) (period, bool) {
	if m, ok := parseISODate(b); ok {
		return monthOf(m.year, m.month), true
	}
	var all [3]token
	n, ok := tokens(b, &all)
	if !ok {
		return period{}, false
	}
	x, y, z := all[0], all[1], all[2]
	switch n {
	case 1:
		return period{year: x.value}, x.isYear()
	case 2:
		return parsePair(x, y)
	}
	switch {
	// Q1 2024, and 1. Çeyrek 2024
	case x.isQuarter() && z.isYear():
		return quarterOf(z, y)
	case y.isQuarter() && z.isYear():
		return quarterOf(z, x)
	// 2024-Q1, and 2024 1. Çeyrek
	case x.isYear() && y.isQuarter():
		return quarterOf(x, z)
	case x.isYear() && z.isQuarter():
		return quarterOf(x, y)
	// 15 Mart 2024, and March 15, 2024
	case z.isYear() && x.isNumber() && y.month() > 0:
		return dayOf(z, y, x)
	case z.isYear() && y.isNumber() && x.month() > 0:
		return dayOf(z, x, y)
	}
	return period{}, false
}

func parsePair(x, y token) (period, bool) {
	switch {
	case x.isYear() && y.isNumber() && (y.sep == '-' || y.sep == '/'):
		return monthOf(x.value, y.value), y.value >= 1 && y.value <= 12
	case x.isNumber() && y.isYear() && (y.sep == '.' || y.sep == '/' || y.sep == '-'):
		return monthOf(y.value, x.value), x.value >= 1 && x.value <= 12
	case x.month() > 0 && y.isYear():
		return monthOf(y.value, x.month()), true
	case x.isYear() && y.month() > 0:
		return monthOf(x.value, y.month()), true
	}
	return period{}, false
}

func quarterOf(year, quarter token) (period, bool) {
	p := period{year: year.value, quarter: quarter.value}
	return p, quarter.width == 1 && p.quarter >= 1 && p.quarter <= 4
}

func dayOf(year, month, day token) (period, bool) {
	m := moment{year: year.value, month: month.month(), day: day.value}
	return monthOf(m.year, m.month), m.exists()
}

// tokens splits a text into at most three numbers and words.
func tokens(b []byte, all *[3]token) (n int, ok bool) {
	for len(b) > 0 {
		var sep byte
		if n > 0 {
			sep, b = separator(b)
		}
		if n == len(all) {
			return n, false
		}
		t := &all[n]
		t.sep = sep
		width := 0
		for width < len(b) && isDigit(b[width]) {
			if width >= 4 {
				return n, false
			}
			t.value = t.value*10 + int(b[width]-'0')
			width++
		}
		if t.width = width; width == 0 {
			width = wordWidth(b)
			t.word = b[:width]
		}
		if width == 0 {
			return n, false
		}
		b = b[width:]
		n++
	}
	return n, n > 0
}

// separator skips spaces with at most one mark among them.
func separator(b []byte) (sep byte, rest []byte) {
	for len(b) > 0 {
		r, width := utf8.DecodeRune(b)
		switch {
		case unicode.IsSpace(r):
			if sep == 0 {
				sep = ' '
			}
		case (r == '-' || r == '/' || r == '.' || r == ',') && (sep == 0 || sep == ' '):
			sep = byte(r)
		default:
			return sep, b
		}
		b = b[width:]
	}
	return sep, b
}

func wordWidth(b []byte) int {
	width := 0
	for width < len(b) {
		r, n := utf8.DecodeRune(b[width:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			break
		}
		width += n
	}
	return width
}
