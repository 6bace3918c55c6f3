package definition

import (
	"strings"
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
	length int   // of base, in characters
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
			p.unit, list = unitNames()[last], list[:len(list)-1]
		}
	}
	if p.unit != "" || parts != spaced {
		p.base = compactKey(strings.Join(list, " "))
	}
	s.meaning(p, list)
	p.length = utf8.RuneCountInString(p.base)
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
		unit, isUnit := unitNames()[inside]
		_, closed := utf8.DecodeRuneInString(text[at+size+end:])
		after := at + size + end + closed
		kept.WriteString(text[:at])
		kept.WriteByte(' ')
		switch {
		case kept.Len() == 1: // nothing stands before it: not a remark on anything
			kept.WriteString(inside)
		case vocab().notes[inside]:
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

// meaning looks the words up in the table, those of several syllables first, and keeps one of those that say the same.
func (s *speller) meaning(p *phrase, list []string) {
	p.plain = true
	for i := 0; i < len(list) && len(p.words) < maxWords; {
		n := 1
		for j := min(joinedWords, len(list)-i); j > 1 && vocab().first[list[i]]; j-- {
			if len(vocab().meanings(strings.Join(list[i:i+j], ""))) > 0 {
				n = j
				break
			}
		}
		text := list[i]
		if n > 1 {
			text = strings.Join(list[i:i+n], "")
		}
		i += n
		if n > 1 || len(vocab().meanings(text)) > 0 {
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
	for i, m := range vocab().meanings(text) {
		c := vocab().concepts[m]
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
