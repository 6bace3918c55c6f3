package definition

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stamp is what a date or time says as it is written, before any time zone is applied. A part that the layout does not
// have is 0.
type Stamp struct {
	Year, Quarter, Month, Day        int
	Hour, Minute, Second, Nanosecond int
	// Zoned tells that the text names its offset from UTC, which is Offset seconds.
	Zoned  bool
	Offset int
}

// Layout reads dates and times that are written in one way.
type Layout struct {
	pattern string
	parts   []part
	has     [zone + 1]bool
}

type field int

const (
	literal field = iota
	year
	quarter
	month
	monthName
	day
	hour
	hour12
	half
	minute
	second
	fraction
	zone
)

// part is one piece of a layout: a literal text, or a field of so many digits.
type part struct {
	field    field
	min, max int
	text     string
	short    bool // of a name
}

// words lists the parts of a pattern; a longer one stands before its own beginning.
var words = []struct {
	word string
	part part
}{
	{"YYYY", part{field: year, min: 4, max: 4}},
	{"MMMM", part{field: monthName}},
	{"MMM", part{field: monthName, short: true}},
	{"MM", part{field: month, min: 2, max: 2}},
	{"M", part{field: month, min: 1, max: 2}},
	{"DD", part{field: day, min: 2, max: 2}},
	{"D", part{field: day, min: 1, max: 2}},
	{"HH", part{field: hour, min: 2, max: 2}},
	{"H", part{field: hour, min: 1, max: 2}},
	{"hh", part{field: hour12, min: 2, max: 2}},
	{"h", part{field: hour12, min: 1, max: 2}},
	{"mm", part{field: minute, min: 2, max: 2}},
	{"ss", part{field: second, min: 2, max: 2}},
	{"SSS", part{field: fraction, min: 1, max: 9}},
	{"A", part{field: half}},
	{"Z", part{field: zone}},
	{"Q", part{field: quarter, min: 1, max: 1}},
	{"T", part{field: literal, text: "T"}},
}

const longestLayout = 64

