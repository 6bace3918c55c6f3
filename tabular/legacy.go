package tabular

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tellLegacy chooses among the encodings that cannot be told by their structure alone, by how plausible each makes the
// letters and signs beside their neighbours. name is empty where none makes text of the sample.
func tellLegacy(sample []byte) (name string, confidence float64) {
	jis, units := plausibleJapanese(sample)
	best := struct {
		name   string
		score  float64
		weight int
	}{"Shift_JIS", jis, units}
	second := 0.0
	traits := traitsOf(sample)
	for _, candidate := range []struct {
		name  string
		score float64
	}{
		{"windows-1252", traits.western()},
		{"windows-1254", traits.turkish()},
		{"windows-1258", traits.vietnamese()},
	} {
		// A tie of 1252 and 1254 is text that reads the same in both: it goes to the former unless it is Turkish, too.
		same := best.name == "windows-1252" && candidate.name == "windows-1254" && traits.moved == 0
		lost := candidate.score
		if candidate.score > best.score || same && candidate.score == best.score && traits.couldBeTurkish() {
			lost = best.score
			best.name, best.score, best.weight = candidate.name, candidate.score, traits.high
		}
		if !same {
			second = max(second, lost)
		}
	}
	if best.score < plausible {
		return "", 0
	}
	evidence := float64(best.weight) / float64(best.weight+1)
	margin := min(1, 0.6+2*(best.score-second))
	return best.name, min(1, best.score*evidence*margin)
}

// plausibleJapanese is the share of a sample's characters beyond ASCII that Japanese text is made of, and their number.
// Kana and the kanji of the first level are; those of the second are rare, and what letters with accents look like.
func plausibleJapanese(sample []byte) (score float64, units int) {
	t := shiftJIS()
	good := 0.0
	run := 0              // katakana of half width in a row; single ones are letters of other languages
	halves, early := 0, 0 // those in longer runs, and those from the first half of the syllables
	for pos := 0; pos < len(sample); pos++ {
		c := sample[pos]
		half := c >= 0xa1 && c <= 0xdf
		if half {
			run++
			units++
			if c < 0xc0 {
				early++
			}
			if run == 3 {
				halves += 3
			} else if run > 3 {
				halves++
			}
			continue
		}
		run = 0
		if c < utf8.RuneSelf || pos+1 == len(sample) {
			continue
		}
		units++
		r := rune(0)
		if isLead(c) {
			r = t.pair(c, sample[pos+1])
		}
		switch {
		case r == 0:
			good--
			continue
		case c <= 0x84: // signs, wide letters, kana, Greek, Cyrillic
			good++
		case c <= 0x97: // signs and kanji of the first level
			good++
		case c <= 0x9f:
			good += 0.5
		}
		pos++
	}
	if units == 0 {
		return 0, 0
	}
	if early*5 >= halves { // else they are the lower case of another alphabet
		good += float64(halves)
	}
	return good / float64(units), units
}

// traits are what the bytes beyond ASCII of a sample have for neighbours.
type traits struct {
	sample []byte
	at     []int // places of the bytes beyond ASCII
	high   int
	moved  int // bytes that windows-1254 reads as letters of Turkish and windows-1252 as those of Icelandic
	accent int // bytes that are letters of Icelandic and not of Turkish
	marks  int // bytes that windows-1258 reads as a tone behind a vowel
	horned int // and as ươ
}

func traitsOf(sample []byte) *traits {
	t := &traits{sample: sample}
	for pos := asciiPrefix(sample); pos < len(sample) && t.high < enoughHigh; pos += 1 + asciiPrefix(sample[pos+1:]) {
		t.at = append(t.at, pos)
		t.high++
		c := sample[pos]
		switch c {
		case 0xd0, 0xdd, 0xde, 0xf0, 0xfd, 0xfe:
			t.moved++
		case 0xc1, 0xc9, 0xcd, 0xd3, 0xda, 0xc6, 0xe1, 0xe9, 0xed, 0xf3, 0xfa, 0xe6:
			t.accent++
		}
		if isTone(c) && pos > 0 && isVowel(vietnamese().rune(sample[pos-1])) {
			t.marks++
		}
		if c == 0xf5 && pos > 0 && sample[pos-1] == 0xfd {
			t.horned++
		}
	}
	return t
}

