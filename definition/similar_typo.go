package definition

import (
	"math/bits"
	"slices"
)

// kinship says what makes two names alike; of several the one that says least is told.
type kinship uint8

const (
	kinSame kinship = iota // the same words, perhaps in another order
	kinMeaning
	kinShort
	kinSimilar
)

// String is the beginning of a reason.
func (k kinship) String() string {
	switch k {
	case kinSame:
		return "same words"
	case kinMeaning:
		return "means the same"
	case kinShort:
		return "abbreviation"
	}
	return "similar"
}

const (
	likeMeaning  = 0.97
	likePrefix   = 0.85
	likeShort    = 0.8
	likeFamily   = 0.6
	longestTyped = 40 // runes; longer words are compared for equality only
)

// alike compares two words: 1 for the same, 0 for others.
func (w *word) alike(other *word) (float64, kinship) {
	switch {
	case w == other:
		return 1, kinSame
	case w.shares(other):
		return likeMeaning, kinMeaning
	case w.known && other.known:
		// Two words that are known to mean different things: date is no misspelled rate.
		if w.near(other) {
			return likeFamily, kinSimilar
		}
		return 0, kinSimilar
	}
	if w.packed != other.packed || !w.packed && w.runes[0] != other.runes[0] && bits.OnesCount64(w.mask^other.mask) > 6 {
		return 0, kinSimilar
	}
	if w.packed {
		return commonPart(w.runes, other.runes), kinSimilar
	}
	short, long := w, other
	if len(short.runes) > len(long.runes) {
		short, long = long, short
	}
	if short.runes[0] == long.runes[0] {
		n := len(short.runes)
		if n >= 4 && 2*n >= len(long.runes) && slices.Equal(short.runes, long.runes[:n]) {
			return likePrefix, kinShort
		}
		if abbreviates(short.runes, long.runes) {
			return likeShort, kinShort
		}
	}
	return typed(short.runes, long.runes, short.mask, long.mask), kinSimilar
}

// abbreviates tells whether a word of two letters or more is a start of the other one, or some of its letters in their
// order with the first and another consonant among them (trh, tarih; qty, quantity). Both begin alike.
func abbreviates(short, long []rune) bool {
	if len(short) < 2 || len(long) < len(short)+2 || len(long) < 4 || slices.ContainsFunc(short, isDigit) {
		return false
	}
	at := 0
	for _, r := range long {
		if at < len(short) && short[at] == r {
			at++
		}
	}
	if at < len(short) {
		return false
	}
	if slices.Equal(short, long[:len(short)]) {
		return len(short) >= 3
	}
	// Letters left out are vowels, for the most part: otherwise any short word is found in any long one.
	return len(short) >= 3 && !slices.ContainsFunc(short[1:], isVowel)
}

func isVowel(r rune) bool { return r == 'a' || r == 'e' || r == 'i' || r == 'o' || r == 'u' }

// typed is how alike two words are when the longer one was meant: 1 less the share of wrong, missing, additional and
// swapped letters, and 0 when these are more than a person makes.
func typed(short, long []rune, a, b uint64) float64 {
	n := len(long)
	most := typingErrors(n)
	if !maybeTyped(len(short), n, a, b) {
		return 0
	}
	if short[0] != long[0] && n < 6 {
		return 0
	}
	// Numbers are not misspelled: scope 1 is not scope 2.
	if slices.ContainsFunc(short, isDigit) || slices.ContainsFunc(long, isDigit) {
		return 0
	}
	wrong := edits(short, long, most)
	if wrong > most {
		return 0
	}
	return 1 - float64(wrong)/float64(n)
}

// typingErrors is how many a person makes in a word of so many letters.
func typingErrors(letters int) int {
	switch {
	case letters > longestTyped || letters < 4:
		return 0
	case letters >= 11:
		return 3
	case letters >= 7:
		return 2
	}
	return 1
}

// maybeTyped rules out most pairs by their lengths and the letters that they hold.
func maybeTyped(short, long int, a, b uint64) bool {
	most := typingErrors(long)
	return most > 0 && long-short <= most && bits.OnesCount64(a^b) <= 2*most
}

// edits counts the letters to insert, delete, change or swap with the next one (the restricted Damerau-Levenshtein
// distance); what is more than most is told as most+1.
func edits(a, b []rune, most int) int {
	var rows [3][longestTyped + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	before, last, now := &rows[2], &rows[0], &rows[1]
	for i := range a {
		now[0] = i + 1
		least := now[0]
		for j := range b {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			n := min(change, last[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				n = min(n, before[j-1]+1)
			}
			now[j+1] = n
			least = min(least, n)
		}
		if least > most {
			return most + 1
		}
		before, last, now = last, now, before
	}
	return min(last[len(b)], most+1)
}

// commonPart is the share of the longest part that two packed writings have in common, of two characters or more.
func commonPart(a, b []rune) float64 {
	if len(a) > longestTyped || len(b) > longestTyped {
		return 0
	}
	longest := 0
	for i := range a {
		for j := range b {
			n := 0
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			longest = max(longest, n)
		}
	}
	if longest < 2 {
		return 0
	}
	return 0.95 * float64(2*longest) / float64(len(a)+len(b))
}

// letterMask has a bit for every letter that a text holds.
func letterMask(s string) uint64 {
	var mask uint64
	for _, r := range s {
		mask |= 1 << (uint32(r) % 64)
	}
	return mask
}
