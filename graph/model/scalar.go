// Package model holds the Go types of the API that are not Ent entities or types of other packages: scalars,
// connections, and the inputs and payloads that gqlgen makes (models_gen.go).
//
// It is used by graph and its generated code only.
package model

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

const timeLayout = `"2006-01-02T15:04:05.000Z"`

// MaxInt64 is the largest Int64: what a JSON number carries exactly (RFC 8259, section 6).
const MaxInt64 = 1<<53 - 1

// MarshalString writes a JSON string.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text, and makes none of a number or a truth value (GraphQL, section 3.5.3).
func UnmarshalString(v any) (string, error) {
	if s, ok := v.(string); ok {
		return unicodeOf(s), nil
	}
	return "", &InputError{"a String is text"}
}

// MarshalBoolean writes true or false.
func MarshalBoolean(b bool) graphql.Marshaler { return graphql.MarshalBoolean(b) }

// UnmarshalBoolean reads true or false, and no word for it (GraphQL, section 3.5.4).
func UnmarshalBoolean(v any) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return false, &InputError{"a Boolean is true or false"}
}

// MarshalID writes a JSON string.
func MarshalID(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalID reads a text or a whole number (GraphQL, section 3.5.5). A NUL, which no id has and not every database takes,
// becomes another character that no id has.
func UnmarshalID(v any) (string, error) {
	if s, ok := v.(string); ok {
		return strings.ReplaceAll(unicodeOf(s), "\x00", "\uFFFD"), nil
	}
	n, err := UnmarshalInt64(v)
	if err != nil {
		return "", &InputError{"an ID is text"}
	}
	return strconv.FormatInt(n, 10), nil
}

// unicodeOf is a text as a decoder of JSON gives it: a document in a URL may hold any bytes.
func unicodeOf(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// MarshalTime writes RFC 3339 in UTC with milliseconds.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(t.UTC().AppendFormat(make([]byte, 0, len(timeLayout)), timeLayout))
	})
}

// UnmarshalTime reads RFC 3339 in any zone.
func UnmarshalTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &InputError{"a Time is RFC 3339 text such as 2026-03-31T23:59:59.999Z"}
}

// MarshalInt64 writes a JSON number.
func MarshalInt64(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
	})
}

// UnmarshalInt64 reads a whole JSON number of at most 2^53 - 1 in magnitude.
func UnmarshalInt64(v any) (int64, error) {
	var n int64
	var err error
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number:
		n, err = strconv.ParseInt(v.String(), 10, 64)
	default:
		err = errors.ErrUnsupported
	}
	if err != nil || n > MaxInt64 || n < -MaxInt64 {
		return 0, &InputError{"an Int64 is a whole number of at most 9007199254740991"}
	}
	return n, nil
}

// MarshalJSON writes a value that is JSON text already.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if len(v) == 0 {
			_, _ = io.WriteString(w, "null")
			return
		}
		_, _ = w.Write(v)
	})
}

// UnmarshalJSON takes any value.
func UnmarshalJSON(v any) (json.RawMessage, error) {
	return json.Marshal(v)
}

// Cursor is a place in one list in one order; package graph makes and reads it.
type Cursor string

// MarshalGQL writes the cursor's text.
func (c Cursor) MarshalGQL(w io.Writer) { graphql.MarshalString(string(c)).MarshalGQL(w) }

// UnmarshalGQL takes a text.
func (c *Cursor) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return &InputError{"a Cursor is the text that an earlier page gave"}
	}
	*c = Cursor(s)
	return nil
}

// InputError says that a value of a client's is not of its type.
type InputError struct{ Message string }

// Error is the message.
func (e *InputError) Error() string { return e.Message }

// MarshalInt writes a JSON number.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number of 32 bits (GraphQL, section 3.5.1).
func UnmarshalInt(v any) (int, error) {
	n, err := UnmarshalInt64(v)
	if err != nil || n > 1<<31-1 || n < -1<<31 {
		return 0, &InputError{"an Int is a whole number of 32 bits"}
	}
	return int(n), nil
}