// CompileLayout reads a pattern such as DD.MM.YYYY or YYYY-MM-DD HH:mm:ss.
//
// Its parts are YYYY; Q (1 to 4); MM, M (one or two digits), MMM and MMMM (names of the languages that MonthNumber knows,
// short or full); DD,
// D; HH, H, or hh, h with A (AM or PM); mm; ss; SSS (a fraction of 1 to 9 digits); Z (Z, +03:00 or +0300). T and what is
// not a letter or digit stand for themselves, and so does what stands in [brackets]. A pattern has at most 64 characters
// and names the year; two-digit years are refused, for nobody can tell their century.
func CompileLayout(pattern string) (*Layout, error) {
	if pattern == "" || utf8.RuneCountInString(pattern) > longestLayout || !utf8.ValidString(pattern) {
		return nil, fmt.Errorf("a date format has 1 to %d characters", longestLayout)
	}
	l := &Layout{pattern: pattern}
	for rest := pattern; rest != ""; {
		next, width, err := nextPart(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[width:]
		if err := l.append(next); err != nil {
			return nil, err
		}
	}
	return l, l.check()
}

func nextPart(rest string) (part, int, error) {
	for _, w := range words {
		if strings.HasPrefix(rest, w.word) {
			return w.part, len(w.word), nil
		}
	}
	if rest[0] == '[' {
		end := strings.IndexByte(rest, ']')
		if end < 2 || strings.ContainsFunc(rest[1:end], unicode.IsControl) {
			return part{}, 0, errors.New("a [ in a date format needs a text and a ] after it")
		}
		return part{text: rest[1:end]}, end + 1, nil
	}
	r, width := utf8.DecodeRuneInString(rest)
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsControl(r) {
		return part{}, 0, fmt.Errorf("a date format cannot hold %q; its parts are YYYY, MM, DD, HH, mm, ss, "+
			"and a text of its own stands in [brackets]", r)
	}
	return part{text: rest[:width]}, width, nil
}

func (l *Layout) append(p part) error {
	if p.field != literal {
		f := p.field
		if f == monthName {
			f = month
		}
		if l.has[f] {
			return errors.New("a date format names each part of the date once")
		}
		l.has[f] = true
	}
	if n := len(l.parts); n > 0 && p.max > 0 && l.parts[n-1].min < l.parts[n-1].max {
		return errors.New("a date format needs a separator after a number of one or two digits")
	}
	l.parts = append(l.parts, p)
	return nil
}

func (l *Layout) check() error {
	has := &l.has
	switch {
	case !has[year]:
		return errors.New("a date format needs the year as YYYY")
	case has[day] && !has[month]:
		return errors.New("a date format with a day needs the month")
	case has[quarter] && has[month]:
		return errors.New("a date format has a quarter or a month")
	case has[hour] && has[hour12], has[hour12] != has[half]:
		return errors.New("a date format has HH, or hh together with A")
	case (has[hour] || has[hour12]) && !has[day]:
		return errors.New("a date format with a time needs the day")
	case has[minute] != (has[hour] || has[hour12]), has[second] && !has[minute], has[fraction] && !has[second]:
		return errors.New("a time in a date format is HH:mm, HH:mm:ss or HH:mm:ss.SSS")
	case has[zone] && !has[minute]:
		return errors.New("an offset in a date format needs a time")
	}
	return nil
}

// String is the pattern.
func (l *Layout) String() string { return l.pattern }

// HasDay tells whether the layout names a whole date.
func (l *Layout) HasDay() bool { return l.has[day] }

// HasTime tells whether the layout names a time of day.
func (l *Layout) HasTime() bool { return l.has[minute] }

// Parse reads a text that is written in this layout from its first byte to its last, and answers false for any other, and
// for a date or time that does not exist. It allocates nothing but for month names outside ASCII.
func (l *Layout) Parse(text []byte) (Stamp, bool) {
	var s Stamp
	var afternoon, halves bool
	for i := range l.parts {
		p := &l.parts[i]
		var width, value int
		switch p.field {
		case literal:
			if len(text) < len(p.text) || string(text[:len(p.text)]) != p.text {
				return s, false
			}
			width = len(p.text)
		case monthName:
			width = nameWidth(text)
			s.Month = MonthNumber(text[:width])
		case half:
			if width = 2; len(text) < 2 || text[1]|0x20 != 'm' || (text[0]|0x20 != 'a' && text[0]|0x20 != 'p') {
				return s, false
			}
			halves, afternoon = true, text[0]|0x20 == 'p'
		case zone:
			if s.Offset, width = parseOffset(text); width == 0 {
				return s, false
			}
			s.Zoned = true
		default:
			if value, width = digits(text, p.max); width < p.min {
				return s, false
			}
			s.set(p.field, value, width)
		}
		text = text[width:]
	}
	if halves {
		if s.Hour < 1 || s.Hour > 12 {
			return s, false
		}
		s.Hour %= 12
		if afternoon {
			s.Hour += 12
		}
	}
	return s, len(text) == 0 && s.exists(l)
}

func (s *Stamp) set(f field, value, width int) {
	switch f {
	case year:
		s.Year = value
	case quarter:
		s.Quarter = value
	case month:
		s.Month = value
	case day:
		s.Day = value
	case hour, hour12:
		s.Hour = value
	case minute:
		s.Minute = value
	case second:
		s.Second = value
	case fraction:
		for ; width < 9; width++ {
			value *= 10
		}
		s.Nanosecond = value
	}
}

func (s *Stamp) exists(l *Layout) bool {
	return s.Year >= 1 &&
		(!l.has[quarter] || s.Quarter >= 1 && s.Quarter <= 4) &&
		(!l.has[month] || s.Month >= 1 && s.Month <= 12) &&
		(!l.has[day] || s.Day >= 1 && s.Day <= DaysIn(s.Year, s.Month)) &&
		s.Hour < 24 && s.Minute < 60 && s.Second < 60
}

// DaysIn is the number of days of a month (1 to 12) in the Gregorian calendar.
func DaysIn(year, month int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + (month+month>>3)&1
}

// digits reads up to so many decimal digits and tells how many there were.
func digits(text []byte, most int) (value, width int) {
	for width < len(text) && width < most && '0' <= text[width] && text[width] <= '9' {
		value = value*10 + int(text[width]-'0')
		width++
	}
	return value, width
}

// nameWidth is the number of bytes of the word at the start; a full stop after it belongs to the layout.
func nameWidth(text []byte) int {
	width := 0
	for width < len(text) {
		r, n := utf8.DecodeRune(text[width:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			break
		}
		width += n
	}
	return width
}

// parseOffset reads Z, ±HH:MM or ±HHMM; width 0 means neither.
func parseOffset(text []byte) (seconds, width int) {
	if len(text) > 0 && text[0]|0x20 == 'z' {
		return 0, 1
	}
	if len(text) < 5 || (text[0] != '+' && text[0] != '-') {
		return 0, 0
	}
	hours, n := digits(text[1:], 2)
	if n != 2 {
		return 0, 0
	}
	width = 3
	if text[3] == ':' {
		width = 4
	}
	minutes, n := digits(text[width:], 2)
	if n != 2 || hours > 23 || minutes > 59 {
		return 0, 0
	}
	seconds = hours*3600 + minutes*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, width + 2
}
