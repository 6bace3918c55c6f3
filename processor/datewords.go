package processor

import (
	"strings"

	"entrepot/definition"
)

// itemKind is what a part of a date is known to be from itself and its neighbours.
type itemKind uint8

const (
	aNumber  itemKind = iota + 1 // of one or two digits
	aRoman                       // a number of a quarter
	aYear                        // of four digits, or of a Japanese era
	aMonth                       // by name, or with a word that says so
	aDay                         // with a word that says so
	aQuarter                     // the word
)

type item struct {
	kind  itemKind
	value int
	width int
	sep   byte
	era   *era
}

// era is a Japanese era: its first day, and its last one where it has ended.
type era struct {
	first, last moment
}

// eras are those that a living person's papers may name. Letters for them, as in H31, are not read.
var eras = map[string]*era{
	"昭和": {first: moment{year: 1926, month: 12, day: 25}, last: moment{year: 1989, month: 1, day: 7}},
	"平成": {first: moment{year: 1989, month: 1, day: 8}, last: moment{year: 2019, month: 4, day: 30}},
	"令和": {first: moment{year: 2019, month: 5, day: 1}, last: moment{year: 9999, month: 12, day: 31}},
}

// holds tells whether a month, or a day of it, lies in the era in which the year was named.
func (i item) holds(month, day int) bool {
	if i.era == nil {
		return true
	}
	from, to := moment{year: i.value, month: month, day: day}, moment{year: i.value, month: month, day: day}
	if day == 0 {
		from.day, to.day = 1, definition.DaysIn(i.value, month)
	}
	return to.days() >= i.era.first.days() && from.days() <= i.era.last.days()
}

// quarterWords are the words for a quarter, as NormalizeName writes them. A bare T is a quarter for some and a month for
// others, and so is none.
var quarterWords = map[string]bool{
	"q": true, "quarter": true, "qtr": true, "c": true, "ceyrek": true, "quy": true, "quartal": true, "trimestre": true,
	"kwartaal": true, "kwartał": true, "kwartal": true,
}

var romans = map[string]int{"i": 1, "ii": 2, "iii": 3, "iv": 4}

// vietnameseMonths are the names that follow tháng.
var vietnameseMonths = map[string]int{
	"gieng": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
	"muoi": 10, "muoi mot": 11, "muoi hai": 12, "chap": 12,
}

// longestWord is how many bytes a word of a date has at most.
const longestWord = 32

// classify tells what the tokens are; words that only join the others are left out.
func classify(tokens []token, items *[3]item) (n int, ok bool) {
	for len(tokens) > 0 {
		i, width, ok := classifyNext(tokens)
		if !ok {
			return n, false
		}
		tokens = tokens[width:]
		if i.kind == 0 {
			continue
		}
		if n == len(items) {
			return n, false
		}
		items[n] = i
		n++
	}
	return n, true
}

// classifyNext looks at the first token, and at as many after it as belong to it. A joining word is of no kind.
func classifyNext(tokens []token) (i item, width int, ok bool) {
	t := tokens[0]
	if t.width > 0 {
		return classifyNumber(t, tokens[1:])
	}
	if len(t.word) > longestWord {
		return i, 0, false
	}
	i.sep = t.sep
	if i.value = definition.MonthNumber(t.word); i.value > 0 {
		i.kind = aMonth
		return i, 1, true
	}
	word := definition.NormalizeName(string(t.word))
	switch word {
	case "thang", "thg", "th":
		return vietnameseMonth(t, tokens[1:])
	case "ngay", "de", "del":
		return i, 1, len(tokens) > 1
	case "nam":
		return i, 1, len(tokens) > 1 && tokens[1].width == 4
	}
	if quarterWords[word] {
		i.kind = aQuarter
		return i, 1, true
	}
	if i.value = romans[word]; i.value > 0 {
		i.kind = aRoman
		return i, 1, true
	}
	return japaneseYear(t, tokens[1:])
}

// classifyNumber looks for the Japanese word behind a number, as in 2024年3月15日.
func classifyNumber(t token, rest []token) (i item, width int, ok bool) {
	i = item{value: t.value, width: t.width, sep: t.sep, kind: aNumber}
	if t.width == 4 {
		i.kind = aYear
	}
	width = 1
	if len(rest) > 0 && rest[0].width == 0 && rest[0].sep == 0 {
		width = 2
		switch word := string(rest[0].word); {
		case word == "年" && t.width == 4:
		case (word == "月" || word == "月分") && t.width <= 2:
			i.kind = aMonth
		case word == "日" && t.width <= 2:
			i.kind = aDay
		default:
			width = 1
		}
	}
	return i, width, t.width != 3 && (i.kind != aYear || t.value > 0)
}

// japaneseYear reads 令和6年 and 令和元年.
func japaneseYear(t token, rest []token) (i item, width int, ok bool) {
	i = item{kind: aYear, sep: t.sep}
	name, first := strings.CutSuffix(string(t.word), "元年")
	if i.era = eras[name]; i.era == nil {
		return i, 0, false
	}
	if first {
		i.value = i.era.first.year
		return i, 1, true
	}
	if len(rest) < 2 || rest[0].width < 1 || rest[0].width > 2 || rest[0].value < 1 || string(rest[1].word) != "年" {
		return i, 0, false
	}
	i.value = i.era.first.year + rest[0].value - 1
	return i, 3, i.value <= i.era.last.year
}

// vietnameseMonth reads what stands behind tháng: a number, or a name of one or two words.
func vietnameseMonth(t token, rest []token) (i item, width int, ok bool) {
	i = item{kind: aMonth, sep: t.sep}
	if len(rest) == 0 {
		return i, 0, false
	}
	if rest[0].width == 1 || rest[0].width == 2 {
		i.value = rest[0].value
		return i, 2, i.value >= 1 && i.value <= 12
	}
	if len(rest[0].word) > longestWord {
		return i, 0, false
	}
	name := definition.NormalizeName(string(rest[0].word))
	if len(rest) > 1 && rest[1].width == 0 && len(rest[1].word) <= longestWord {
		if i.value = vietnameseMonths[name+" "+definition.NormalizeName(string(rest[1].word))]; i.value > 0 {
			return i, 3, true
		}
	}
	i.value = vietnameseMonths[name]
	return i, 2, i.value > 0
}
