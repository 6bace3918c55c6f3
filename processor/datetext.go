package processor

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
)

// written is a date or a period as far as a text tells it; 0 stands for what it does not tell.
type written struct {
	year, quarter, month, day int
	// order is what the text proves of the order of day and month, as 31/12/2024 does.
	order definition.DayOrder
	// ambiguous tells that day and month could be exchanged, and nothing says how they stand.
	ambiguous bool
}

func (w written) period() period {
	if w.month > 0 {
		return monthOf(w.year, w.month)
	}
	return period{year: w.year, quarter: w.quarter}
}

// readWritten reads a year, quarter, month or day as people write them, in the languages of definition.MonthNumber,
// Vietnamese and Japanese: 2024; 2024-03, 202403, 03.2024, Mart 2024, tháng 3 năm 2024, 2024年3月, 令和6年3月; Q1 2024,
// 1. Çeyrek 2024, Quý I/2024; 2024/3/15, 15 Mart 2024, March 15, 2024; and 31/12/2024 where order, or the text itself,
// tells which is the day. What could be two periods, or needs more than the text to be one (a fiscal year, a week, a
// year of two digits) is none.
func readWritten(b []byte, order definition.DayOrder) (w written, ok bool) {
	if year, month, compact := compactMonth(b); compact {
		return written{year: year, month: month}, true
	}
	var tokens [maxTokens]token
	n, ok := cut(b, &tokens)
	if !ok {
		return w, false
	}
	var items [3]item
	if n, ok = classify(tokens[:n], &items); !ok {
		return w, false
	}
	x, y, z := items[0], items[1], items[2]
	switch n {
	case 1:
		return written{year: x.value}, x.kind == aYear
	case 2:
		return readPair(x, y)
	}
	switch kindsOf(items) {
	case [3]itemKind{aQuarter, aNumber, aYear}, [3]itemKind{aQuarter, aRoman, aYear}: // Q1 2024, Quý I/2024
		return quarterOf(z, y)
	case [3]itemKind{aNumber, aQuarter, aYear}, [3]itemKind{aRoman, aQuarter, aYear}: // 1. Çeyrek 2024
		return quarterOf(z, x)
	case [3]itemKind{aYear, aQuarter, aNumber}, [3]itemKind{aYear, aQuarter, aRoman}: // 2024-Q1
		return quarterOf(x, z)
	case [3]itemKind{aYear, aNumber, aQuarter}, [3]itemKind{aYear, aRoman, aQuarter}: // 2024 1. Çeyrek
		return quarterOf(x, y)
	case [3]itemKind{aNumber, aMonth, aYear}, [3]itemKind{aDay, aMonth, aYear}: // 15 Mart 2024
		return dayOf(z, y, x)
	case [3]itemKind{aMonth, aNumber, aYear}: // March 15, 2024
		return dayOf(z, x, y)
	case [3]itemKind{aYear, aMonth, aNumber}, [3]itemKind{aYear, aMonth, aDay}: // 2024-Mar-15, 2024年3月15日
		return dayOf(x, y, z)
	case [3]itemKind{aYear, aNumber, aNumber}:
		if y.sep != z.sep || !isDateMark(y.sep) {
			return w, false
		}
		return dayOf(x, y, z)
	case [3]itemKind{aNumber, aNumber, aYear}:
		if y.sep != z.sep || !isDateMark(y.sep) {
			return w, false
		}
		return numericDate(x, y, z, order)
	}
	return w, false
}

func isDateMark(sep byte) bool { return sep == '-' || sep == '/' || sep == '.' }

func kindsOf(items [3]item) [3]itemKind {
	return [3]itemKind{items[0].kind, items[1].kind, items[2].kind}
}

// compactMonth reads YYYYMM. Years far away are left out: six digits may be anything.
func compactMonth(b []byte) (year, month int, ok bool) {
	if len(b) != 6 || slices.ContainsFunc(b, func(c byte) bool { return !isDigit(c) }) {
		return 0, 0, false
	}
	year, month = twoDigits(b[0], b[1])*100+twoDigits(b[2], b[3]), twoDigits(b[4], b[5])
	return year, month, year >= 1900 && year < 2200 && month >= 1 && month <= 12
}

func readPair(x, y item) (written, bool) {
	switch [2]itemKind{x.kind, y.kind} {
	case [2]itemKind{aYear, aNumber}:
		return monthIn(x, y, y.sep == '-' || y.sep == '/')
	case [2]itemKind{aNumber, aYear}:
		return monthIn(y, x, isDateMark(y.sep))
	case [2]itemKind{aMonth, aYear}:
		return monthIn(y, x, true)
	case [2]itemKind{aYear, aMonth}:
		return monthIn(x, y, true)
	}
	return written{}, false
}

func monthIn(year, month item, ok bool) (written, bool) {
	return written{year: year.value, month: month.value},
		ok && month.value >= 1 && month.value <= 12 && year.holds(month.value, 0)
}

func quarterOf(year, quarter item) (written, bool) {
	w := written{year: year.value, quarter: quarter.value}
	return w, (quarter.width == 1 || quarter.kind == aRoman) && w.quarter >= 1 && w.quarter <= 4
}

func dayOf(year, month, day item) (written, bool) {
	m := moment{year: year.value, month: month.value, day: day.value}
	return written{year: m.year, month: m.month, day: m.day}, m.exists() && year.holds(m.month, m.day)
}

// numericDate reads 31/12/2024 and its like. Under an order that is known the other one is no date.
func numericDate(a, b, year item, order definition.DayOrder) (written, bool) {
	dayFirst, isDayFirst := dayOf(year, b, a)
	monthFirst, isMonthFirst := dayOf(year, a, b)
	switch {
	case isDayFirst && isMonthFirst && a.value == b.value:
		return dayFirst, true
	case order == definition.DayFirst:
		return dayFirst, isDayFirst
	case order == definition.MonthFirst:
		return monthFirst, isMonthFirst
	case isDayFirst && isMonthFirst:
		return written{year: year.value, ambiguous: true}, true
	case isDayFirst:
		dayFirst.order = definition.DayFirst
		return dayFirst, true
	}
	monthFirst.order = definition.MonthFirst
	return monthFirst, isMonthFirst
}

// maxTokens is how many numbers and words a date has at most: ngày 15 tháng mười hai năm 2024.
const maxTokens = 8

// token is a number or a word of a text.
type token struct {
	word  []byte
	value int
	width int  // digits of a number; 0 for a word
	sep   byte // what separates it from the token before: 0 (nothing), a space, or one of - / . ,
}

// cut splits a text into numbers of at most four digits, and words.
func cut(b []byte, all *[maxTokens]token) (n int, ok bool) {
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
		case bytes.IndexByte([]byte("-/.,"), b[0]) >= 0 && (sep == 0 || sep == ' '):
			sep = b[0]
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
