package definition

import (
	"slices"
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
}

// word is a part of a phrase, one for every way of writing it.
type word struct {
	text     string
	runes    []rune
	meanings []int
	weight   float64
	mask     uint64
	id       int
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
	return &speller{phrases: make(map[string]*phrase), words: make(map[string]*word)}
}

func (s *speller) phrase(text string) *phrase {
	if p, ok := s.phrases[text]; ok {
		return p
	}
	p := &phrase{text: text, key: NormalizeName(text)}
	s.phrases[text] = p
	p.compact = compactKey(p.key)
	p.base = p.compact
	cut := text
	if len(cut) > maxPhrase {
		cut = firstRunes(cut, maxPhrase)
	}
	spaced := p.key
	if split := splitCamel(cut); split != text {
		spaced = NormalizeName(split)
	}
	parts := p.cutBrackets(spaced)
	list := splitWords(parts)
	if p.unit == "" && len(list) > 1 {
		if last := list[len(list)-1]; bareUnits[last] {
			p.unit, list = unitNames[last], list[:len(list)-1]
		}
	}
	if p.unit != "" || parts != spaced {
		p.base = strings.Join(list, "")
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

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("#%$+&", r)
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

// splitWords splits a normalised text at what is no letter, and where packed writing begins or ends.
func splitWords(text string) []string {
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
		for j := min(joinedWords, len(list)-i); j > 1; j-- {
			if len(vocab.meanings(strings.Join(list[i:i+j], ""))) > 0 {
				n = j
				break
			}
		}
		text := strings.Join(list[i:i+n], "")
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

func (s *speller) add(p *phrase, text string) {
	w, ok := s.words[text]
	if !ok {
		w = &word{text: text, runes: []rune(text), meanings: vocab.meanings(text), weight: 1, mask: letterMask(text), id: len(s.words)}
		for i, m := range w.meanings {
			if i == 0 || vocab.concepts[m].weight < w.weight {
				w.weight = vocab.concepts[m].weight
			}
		}
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
	p.packed = p.packed || isPacked(w.runes[0])
	p.plain = p.plain && len(w.meanings) > 0
	p.words = append(p.words, w)
	p.weight += w.weight
}

func (w *word) shares(other *word) bool {
	for _, m := range w.meanings {
		if slices.Contains(other.meanings, m) {
			return true
		}
	}
	return false
}

func (w *word) near(other *word) bool {
	for _, m := range w.meanings {
		for _, o := range other.meanings {
			if family := vocab.concepts[m].family; family != "" && family == vocab.concepts[o].family {
				return true
			}
		}
	}
	return false
}

// segments cuts a word that is not in the table into words that are: packed writing into the longest ones and what is
// left between them, others (sitename) only when nothing is left.
func segments(text string) []string {
	runes := []rune(text)
	const shortest = 3
	packed := isPacked(runes[0])
	if !packed && len(runes) < 2*shortest {
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
		for n := min(vocab.longest, len(runes)-i); n > 0 && (packed || n >= shortest); n-- {
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
