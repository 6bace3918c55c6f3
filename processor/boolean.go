package processor

import (
	"strings"

	"entrepot/definition"
)

// booleanWords are the words for yes and no, language by language, as NormalizeName writes them; no two languages of the
// list use one for both.
var booleanWords = []struct{ yes, no string }{
	{"1 true yes on t y", "0 false no off f n"},   // English
	{"evet doğru var e", "hayır yanlış yok h"},    // Turkish
	{"có đúng co đung dung", "không sai khong"},   // Vietnamese, with accents or none
	{"はい 真 有 有り あり ○ 〇 ◯", "いいえ 偽 無 無し なし × ✕ ✖"}, // Japanese
	{"ja wahr j", "nein falsch"},                  // German
	{"oui vrai o", "non faux"},                    // French
	{"sí verdadero s", "falso"},                   // Spanish
	{"vero v", "falso"},                           // Italian
	{"waar", "nee onwaar"},                        // Dutch
	{"sim verdadeiro", "não nao"},                 // Portuguese
	{"tak prawda", "nie fałsz falsz"},             // Polish
}

// turkishLetters stand for doğru and yanlış, where the locale is Turkish; there y means both yes and no.
var turkishLetters = map[string]bool{"d": true, "y": false}

const longestBoolean = 24 // bytes

var booleans = func() map[string]bool {
	words := make(map[string]bool)
	for _, language := range booleanWords {
		for word := range strings.FieldsSeq(language.yes) {
			words[definition.NormalizeName(word)] = true
		}
		for word := range strings.FieldsSeq(language.no) {
			words[definition.NormalizeName(word)] = false
		}
	}
	return words
}()

// booleanText is what a text in a BOOLEAN column means.
type booleanText struct {
	decimal decimal
	code    definition.RowErrorCode
}

const maxBooleanTexts = 256

// boolean reads a word for yes or no, each text once.
func (w *Worker) boolean(text []byte) (decimal, definition.RowErrorCode) {
	known, ok := w.booleans[string(text)]
	if !ok {
		known.decimal, known.code = w.plan.parseBoolean(text)
		if w.booleans == nil {
			w.booleans = make(map[string]booleanText)
		}
		if len(text) <= longestBoolean && len(w.booleans) < maxBooleanTexts {
			w.booleans[string(text)] = known
		}
	}
	return known.decimal, known.code
}

// parseBoolean reads a word for yes or no; case and accents do not count.
func (p *plan) parseBoolean(b []byte) (decimal, definition.RowErrorCode) {
	if len(b) > longestBoolean {
		return decimal{}, definition.RowBooleanInvalid
	}
	var lower [longestBoolean]byte
	word := lower[:len(b)]
	for i, c := range b {
		if c >= 0x80 {
			word = []byte(definition.NormalizeName(string(b)))
			break
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	yes, known := booleans[string(word)]
	if p.turkish {
		if other, also := turkishLetters[string(word)]; also && (!known || other == yes) {
			yes, known = other, true
		} else if also {
			known = false
		}
	}
	switch {
	case !known:
		return decimal{}, definition.RowBooleanInvalid
	case yes:
		return decimal{m: 1}, ""
	}
	return decimal{}, ""
}
