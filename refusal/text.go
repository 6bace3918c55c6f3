package refusal

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
)

// Text trims a text of one line that a person gave and adds everything that is wrong with it: blank where it is required, more
// than most code points, or characters that cannot be shown. What names it in the messages, such as "The name".
func (e *Errors) Text(field []string, what, text string, most int, required bool) string {
	return e.text(field, what, text, most, required, "")
}

// Lines is Text for a text of several lines.
func (e *Errors) Lines(field []string, what, text string, most int, required bool) string {
	return e.text(field, what, text, most, required, "\t\r\n")
}

func (e *Errors) text(field []string, what, text string, most int, required bool, allowed string) string {
	text = strings.TrimSpace(text)
	if text == "" && required {
		e.Add(InvalidInput, field, "%s is required.", what)
	}
	if length := utf8.RuneCountInString(text); length > most {
		longer := New(InvalidInput, field, "%s may not be longer than %d characters; it has %d.", what, most, length)
		longer[0].Params = []definition.Param{
			{Name: "max", Value: strconv.Itoa(most)},
			{Name: "length", Value: strconv.Itoa(length)},
		}
		*e = append(*e, longer...)
	}
	hidden := func(r rune) bool { return hides(r) && !strings.ContainsRune(allowed, r) }
	if strings.ContainsFunc(text, hidden) || !utf8.ValidString(text) {
		e.Add(InvalidInput, field, "%s may not contain control characters.", what)
	}
	return text
}

// hides tells control characters and those that change the direction of what stands around them: with them a name
// looks like another one (Unicode Technical Report 36, section 3).
func hides(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
