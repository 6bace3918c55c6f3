package processor

import (
	"bytes"
	"time"

	"entrepot/definition"
)

// moment is a date, or a time of a day, as it is written.
type moment struct {
	year, month, day     int
	hour, minute, second int
	nanosecond           int
	zoned                bool // offset tells the seconds east of UTC
	offset               int
}

// twoDigits reads two decimal digits; anything else gives a number above 99.
func twoDigits(a, b byte) int {
	x, y := a-'0', b-'0'
	if x > 9 || y > 9 {
		return 1000
	}
	return int(x)*10 + int(y)
}

// parseISODate reads YYYY-MM-DD or YYYYMMDD.
func parseISODate(b []byte) (m moment, ok bool) {
	var century, year int
	switch {
	case len(b) == 10 && b[4] == '-' && b[7] == '-':
		m.month, m.day = twoDigits(b[5], b[6]), twoDigits(b[8], b[9])
	case len(b) == 8:
		m.month, m.day = twoDigits(b[4], b[5]), twoDigits(b[6], b[7])
	default:
		return m, false
	}
	century, year = twoDigits(b[0], b[1]), twoDigits(b[2], b[3])
	m.year = century*100 + year
	return m, century < 100 && year < 100 && m.exists()
}

func (m *moment) exists() bool {
	return m.year >= 1 && m.month >= 1 && m.month <= 12 &&
		m.day >= 1 && (m.day <= 28 || m.day <= definition.DaysIn(m.year, m.month))
}

// parseISODateTime reads RFC 3339, and YYYY-MM-DD HH:mm or HH:mm:ss (also with T) without an offset.
func parseISODateTime(b []byte) (m moment, ok bool) {
	if len(b) < 16 || b[4] != '-' || (b[10] != ' ' && b[10]|0x20 != 't') || b[13] != ':' {
		return m, false
	}
	if m, ok = parseISODate(b[:10]); !ok {
		return m, false
	}
	m.hour, m.minute = twoDigits(b[11], b[12]), twoDigits(b[14], b[15])
	rest := b[16:]
	if len(rest) >= 3 && rest[0] == ':' {
		m.second = twoDigits(rest[1], rest[2])
		if rest, ok = m.fraction(rest[3:]); !ok {
			return m, false
		}
	}
	if len(rest) > 0 && !m.zone(rest) {
		return m, false
	}
	return m, m.hour < 24 && m.minute < 60 && m.second < 60
}

// fraction reads a decimal separator and up to nine digits, if there are any.
func (m *moment) fraction(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return b, true
	}
	digits := 0
	for b = b[1:]; digits < len(b) && isDigit(b[digits]); digits++ {
		m.nanosecond = m.nanosecond*10 + int(b[digits]-'0')
		if digits >= 9 {
			return nil, false
		}
	}
	for i := digits; i < 9; i++ {
		m.nanosecond *= 10
	}
	return b[digits:], digits > 0
}

// clock reads what stands behind the date of a date-time, to the end: H:mm with seconds, a fraction of them, AM or PM,
// and an offset, each as it may be.
func (m *moment) clock(b []byte) (ok bool) {
	colon := bytes.IndexByte(b, ':')
	if colon < 1 || colon > 2 || len(b) < colon+3 {
		return false
	}
	m.hour, m.minute = twoDigits('0', b[0]), twoDigits(b[colon+1], b[colon+2])
	if colon == 2 {
		m.hour = twoDigits(b[0], b[1])
	}
	b = b[colon+3:]
	if len(b) >= 3 && b[0] == ':' {
		m.second = twoDigits(b[1], b[2])
		if b, ok = m.fraction(b[3:]); !ok {
			return false
		}
	}
	if half := bytes.TrimLeft(b, " "); len(half) >= 2 && half[1]|0x20 == 'm' && (half[0]|0x20 == 'a' || half[0]|0x20 == 'p') {
		if m.hour < 1 || m.hour > 12 {
			return false
		}
		m.hour %= 12
		if half[0]|0x20 == 'p' {
			m.hour += 12
		}
		b = half[2:]
	}
	return (len(b) == 0 || m.zone(b)) && m.hour < 24 && m.minute < 60 && m.second < 60
}

// zone reads Z or ±HH:MM to the end.
func (m *moment) zone(b []byte) bool {
	m.zoned = true
	if len(b) == 1 {
		return b[0]|0x20 == 'z'
	}
	if len(b) != 6 || (b[0] != '+' && b[0] != '-') || b[3] != ':' {
		return false
	}
	hours, minutes := twoDigits(b[1], b[2]), twoDigits(b[4], b[5])
	m.offset = hours*3600 + minutes*60
	if b[0] == '-' {
		m.offset = -m.offset
	}
	return hours < 24 && minutes < 60
}

func momentOf(s definition.Stamp) moment {
	return moment{
		year: s.Year, month: s.Month, day: s.Day,
		hour: s.Hour, minute: s.Minute, second: s.Second, nanosecond: s.Nanosecond,
		zoned: s.Zoned, offset: s.Offset,
	}
}

// momentOn is the day that lies so many days after 1970-01-01.
func momentOn(days int64) moment {
	at := time.Unix(days*86400, 0).UTC()
	return moment{year: at.Year(), month: int(at.Month()), day: at.Day()}
}

// days counts the days since 1970-01-01 in the Gregorian calendar, by eras of 400 years that begin in March.
func (m *moment) days() int64 {
	year, month := m.year, m.month
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + m.day - 1
	return int64(era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468)
}

// unix is the moment in seconds since 1970; one that names no offset stands in the location.
func (m *moment) unix(location *time.Location) int64 {
	if m.zoned || location == time.UTC {
		return m.days()*86400 + int64(m.hour*3600+m.minute*60+m.second-m.offset)
	}
	return time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, 0, location).Unix()
}

// yearMonth is where the moment falls in the location.
func (m *moment) yearMonth(location *time.Location) (year, month int) {
	if !m.zoned || m.offset == 0 && location == time.UTC {
		return m.year, m.month
	}
	local := time.Unix(m.unix(location), 0).In(location)
	return local.Year(), int(local.Month())
}

// isWithin tells whether a time is in the years 1 to 9999 in a location too: others cannot be written as RFC 3339.
func (m *moment) isWithin(location *time.Location) bool {
	if m.year > 1 && m.year < 9999 {
		return true
	}
	year, _ := m.yearMonth(location)
	return year >= 1 && year <= 9999
}

// hasTime tells a time of day other than midnight.
func (m *moment) hasTime() bool { return m.hour+m.minute+m.second+m.nanosecond > 0 }
