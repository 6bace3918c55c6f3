package definition

// Append writes a date or time in this layout; Parse reads it back. Month names are English. A fraction has three
// digits, or nine where three are not enough. Where the layout has an offset and the stamp none, it is Z. The stamp must
// exist, as one that Parse gives does, and its year must have at most four digits.
func (l *Layout) Append(dst []byte, s Stamp) []byte {
	for i := range l.parts {
		p := &l.parts[i]
		switch p.field {
		case literal:
			dst = append(dst, p.text...)
		case monthName:
			dst = append(dst, englishMonth(s.Month, p.short)...)
		case half:
			dst = append(dst, "AP"[s.Hour/12], 'M')
		case fraction:
			dst = appendFraction(dst, s.Nanosecond)
		case zone:
			dst = appendOffset(dst, s.Offset)
		default:
			dst = appendDigits(dst, s.get(p.field), p.min)
		}
	}
	return dst
}

func (s *Stamp) get(f field) int {
	switch f {
	case year:
		return s.Year
	case quarter:
		return s.Quarter
	case month:
		return s.Month
	case day:
		return s.Day
	case hour:
		return s.Hour
	case hour12:
		return (s.Hour+11)%12 + 1
	case minute:
		return s.Minute
	}
	return s.Second
}

var englishMonths = [12]string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
	"December",
}

func englishMonth(month int, short bool) string {
	name := englishMonths[month-1]
	if short {
		return name[:3]
	}
	return name
}

func appendFraction(dst []byte, nanosecond int) []byte {
	if nanosecond%1e6 == 0 {
		return appendDigits(dst, nanosecond/1e6, 3)
	}
	return appendDigits(dst, nanosecond, 9)
}

func appendOffset(dst []byte, seconds int) []byte {
	if seconds == 0 {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendDigits(append(dst, sign), seconds/3600, 2)
	return appendDigits(append(dst, ':'), seconds/60%60, 2)
}

// appendDigits writes a number with at least so many digits.
func appendDigits(dst []byte, value, least int) []byte {
	var digits [20]byte
	at := len(digits)
	for value > 0 || len(digits)-at < least {
		at--
		digits[at] = byte('0' + value%10)
		value /= 10
	}
	return append(dst, digits[at:]...)
}
