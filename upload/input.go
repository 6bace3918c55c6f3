package upload

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/refusal"
)

// The lengths of texts, in code points.
const (
	maxFileName    = 255
	maxPath        = 2048
	maxErrorReason = 255
)

// StoreInput is what Store records.
type StoreInput struct {
	FileName string
	GCSPath  string
	// ErrorReason says why the upload failed in the client; nil or blank for one that succeeded.
	ErrorReason *string
}

// Normalize returns the input as it is stored, with texts trimmed and a blank error reason as nil, and everything that
// is wrong with it, in the order of its fields.
func (in StoreInput) Normalize() (StoreInput, refusal.Errors) {
	var wrong refusal.Errors
	in.FileName = requiredText(&wrong, in.FileName, "fileName", "file name", maxFileName)
	in.GCSPath = requiredText(&wrong, in.GCSPath, "gcsPath", "path", maxPath)
	if in.ErrorReason != nil {
		reason := strings.TrimSpace(*in.ErrorReason)
		checkText(&wrong, reason, "errorReason", "error reason", maxErrorReason, "\t\n\r")
		if in.ErrorReason = &reason; reason == "" {
			in.ErrorReason = nil
		}
	}
	return in, wrong
}

// requiredText trims a text and adds what is wrong with it; called is its name for people.
func requiredText(wrong *refusal.Errors, text, field, called string, most int) string {
	text = strings.TrimSpace(text)
	if text == "" {
		wrong.Add(refusal.InvalidInput, refusal.Input(field), "The %s is required.", called)
	}
	checkText(wrong, text, field, called, most, "")
	return text
}

// checkText adds what is wrong with a text: its length in code points, and control characters but the allowed ones.
func checkText(wrong *refusal.Errors, text, field, called string, most int, allowed string) {
	if length := utf8.RuneCountInString(text); length > most {
		*wrong = append(*wrong, refusal.Error{
			Code: refusal.InvalidInput, Field: refusal.Input(field),
			Message: fmt.Sprintf("The %s may not be longer than %d characters; it has %d.", called, most, length),
			Params: []definition.Param{
				{Name: "max", Value: strconv.Itoa(most)}, {Name: "length", Value: strconv.Itoa(length)},
			},
		})
	}
	control := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) }
	if strings.ContainsFunc(text, control) || !utf8.ValidString(text) {
		wrong.Add(refusal.InvalidInput, refusal.Input(field), "The %s may not contain control characters.", called)
	}
}
