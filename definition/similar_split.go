package definition

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// compactKey leaves letters, digits, marks and signs of a normalised name, without what separates them, and writes a
// plain d for the Vietnamese đ. A separator between two digits stays, as a space.
func compactKey(key string) string {
	if isWord(key) {
		return key
	}
	var b strings.Builder
	b.Grow(len(key))
	var last rune
	gap := false
	for _, r := range key {
		if !isWordRune(r) {
			gap = true
			continue
		}
		if gap && isDigit(last) && isDigit(r) {
			b.WriteByte(' ')
		}
		gap, last = false, r
		b.WriteRune(plainLetter(r))
	}
	return b.String()
}

func plainLetter(r rune) rune {
	switch r {
	case 'đ':
		return 'd'
	case 'ø':
		return 'o'
	case 'ł':
		return 'l'
	}
	return r
}

// asciiWord tells the characters below 0x80 that words are made of.
var asciiWord = func() (table [utf8.RuneSelf]bool) {
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789#%$+&" {
		table[r] = true
	}
	return table
}()

// isWord tells whether a text is one word of ASCII characters.
func isWord(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || !asciiWord[text[i]] {
			return false
		}
	}
	return true
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiWord[r]
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Sc)
}

func isDigit(r rune) bool { return unicode.Is(unicode.Nd, r) }

// isPacked tells the scripts that are written without spaces between words.
func isPacked(r rune) bool {
	return r > 0x2E80 && (r == 'ー' || r == '々' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana))
}

// splitCamel puts spaces where a capital begins a word: siteName, IDCode; not in kWh.
func splitCamel(s string) string {
	if !hasCamel(s) {
		return s
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if i > 1 && unicode.IsUpper(r) {
			switch {
			case unicode.IsLower(runes[i-1]) && unicode.IsLower(runes[i-2]),
				unicode.IsUpper(runes[i-1]) && i+2 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsLower(runes[i+2]):
				b.WriteByte(' ')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hasCamel tells whether splitCamel finds anything; for nearly all names it does not.
func hasCamel(s string) bool {
	var before [3]bool // whether each of the last three is a capital
	var lower [2]bool
	for _, r := range s {
		up, low := unicode.IsUpper(r), unicode.IsLower(r)
		if up && lower[0] && lower[1] || low && lower[0] && before[1] && before[2] {
			return true
		}
		before = [3]bool{up, before[0], before[1]}
		lower = [2]bool{low, lower[0]}
	}
	return false
}

// splitWords splits a normalised text at what is no letter, and where packed writing begins or ends.
func splitWords(text string) []string {
	if isASCII(text) {
		return strings.FieldsFunc(text, func(r rune) bool { return !asciiWord[r] })
	}
	var (
		words  []string
		b      strings.Builder
		packed bool
	)
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	for _, r := range text {
		if !isWordRune(r) {
			flush()
			continue
		}
		if p := isPacked(r); p != packed {
			flush()
			packed = p
		}
		b.WriteRune(plainLetter(r))
	}
	flush()
	return words
}

// segments cuts a word that is not in the table into words that are: packed writing into the longest ones and what is
// left between them, others (sitename) only when nothing is left.
func segments(text string) []string {
	if len(text) > startLetters && isWord(text) {
		if start, _ := startOf([]rune(text[:startLetters])); !vocab().starts[start] {
			return []string{text}
		}
	}
	runes := []rune(text)
	packed := isPacked(runes[0])
	if !packed && len(runes) < 2*startLetters {
		return []string{text}
	}
	var (
		parts   []string
		unknown []rune
	)
	flush := func() {
		if len(unknown) > 0 {
			parts = append(parts, string(unknown))
			unknown = nil
		}
	}
	for i := 0; i < len(runes); {
		found := 0
		if start, _ := startOf(runes[i:]); !packed && !vocab().starts[start] {
			return []string{text}
		}
		for n := min(vocab().longest, len(runes)-i); n > 0 && (packed || n >= startLetters); n-- {
			var known bool
			if packed {
				_, known = vocab().words[string(runes[i:i+n])]
			} else {
				known = len(vocab().meanings(string(runes[i:i+n]))) > 0
			}
			if known {
				found = n
				break
			}
		}
		switch {
		case found > 0:
			flush()
			parts = append(parts, string(runes[i:i+found]))
			i += found
		case !packed:
			return []string{text}
		default:
			unknown = append(unknown, runes[i])
			i++
		}
	}
	flush()
	return parts
}

func firstRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
