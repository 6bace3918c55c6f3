package definition

import (
	"slices"
	"strings"
)

// DayOrder is how numeric dates put day and month.
type DayOrder uint8

// The values of DayOrder.
const (
	// DayOrderUnknown says nothing: 01/02/2024 is two dates.
	DayOrderUnknown DayOrder = iota
	DayFirst
	MonthFirst
)

// Locale is how people of a language, or of one country, write numbers and dates.
type Locale struct {
	// Tag is the BCP 47 tag.
	Tag string
	// Point is the decimal separator, '.' or ','.
	Point byte
	// Groups are the separators between thousands, the usual one first; a space stands for every space that does not
	// break, and ' for ’.
	Groups string
	// Indian tells that digits stand in groups of two before the last three: 12,34,567.
	Indian bool
	// Days is unknown where countries of the language disagree, and where the year comes first.
	Days DayOrder
	// Currency is the ISO 4217 code of the country; empty for a language that many countries share.
	Currency string
}

// Language is the first part of the tag.
func (l Locale) Language() string {
	language, _, _ := strings.Cut(l.Tag, "-")
	return language
}

// locales says what the Unicode CLDR (release 48, common/main: numbers and dates) says, which golden files of package
// processor hold it to, with these exceptions. A language without a country has the separators of its main country, as
// CLDR's likely subtags have it, but en no order of day and month, for the United States and the rest of the world
// disagree. Where CLDR groups with a no-break space and people use full stops too, as in Austria and Portugal, both are read.
var locales = []Locale{
	{Tag: "en", Point: '.', Groups: ","},
	{Tag: "en-US", Point: '.', Groups: ",", Days: MonthFirst, Currency: "USD"},
	{Tag: "en-GB", Point: '.', Groups: ",", Days: DayFirst, Currency: "GBP"},
	{Tag: "en-AU", Point: '.', Groups: ",", Days: DayFirst, Currency: "AUD"},
	{Tag: "en-IE", Point: '.', Groups: ",", Days: DayFirst, Currency: "EUR"},
	{Tag: "en-IN", Point: '.', Groups: ",", Indian: true, Days: DayFirst, Currency: "INR"},
	{Tag: "tr", Point: ',', Groups: ".", Days: DayFirst, Currency: "TRY"},
	{Tag: "tr-TR", Point: ',', Groups: ".", Days: DayFirst, Currency: "TRY"},
	{Tag: "vi", Point: ',', Groups: ".", Days: DayFirst, Currency: "VND"},
	{Tag: "vi-VN", Point: ',', Groups: ".", Days: DayFirst, Currency: "VND"},
	{Tag: "ja", Point: '.', Groups: ",", Currency: "JPY"},
	{Tag: "ja-JP", Point: '.', Groups: ",", Currency: "JPY"},
	{Tag: "de", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "de-DE", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "de-AT", Point: ',', Groups: " .", Days: DayFirst, Currency: "EUR"},
	{Tag: "de-CH", Point: '.', Groups: "'", Days: DayFirst, Currency: "CHF"},
	{Tag: "fr", Point: ',', Groups: " ", Days: DayFirst, Currency: "EUR"},
	{Tag: "fr-FR", Point: ',', Groups: " ", Days: DayFirst, Currency: "EUR"},
	{Tag: "fr-BE", Point: ',', Groups: " .", Days: DayFirst, Currency: "EUR"},
	{Tag: "es", Point: ',', Groups: ".", Days: DayFirst},
	{Tag: "es-ES", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "es-MX", Point: '.', Groups: ",", Days: DayFirst, Currency: "MXN"},
	{Tag: "it", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "it-IT", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "nl", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "nl-NL", Point: ',', Groups: ".", Days: DayFirst, Currency: "EUR"},
	{Tag: "nl-BE", Point: ',', Groups: ". ", Days: DayFirst, Currency: "EUR"},
	{Tag: "pt-BR", Point: ',', Groups: ".", Days: DayFirst, Currency: "BRL"},
	{Tag: "pt-PT", Point: ',', Groups: " .", Days: DayFirst, Currency: "EUR"},
	{Tag: "pl", Point: ',', Groups: " ", Days: DayFirst, Currency: "PLN"},
	{Tag: "pl-PL", Point: ',', Groups: " ", Days: DayFirst, Currency: "PLN"},
}

// Locales lists the tags that a Format may name.
func Locales() []string {
	tags := make([]string, 0, len(locales))
	for i := range locales {
		tags = append(tags, locales[i].Tag)
	}
	return tags
}

// FindLocale finds a locale by its tag; case does not count, and an underscore is a hyphen.
func FindLocale(tag string) (Locale, bool) {
	tag = strings.ReplaceAll(tag, "_", "-")
	i := slices.IndexFunc(locales, func(l Locale) bool { return strings.EqualFold(l.Tag, tag) })
	if i < 0 {
		return Locale{}, false
	}
	return locales[i], true
}

// NumberStyle is how the numbers of a file are written, as far as its format says so.
type NumberStyle struct {
	// Point is the decimal separator; 0 when the format says nothing.
	Point byte
	// Groups and Indian are as in Locale; no Groups means that digits are not grouped, or, without a Point, that nobody
	// has said so.
	Groups string
	Indian bool
}

// NumberStyle is what the format says of numbers: its separators, and where it names none its locale's. A format that
// names the thousands separator alone means '.' for decimals.
func (f Format) NumberStyle() NumberStyle {
	l, _ := FindLocale(f.Locale)
	s := NumberStyle{Point: l.Point, Groups: l.Groups, Indian: l.Indian}
	if f.DecimalSeparator != "" {
		s.Point = f.DecimalSeparator[0]
	}
	switch f.ThousandsSeparator {
	case "":
		s.Groups = strings.ReplaceAll(s.Groups, string(s.Point), "")
	case " ", "\u00A0", "\u202F":
		s.Groups = " "
	case "'", "’":
		s.Groups = "'"
	default:
		s.Groups = f.ThousandsSeparator
	}
	if s.Point == 0 && s.Groups != "" {
		s.Point = '.'
	}
	return s
}

// AppendNumber writes a number of the kind CellNumber as the format writes numbers, so that it reads as the same number
// again: in a file without format too, where what could be grouped thousands gets one more zero behind it (1.2340).
func (f Format) AppendNumber(dst, number []byte) []byte {
	style := f.NumberStyle()
	point := -1
	for i, c := range number {
		if c == '.' {
			point = i
		}
		if c == '.' && style.Point != 0 {
			c = style.Point
		}
		dst = append(dst, c)
	}
	if style.Point == 0 && point >= 0 && LooksGrouped(number) {
		dst = append(dst, '0')
	}
	return dst
}

// LooksGrouped tells a text that has exactly one separator with exactly three digits after it and one to three digits
// before it, the first of them no zero: whether 1.234 is a little more than one, or more than a thousand, only a format or
// other numbers can tell. A sign may stand in front.
func LooksGrouped(number []byte) bool {
	if len(number) > 0 && (number[0] == '-' || number[0] == '+') {
		number = number[1:]
	}
	separator := len(number) - 4
	if separator < 1 || separator > 3 || number[0] == '0' || number[separator] != '.' && number[separator] != ',' {
		return false
	}
	for i, c := range number {
		if i != separator && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
