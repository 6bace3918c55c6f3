// Package refusal says why a command was not carried out when a person can put it right: a userErrors entry in GraphQL, a
// 4xx in REST. A command that returns Errors has written nothing.
//
// It knows definition and viewer only. Every package with commands returns it; graph and rest turn it into answers.
package refusal

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"entrepot/definition"
)

// Code is the stable code of a refusal; the contract's UserErrorCode.
type Code string

// The codes.
const (
	InvalidInput         Code = "INVALID_INPUT"
	NotFound             Code = "NOT_FOUND"
	Forbidden            Code = "FORBIDDEN"
	GroupRequired        Code = "GROUP_REQUIRED"
	Conflict             Code = "CONFLICT"
	NameTaken            Code = "NAME_TAKEN"
	InUse                Code = "IN_USE"
	LimitReached         Code = "LIMIT_REACHED"
	UploadFailed         Code = "UPLOAD_FAILED"
	YearRequired         Code = "YEAR_REQUIRED"
	DefinitionArchived   Code = "DEFINITION_ARCHIVED"
	DefinitionInvalid    Code = "DEFINITION_INVALID"
	ScriptInvalid        Code = "SCRIPT_INVALID"
	MappingInvalid       Code = "MAPPING_INVALID"
	InvalidTransition    Code = "INVALID_TRANSITION"
	IdempotencyKeyReused Code = "IDEMPOTENCY_KEY_REUSED"
)

// Error is one thing that is wrong with a command.
type Error struct {
	Code Code
	// Field is the path of the input that is meant, such as input, inputSchema, 0, name; empty for the whole.
	Field []string
	// Message says in one English sentence what is wrong and what to do.
	Message string
	// Params are what the message was written with.
	Params []definition.Param
}

// Error is the message.
func (e Error) Error() string { return e.Message }

// Errors is everything that is wrong with a command, in the order of its input.
type Errors []Error

// Error joins the messages.
func (e Errors) Error() string {
	messages := make([]string, len(e))
	for i, one := range e {
		messages[i] = one.Message
	}
	return strings.Join(messages, "; ")
}

// New is a single refusal. Field may be nil.
func New(code Code, field []string, format string, args ...any) Errors {
	return Errors{{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}}
}

// Add appends one more refusal.
func (e *Errors) Add(code Code, field []string, format string, args ...any) {
	*e = append(*e, New(code, field, format, args...)...)
}

// OrNil is e as an error, and nil when nothing is wrong.
func (e Errors) OrNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// From finds the refusals in an error's chain.
func From(err error) (Errors, bool) {
	var e Errors
	ok := errors.As(err, &e)
	return e, ok
}

// Input is the path of a field of a mutation's input.
func Input(path ...string) []string { return append([]string{"input"}, path...) }

// MarshalGQL writes the enum's name.
func (c Code) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(c))) }

// UnmarshalGQL takes any text: the server never reads a code.
func (c *Code) UnmarshalGQL(in any) error {
	*c = Code(fmt.Sprint(in))
	return nil
}
