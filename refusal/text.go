package refusal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text trims a text that a person gave and adds what is wrong with it: blank where it is required, more than most code
// points, or characters that cannot be shown. What names it in the messages, such as "The name".
func (e *Errors) Text(field []string, what, text string, most int, required bool) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && required:
		e.Add(InvalidInput, field, "%s is missing.", what)
	case utf8.RuneCountInString(text) > most:
		e.Add(InvalidInput, field, "%s has more than %d characters; shorten it.", what, most)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, hidden):
		e.Add(InvalidInput, field, "%s has characters that cannot be shown; remove them.", what)
	}
	return text
}

// hidden tells control characters and those that change the direction of what stands around them: with them a name
// looks like another one (Unicode Technical Report 36, section 3).
func hidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
