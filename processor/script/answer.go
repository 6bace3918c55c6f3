package script

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

// maxMessage is the most bytes of a fault's message or parameter.
const maxMessage = 8 << 10

// maxAnswer is the most bytes of an answer: texts of the log may take six bytes for each of theirs.
func maxAnswer(l *Limits) int { return 256<<10 + l.OutputBytes + 6*l.LogBytes + 64*l.LogLines }

// readAnswer decodes an answer and refuses whatever an honest child does not say. first and last are the numbers of the
// rows that it was given, smallest and greatest; zero when it was given none.
func readAnswer(body []byte, l *Limits, first, last int64) (*answer, error) {
	if len(body) < 4 {
		return nil, fmt.Errorf("read an answer: %w", errFrame)
	}
	head := uint64(binary.LittleEndian.Uint32(body))
	if body = body[4:]; head > uint64(len(body)) {
		return nil, fmt.Errorf("read an answer: %w", errFrame)
	}
	var a answer
	if err := decode(body[:head], &a); err != nil {
		return nil, err
	}
	a.output = body[head:]
	if err := a.check(l, first, last); err != nil {
		return nil, fmt.Errorf("check an answer: %w", err)
	}
	return &a, nil
}

// decode reads one JSON text with known fields only.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode a frame: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("decode a frame: %w", errFrame)
	}
	return nil
}

func (a *answer) check(l *Limits, first, last int64) error {
	switch {
	case a.Fault != nil && len(a.output) > 0:
		return errors.New("a fault and a result")
	case a.Fault != nil:
		if err := checkFault(a.Fault, first, last); err != nil {
			return err
		}
	case a.Last:
		return errors.New("the child ends for no fault")
	case len(a.output) > l.OutputBytes, len(a.output) > 0 && (!utf8.Valid(a.output) || !json.Valid(a.output)):
		return errors.New("a result that is no JSON, or too long")
	}
	sum := 0
	for i := range a.Log {
		line := &a.Log[i]
		if sum += len(line.Message); !line.Level.Valid() || utf8.RuneCountInString(line.Message) > 4*l.LogLineRunes {
			return errors.New("a line of the log that is none")
		}
	}
	if len(a.Log) > l.LogLines || sum > l.LogBytes {
		return errors.New("more log than is kept")
	}
	return nil
}

func checkFault(f *engine.Fault, first, last int64) error {
	switch f.Code {
	case definition.ErrorScriptThrew, definition.ErrorScriptTimeout, definition.ErrorScriptMemory,
		definition.ErrorScriptOutputInvalid:
	default:
		return errors.New("a fault that is none of a script's")
	}
	if f.Message == "" || len(f.Message) > maxMessage || len(f.Params) > 8 {
		return errors.New("a fault without a message, or with too much of it")
	}
	for _, p := range f.Params {
		if len(p.Name) > 64 || len(p.Value) > maxMessage {
			return errors.New("a parameter that is too long")
		}
	}
	if f.Line < 0 || f.Column < 0 || f.Row != 0 && (f.Row < first || f.Row > last) {
		return errors.New("a place that is none")
	}
	return nil
}

// fault is the error of a fault.
func errorOf(f *engine.Fault) *Error {
	return &Error{Code: f.Code, Message: f.Message, Line: f.Line, Column: f.Column, Row: f.Row, Params: f.Params}
}
