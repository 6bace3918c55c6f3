package definition

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// evidence is what the type and the samples of a file's column say about the values in it.
type evidence struct {
	known bool
	// Shares of the samples, from 0 to 1; a sample may be several things.
	number, whole, date, period, truth float64
	// short tells that no sample is longer than a word.
	short bool
}

type fit int

const (
	fitUnknown fit = iota
	fitGood
	// fitOdd is for values that can be read as the type, but that one would not expect there.
	fitOdd
	fitBad
)

// evident reads what is known about a column. A type other than STRING holds for all rows that were seen; texts are
// looked at one by one, for one bad cell makes a text of a column of numbers.
func evident(d *DetectedColumn) evidence {
	e := evidence{known: true, short: true}
	switch d.Type {
	case TypeInteger:
		e.number, e.whole = 1, 1
		e.period = share(d.Samples, looksPeriod)
		e.truth = share(d.Samples, func(s string) bool { return s == "0" || s == "1" })
		return e
	case TypeNumber:
		e.number = 1
		return e
	case TypeDate, TypeDateTime:
		e.date, e.period = 1, 1
		return e
	case TypeBoolean:
		e.truth = 1
		return e
	}
	samples := make([]string, 0, len(d.Samples))
	for _, s := range d.Samples {
		if s = NormalizeName(firstRunes(s, maxPhrase)); s != "" {
			samples = append(samples, s)
			e.short = e.short && utf8.RuneCountInString(s) <= 10
		}
	}
	if len(samples) == 0 {
		return evidence{}
	}
	e.date = share(samples, looksDate)
	e.number = share(samples, func(s string) bool { return !looksDate(s) && looksNumber(s) })
	e.period = share(samples, func(s string) bool { return looksDate(s) || looksPeriod(s) })
	e.truth = share(samples, func(s string) bool { return truths[s] })
	return e
}

var truths = map[string]bool{
	"true": true, "false": true, "yes": true, "no": true, "y": true, "n": true, "x": true, "1": true, "0": true,
	"evet": true, "hayir": true, "var": true, "yok": true, "co": true, "khong": true,
	"はい": true, "いいえ": true, "有": true, "無": true, "○": true, "×": true,
}

func share(samples []string, is func(string) bool) float64 {
	if len(samples) == 0 {
		return 0
	}
	n := 0
	for _, s := range samples {
		if is(s) {
			n++
		}
	}
	return float64(n) / float64(len(samples))
}

// fit tells whether the values are such as the column expects.
func (e evidence) fit(c *Column) fit {
	const most = 0.5
	if !e.known {
		return fitUnknown
	}
	choose := func(good, possible bool, otherwise fit) fit {
		switch {
		case good:
			return fitGood
		case possible:
			return fitUnknown
		}
		return otherwise
	}
	switch c.Type {
	case TypeNumber:
		return choose(e.number >= most, e.number > 0, fitBad)
	case TypeInteger:
		return choose(e.whole >= most, e.number > 0, fitBad)
	case TypeDate, TypeDateTime:
		// Whole numbers may be days as a workbook counts them, or 20240131.
		return choose(e.date >= most, e.date > 0 || e.whole > 0 && e.truth < 1, fitBad)
	case TypeBoolean:
		return choose(e.truth >= most, e.number == 0 && e.date == 0 && e.short, fitBad)
	}
	switch c.Role {
	case RolePeriod:
		return choose(e.period >= most, e.period > 0 || e.whole > 0, fitOdd)
	case RoleSiteIdentifier:
		return choose(false, e.date == 0 && (e.number == 0 || e.whole > 0) && e.truth < 1, fitOdd)
	}
	return choose(false, e.date < most && (e.number < most || e.whole > 0), fitOdd)
}

// expects names the values of a column, for people.
func expects(c *Column) string {
	switch {
	case c.Type == TypeNumber || c.Type == TypeInteger:
		return "numbers"
	case c.Type == TypeDate || c.Type == TypeDateTime:
		return "dates"
	case c.Type == TypeBoolean:
		return "yes or no"
	case c.Role == RolePeriod:
		return "periods"
	case c.Role == RoleSiteIdentifier:
		return "names of sites"
	}
	return "texts"
}

// looksNumber takes digits with separators and, around them, signs of currency, per cent, and a unit of measure.
func looksNumber(s string) bool {
	digits := 0
	at := strings.IndexFunc(s, unicode.IsLetter)
	if at >= 0 {
		if _, unit := unitNames()[compactKey(s[at:])]; !unit {
			return false
		}
		s = s[:at]
	}
	for _, r := range s {
		switch {
		case isDigit(r):
			digits++
		case strings.ContainsRune(" .,'’+-−()%", r), unicode.Is(unicode.Sc, r):
		default:
			return false
		}
	}
	return digits > 0
}

// looksDate takes three parts, or more with a time of day, all numbers but for one name of a month.
func looksDate(s string) bool {
	parts, months, ok := dateParts(s)
	return ok && parts >= 3 && months <= 1
}

// looksPeriod takes a year, with or without a month or quarter, or the name of a month.
func looksPeriod(s string) bool {
	parts, months, ok := dateParts(s)
	if !ok || parts > 2 || months > 1 {
		return false
	}
	return parts == 2 || months == 1 || len(s) == 4 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') ||
		len(s) == 6 && s[0] == '2' && s[1] == '0'
}

// periodWords stand in dates and periods beside the numbers.
var periodWords = map[string]bool{
	"年": true, "月": true, "日": true, "度": true, "thang": true, "nam": true, "ngay": true, "quy": true, "q": true,
	"t": true, "z": true, "ceyrek": true, "quarter": true, "w": true, "m": true, "h": true, "年度": true,
}

// dateSigns stand between the parts of a date.
const dateSigns = " -/.:,'’"

// dateParts counts the parts of a text that are numbers or names of months, and the latter; it is not well when there is
// anything else than what stands in dates.
func dateParts(s string) (parts, months int, ok bool) {
	if len(s) > 40 || strings.ContainsAny(s, "%$€£¥₺") {
		return 0, 0, false
	}
	kind := func(r rune) int {
		switch {
		case isDigit(r):
			return 1
		case unicode.IsLetter(r):
			return 2
		}
		return 0
	}
	runes := []rune(s)
	for i := 0; i < len(runes); {
		j := i + 1
		for j < len(runes) && kind(runes[j]) == kind(runes[i]) && kind(runes[i]) != 0 {
			j++
		}
		part := string(runes[i:j])
		switch kind(runes[i]) {
		case 1:
			if j-i > 4 && (j-i != 6 || len(runes) != 6) {
				return 0, 0, false
			}
			parts++
		case 2:
			switch {
			case MonthNumber([]byte(part)) > 0:
				months++
				parts++
			case !periodWords[part]:
				return 0, 0, false
			}
		default:
			if strings.Trim(part, dateSigns) != "" {
				return 0, 0, false
			}
		}
		i = j
	}
	return parts, months, parts > 0
}