func (t *traits) neighbours(pos int) (before, after byte) {
	before, after = ' ', ' '
	if pos > 0 {
		before = t.sample[pos-1]
	}
	if pos+1 < len(t.sample) {
		after = t.sample[pos+1]
	}
	return before, after
}

// score is the mean of what each byte beyond ASCII is worth, from -1 for one that stands for nothing to 1.
func (t *traits) score(table *byteTable, worth func(r, before, after rune, pos int) float64) float64 {
	if t.high == 0 {
		return 0
	}
	sum := 0.0
	for _, pos := range t.at {
		r := table.rune(t.sample[pos])
		if r == utf8.RuneError {
			sum--
			continue
		}
		before, after := t.neighbours(pos)
		sum += worth(r, table.rune(before), table.rune(after), pos)
	}
	return max(0, sum/float64(t.high))
}

func (t *traits) western() float64 {
	icelandic := t.moved > 0 && t.accent*2 >= t.moved
	return t.score(western(), func(r, before, after rune, _ int) float64 {
		value := plausibleChar(r, before, after)
		if strings.ContainsRune("ÐÝÞðýþ", r) && !icelandic {
			value *= 0.4
		}
		return value
	})
}

const (
	turkishVowels  = "aeıioöuüâîûAEIİOÖUÜÂÎÛ"
	turkishLetters = "çğıöşüâîûÇĞİÖŞÜÂÎÛ"
)

func (t *traits) turkish() float64 {
	icelandic := t.moved > 0 && t.accent*2 >= t.moved
	return t.score(turkish(), func(r, before, after rune, _ int) float64 {
		value := plausibleChar(r, before, after)
		switch {
		case r == 'ğ' || r == 'Ğ': // never starts a word, and follows a vowel
			if !strings.ContainsRune(turkishVowels, before) {
				value *= 0.2
			}
		case unicode.IsLetter(r) && !strings.ContainsRune(turkishLetters, r):
			value *= 0.6
		}
		if icelandic && strings.ContainsRune("ğışĞİŞ", r) {
			value *= 0.4
		}
		return value
	})
}

// couldBeTurkish tells that every letter beyond ASCII is one of Turkish, and that there are some.
func (t *traits) couldBeTurkish() bool {
	letters := 0
	for _, pos := range t.at {
		r := turkish().rune(t.sample[pos])
		if !unicode.IsLetter(r) {
			continue
		}
		if letters++; !strings.ContainsRune(turkishLetters, r) {
			return false
		}
	}
	return letters > 0
}

// vietnamese is 0 where nothing speaks for the language: the other letters are those of many.
func (t *traits) vietnamese() float64 {
	if (t.marks+t.horned)*10 < t.high {
		return 0
	}
	return t.score(vietnamese(), func(r, before, after rune, pos int) float64 {
		switch {
		case isTone(t.sample[pos]):
			if isVowel(before) {
				return 1
			}
			return -0.5
		case r == 'đ' || r == 'Đ': // starts a word
			if unicode.IsLetter(before) {
				return 0.1
			}
			return 1
		case r == '₫':
			if unicode.IsLetter(before) {
				return 0
			}
			return 0.8
		case isVowel(r):
			return 1
		}
		return plausibleChar(r, before, after) * 0.6
	})
}

func isVowel(r rune) bool {
	return strings.ContainsRune("aeiouyâêôăơưAEIOUYÂÊÔĂƠƯàáèéíóùúÀÁÈÉÍÓÙÚ", r)
}

// plausibleChar is how likely a character is where it stands, in any language of the Latin alphabet.
func plausibleChar(r, before, after rune) float64 {
	left, right := unicode.IsLetter(before), unicode.IsLetter(after)
	switch {
	case unicode.IsLetter(r):
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before):
			return 0.1
		case left && right && before >= utf8.RuneSelf && after >= utf8.RuneSelf:
			return 0.3 // three in a row are rare in any language that these encodings are for
		case left || right:
			return 1
		}
		return 0.2
	case left && right && r != '’' && r != '·' && r != '-':
		return 0.1
	case strings.ContainsRune("€£°²³µ½¼¾±§©®™ºª«»‰„“”‘’–—…•·\u00a0", r):
		return 0.9
	}
	return 0.4
}
