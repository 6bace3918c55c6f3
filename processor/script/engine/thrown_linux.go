//go:build amd64 || arm64

package engine

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	lib "modernc.org/libquickjs"

	"entrepot/definition"
)

// maxQuoted is the most characters of what was thrown that a message quotes.
const maxQuoted = 500

// place is where a stack says that something happened in the tenant's code. The first one is the topmost.
var place = regexp.MustCompile(`(?:^|[ (])` + regexp.QuoteMeta(fileName) + `:(\d{1,9}):(\d{1,9})\)?(?:\n|$)`)

var moduleLine = regexp.MustCompile(`^\s*(?:import\b\s*[^(\s]|export\b)`)

// threw turns what the code threw into a fault.
func (v *VM) threw() *Fault {
	thrown := lib.XJS_GetException(v.tls, v.ctx)
	if f := v.ended(); f != nil {
		return f
	}
	what := v.describe(thrown)
	line, column := v.position(thrown)
	row := v.rowOf(thrown)
	// Reading these may have run getters, whose time and memory count.
	if f := v.ended(); f != nil {
		return f
	}
	f := &Fault{Code: definition.ErrorScriptThrew, Line: line, Column: column, Row: row}
	var b strings.Builder
	b.WriteString("The script threw")
	if line > 0 {
		b.WriteString(" at line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column))
		f.Params = append(f.Params, definition.Param{Name: "line", Value: strconv.Itoa(line)},
			definition.Param{Name: "column", Value: strconv.Itoa(column)})
	}
	if row > 0 {
		b.WriteString(" about row " + strconv.FormatInt(row, 10))
		f.Params = append(f.Params, definition.Param{Name: "row", Value: strconv.FormatInt(row, 10)})
	}
	b.WriteString(": " + what)
	switch what {
	case "InternalError: stack overflow", "RangeError: Maximum call stack size exceeded":
		b.WriteString(" (functions call each other too deep, mostly without end)")
	case "SyntaxError: stack overflow":
		b.WriteString(" (code or JSON is nested too deep)")
	}
	f.Message = b.String()
	f.Params = append(f.Params, definition.Param{Name: "thrown", Value: what})
	return f
}

// syntax turns what the compiler threw into a fault.
func (v *VM) syntax() *Fault {
	f := v.threw()
	if f.Code != definition.ErrorScriptThrew {
		return f
	}
	what := f.Params[len(f.Params)-1].Value
	f.Message = "The code cannot be compiled"
	if f.Line > 0 {
		f.Message += ", line " + strconv.Itoa(f.Line) + ", column " + strconv.Itoa(f.Column)
	}
	if f.Message += ": " + what; v.isModule(f.Line) {
		f.Message += " (there are no modules: write all of the code here, without import and export)"
	}
	return f
}

// isModule tells whether a line of the code looks like one of a module.
func (v *VM) isModule(line int) bool {
	text, _ := v.line(line)
	return moduleLine.MatchString(text)
}

// line is a line of the code, counted from 1 as the engine does it, without its end.
func (v *VM) line(n int) (text string, found bool) {
	for text := range strings.SplitSeq(v.config.Code, "\n") {
		if n--; n == 0 {
			return text, true
		}
	}
	return "", false
}

func (v *VM) unfinished() *Fault {
	return &Fault{
		Code: definition.ErrorScriptOutputInvalid,
		Message: "The script left work for later (a promise, an async function or import()), which is never done: everything " +
			"must be done when process returns.",
	}
}

// describe says what was thrown in one line: name and message of an error, else the value.
func (v *VM) describe(thrown value) string {
	var s string
	switch {
	case isText(thrown):
		s = v.string(thrown)
	case lib.XJS_IsError(v.tls, v.ctx, thrown) != 0:
		name, message := v.property(thrown, "name"), v.property(thrown, "message")
		switch {
		case name == "":
			s = message
		case message == "":
			s = name
		default:
			s = name + ": " + message
		}
		if s == "" {
			s = "an error without a message"
		}
	default:
		s = v.printed(thrown)
	}
	if s == "" {
		s = "an empty text"
	}
	return quoted(s)
}

// property reads a text; what is none, or throws, is empty.
func (v *VM) property(object value, name string) string {
	val := v.get(object, name)
	defer v.release(val)
	switch {
	case isException(val):
		v.swallow()
	case isText(val):
		return v.string(val)
	}
	return ""
}

// string is a text, with U+FFFD for what is no character; empty when there is no memory for it.
func (v *VM) string(val value) string {
	b, ok := v.bytes(val)
	if !ok {
		v.swallow()
		return ""
	}
	return validText(b)
}

// position reads the place from a stack. A script can write a stack itself, and then says so of itself: what it names is
// taken if the code has such a place, the end of a line among them, and is 0, 0 otherwise.
func (v *VM) position(thrown value) (line, column int) {
	if lib.XJS_IsError(v.tls, v.ctx, thrown) == 0 {
		return 0, 0
	}
	stack := v.property(thrown, "stack")
	if len(stack) > 64<<10 {
		stack = stack[:64<<10]
	}
	m := place.FindStringSubmatch(stack)
	if m == nil {
		return 0, 0
	}
	line, _ = strconv.Atoi(m[1])
	column, _ = strconv.Atoi(m[2])
	if text, found := v.line(line); !found || column < 1 || column > utf8.RuneCountInString(text)+1 {
		return 0, 0
	}
	return line, column
}

// rowOf is the number of the row that a thrown object has as its own property row.
func (v *VM) rowOf(thrown value) int64 {
	if !isObject(thrown) {
		return 0
	}
	d := at[lib.TJSPropertyDescriptor](v.arguments)
	switch lib.XJS_GetOwnProperty(v.tls, v.ctx, v.arguments, thrown, v.row) {
	case 0:
		return 0
	case 1:
		number := v.numberOfRow(d.Fvalue)
		v.release(d.Fvalue)
		v.release(d.Fgetter)
		v.release(d.Fsetter)
		return number
	}
	v.swallow()
	return 0
}

// quoted makes one line of a text and cuts it.
func quoted(s string) string {
	s = visible(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(cutRunes(s, maxQuoted+1)))
	if utf8.RuneCountInString(s) > maxQuoted {
		s = cutRunes(s, maxQuoted-1) + "…"
	}
	return s
}

func cutRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
