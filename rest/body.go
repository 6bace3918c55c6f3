package rest

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// text is a member of a request's body that should be a string. It takes whatever JSON has there, so that a wrong type is
// an error of that field beside those of the others.
type text struct {
	value *string // nil for none and for null
	wrong bool    // it is something else
}

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = text{}
	if err := json.Unmarshal(data, &t.value); err != nil {
		*t = text{wrong: true}
	}
	return nil
}

// Schema says what is expected.
func (text) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// or is the string, and otherwise the given one.
func (t text) or(other string) string {
	if t.value == nil {
		return other
	}
	return *t.value
}

// orRefused is what a command takes for an optional text: where it is of a wrong type one that no command accepts, so
// that nothing is done and the other fields are checked all the same.
func (t text) orRefused() *string {
	if t.wrong {
		return new("\x00")
	}
	return t.value
}

// wholeNumber is a member of a request's body that should be a whole number.
type wholeNumber struct {
	value *int64
	wrong bool
}

// UnmarshalJSON never fails. What is larger than any number that can be kept is as large as those are.
func (n *wholeNumber) UnmarshalJSON(data []byte) error {
	*n = wholeNumber{}
	if string(data) == "null" {
		return nil
	}
	value, err := strconv.ParseInt(string(data), 10, 64)
	switch {
	case err == nil:
		n.value = &value
	case value == math.MaxInt64, value == math.MinInt64: // strconv.ErrRange
		n.value = &value
	default:
		n.wrong = true
	}
	return nil
}

// Schema says what is expected.
func (wholeNumber) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
}

// flag is a member of a request's body that should be true or false.
type flag struct {
	value bool // false for none and for null
	wrong bool
}

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(data []byte) error {
	*f = flag{}
	f.wrong = json.Unmarshal(data, &f.value) != nil
	return nil
}

// Schema says what is expected.
func (flag) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeBoolean}
}

// decodeFields takes the members of a JSON object by their exact names and leaves the others alone.
func decodeFields(data []byte, fields map[string]json.Unmarshaler) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for name, field := range fields {
		if value, ok := members[name]; ok {
			if err := field.UnmarshalJSON(value); err != nil {
				return err
			}
		}
	}
	return nil
}
