package definition

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrase is a column's name, an alias or a header, taken apart.
type phrase struct {
	text string
	// key is the name as NormalizeName writes it, compact the same without spaces and punctuation.
	key, compact string
	// base is compact without the unit of measure, and unit its usual name; bracketed tells that it stood in brackets.
	base      string
	unit      string
	bracketed bool
	// words are those of base.
	words  []*word
	weight float64
	mask   uint64
	runes  []rune
	packed bool  // written without spaces between words: Chinese characters and kana
	plain  bool  // all its words are in the table
	heard  []int // of a header: the places of its words among those of all headers
	// likes is its likeness to each header, nil for none, once it has been compared.
	likes    []like
	compared bool
}

// word is a part of a phrase, one for every way of writing it.
type word struct {
	text  string
	runes []rune
	// concepts and families are what it means, as bits; known tells that there are any.
	concepts      [2]uint64
	families      uint64
	known, packed bool
	weight        float64
	mask          uint64
	// row is its likeness to each word of the headers, nil for none, once it has been compared.
	row      []like
	compared bool
}

const (
	// maxPhrase is how many characters of a name are compared by likeness, and maxWords how many words.
	maxPhrase = 120
	maxWords  = 12
	// joinedWords is how many words of a text may make one word of the table.
	joinedWords = 4
)

// speller takes names apart, each once.
type speller struct {
	phrases map[string]*phrase
	words   map[string]*word
}

func newSpeller() *speller {
	return &speller{phrases: make(map[string]*phrase, 1024), words: make(map[string]*word, 1024)}
}

func (s *speller) phrase(text string) *phrase {
	if p, ok := s.phrases[text]; ok {
		return p
	}
	p := &phrase{text: text, key: normalizeLatin(text)}
	s.phrases[text] = p
	p.compact = compactKey(p.key)
	p.base = p.compact
	cut := text
	if len(cut) > maxPhrase {
		cut = firstRunes(cut, maxPhrase)
	}
	spaced := p.key
	if split := splitCamel(cut); len(split) != len(text) {
		spaced = normalizeLatin(split)
	}
	parts := p.cutBrackets(spaced)
	list := splitWords(parts)
	if p.unit == "" && len(list) > 1 {
		if last := list[len(list)-1]; bareUnits[last] {
			p.unit, list = unitNames[last], list[:len(list)-1]
		}
	}
	if p.unit != "" || parts != spaced {
		p.base = compactKey(strings.Join(list, " "))
	}
	s.meaning(p, list)
	p.runes = []rune(p.base)
	p.mask = letterMask(p.base)
	return p
}

// cutBrackets takes units and notes in brackets out of a text.
func (p *phrase) cutBrackets(text string) string {
	if !strings.ContainsAny(text, opening) {
		return text
	}
	var kept strings.Builder
	for {
		at := strings.IndexAny(text, opening)
		if at < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		end := strings.IndexAny(text[at+size:], closing)
		if end < 0 {
			break
		}
		inside := compactKey(text[at+size : at+size+end])
		unit, isUnit := unitNames[inside]
		_, closed := utf8.DecodeRuneInString(text[at+size+end:])
		after := at + size + end + closed
		kept.WriteString(text[:at])
		kept.WriteByte(' ')
		switch {
		case kept.Len() == 1: // nothing stands before it: not a remark on anything
			kept.WriteString(inside)
		case vocab.notes[inside]:
		case isUnit && p.unit == "":
			p.unit, p.bracketed = unit, true
		default:
			kept.WriteString(text[at+size : at+size+end])
		}
		kept.WriteByte(' ')
		text = text[after:]
	}
	kept.WriteString(text)
	return kept.String()
}

const (
	opening = "([{<【〔「『《〈"
	closing = ")]}>】〕」』》〉"
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

// meaning looks the words up in the table, those of several syllables first, and keeps one of those that say the same.
func (s *speller) meaning(p *phrase, list []string) {
	p.plain = true
	for i := 0; i < len(list) && len(p.words) < maxWords; {
		n := 1
		for j := min(joinedWords, len(list)-i); j > 1 && vocab.first[list[i]]; j-- {
			if len(vocab.meanings(strings.Join(list[i:i+j], ""))) > 0 {
				n = j
				break
			}
		}
		text := list[i]
		if n > 1 {
			text = strings.Join(list[i:i+n], "")
		}
		i += n
		if n > 1 || len(vocab.meanings(text)) > 0 {
			s.add(p, text)
			continue
		}
		for _, part := range segments(text) {
			s.add(p, part)
		}
	}
}

func newWord(text string) *word {
	w := &word{text: text, runes: []rune(text), weight: 1, mask: letterMask(text)}
	w.packed = isPacked(w.runes[0])
	for i, m := range vocab.meanings(text) {
		c := vocab.concepts[m]
		w.known = true
		w.concepts[m/64] |= 1 << (m % 64)
		w.families |= c.family
		if i == 0 || c.weight < w.weight {
			w.weight = c.weight
		}
	}
	return w
}

func (s *speller) add(p *phrase, text string) {
	w, ok := s.words[text]
	if !ok {
		w = newWord(text)
		s.words[text] = w
	}
	if w.weight == 0 {
		return
	}
	for _, other := range p.words {
		if other == w || w.shares(other) {
			return
		}
	}
	p.packed = p.packed || w.packed
	p.plain = p.plain && w.known
	p.words = append(p.words, w)
	p.weight += w.weight
}

// shares tells whether two words have a meaning in common.
func (w *word) shares(other *word) bool {
	return w.concepts[0]&other.concepts[0]|w.concepts[1]&other.concepts[1] != 0
}

// near tells whether they have meanings of one family.
func (w *word) near(other *word) bool { return w.families&other.families != 0 }

// segments cuts a word that is not in the table into words that are: packed writing into the longest ones and what is
// left between them, others (sitename) only when nothing is left.
func segments(text string) []string {
	if len(text) > startLetters && isWord(text) {
		if start, _ := startOf([]rune(text[:startLetters])); !vocab.starts[start] {
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
		if start, _ := startOf(runes[i:]); !packed && !vocab.starts[start] {
			return []string{text}
		}
		for n := min(vocab.longest, len(runes)-i); n > 0 && (packed || n >= startLetters); n-- {
			known := false
			if packed {
				_, known = vocab.words[string(runes[i:i+n])]
			} else {
				known = len(vocab.meanings(string(runes[i:i+n]))) > 0
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
