package rest

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// text is a field of a request that should be a string. It takes whatever JSON has there, so that a wrong type is an
// error of that field beside those of the others.
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

// decodeFields takes the members of a JSON object by their exact names and leaves the others alone.
func decodeFields(data []byte, fields map[string]*text) error {
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
