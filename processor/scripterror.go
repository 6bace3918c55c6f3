package processor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entrepot/definition"
	"entrepot/processor/script"
)

// ScriptError tells that a processor failed for a site, or returned what its outputs cannot be.
type ScriptError struct {
	Code    definition.ImportErrorCode
	Message string
	// Params are site, unless there is no SITE_IDENTIFIER column, line and column of the code and row where they are known,
	// and of an output rule, and output and period where one is meant.
	Params []definition.Param
	// File is the Config.File of the row that Params name, which counts within its file; 0 where they name none.
	File int
	// Err is what the engine said, nil where it is the output that is wrong. Its cause is for the server's log.
	Err error
}

// Error is the message.
func (e *ScriptError) Error() string { return e.Message }

// Unwrap is Err.
func (e *ScriptError) Unwrap() error { return e.Err }

// scriptError says which site an error is about. What is no fault of the script stays as it is.
func scriptError(site *string, err error) error {
	var wrong *outputFault
	var failed *script.Error
	e := &ScriptError{Code: definition.ErrorScriptOutputInvalid}
	if site != nil {
		e.Message = "site '" + *site + "': "
		e.Params = append(e.Params, definition.Param{Name: "site", Value: *site})
	}
	switch {
	case errors.As(err, &wrong):
		e.Message += wrong.message
		e.Params = append(e.Params, wrong.params...)
	case errors.As(err, &failed):
		e.Code, e.Err = failed.Code, err
		failed = e.within(failed)
		e.Message += lowerFirst(storable(strings.TrimSuffix(failed.Message, ".")))
		place := fmt.Sprintf("line %d, column %d", failed.Line, failed.Column)
		if failed.Line > 0 && !strings.Contains(e.Message, place) {
			e.Message += "; " + place
		}
		e.Params = append(e.Params, scriptParams(failed)...)
	default:
		return fmt.Errorf("call processor: %w", err)
	}
	return e
}

// within notes the file of the row that an error names, and gives the error with the row's number within that.
func (e *ScriptError) within(failed *script.Error) *script.Error {
	e.File = int(failed.Row >> fileShift)
	if e.File == 0 {
		return failed
	}
	named := *failed
	named.Row &= 1<<fileShift - 1
	long, short := strconv.FormatInt(failed.Row, 10), strconv.FormatInt(named.Row, 10)
	named.Message = strings.Replace(failed.Message, " about row "+long+":", " about row "+short+":", 1)
	named.Params = slices.Clone(failed.Params)
	for i := range named.Params {
		if named.Params[i].Name == "row" {
			named.Params[i].Value = short
		}
	}
	return &named
}

// scriptParams are the params of an error, and the place where they lack it.
func scriptParams(e *script.Error) (params []definition.Param) {
	for _, place := range []struct {
		name  string
		value int64
	}{{"line", int64(e.Line)}, {"column", int64(e.Column)}, {"row", e.Row}} {
		known := slices.ContainsFunc(e.Params, func(p definition.Param) bool { return p.Name == place.name })
		if place.value > 0 && !known {
			params = append(params, definition.Param{Name: place.name, Value: strconv.FormatInt(place.value, 10)})
		}
	}
	for _, p := range e.Params {
		params = append(params, definition.Param{Name: p.Name, Value: storable(p.Value)})
	}
	return params
}

// lowerFirst is a sentence as it goes on behind a colon.
func lowerFirst(text string) string {
	if len(text) > 1 && text[0]-'A' < 26 && (text[1] == ' ' || text[1]-'a' < 26) {
		return string(text[0]|0x20) + text[1:]
	}
	return text
}

// storable is a text of a script as a database takes it: valid UTF-8 without NUL.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
