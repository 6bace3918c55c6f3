//go:build amd64 || arm64

package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"entrepot/definition"
)

// log is what a call wrote to its console.
type log struct {
	lines []Line
	bytes int
	left  bool // lines were left out
	full  bool // nothing more is kept: what is kept is the beginning
}

var consoleFunctions = []struct {
	name  string
	level definition.LogLevel
}{
	{"log", definition.LogLevelLog},
	{"info", definition.LogLevelInfo},
	{"warn", definition.LogLevelWarn},
	{"error", definition.LogLevelError},
	{"debug", definition.LogLevelLog},
}

func (v *VM) addConsole() bool {
	console := lib.XJS_NewObject(v.tls, v.ctx)
	if isException(console) {
		return false
	}
	for i, f := range consoleFunctions {
		name, err := libc.CString(f.name)
		if err != nil {
			return false
		}
		ok := v.define(console, f.name,
			lib.XJS_NewCFunction2(v.tls, v.ctx, entry(write), name, 0, lib.EJS_CFUNC_generic_magic, int32(i)))
		libc.Xfree(v.tls, name)
		if !ok {
			return false
		}
	}
	global := lib.XJS_GetGlobalObject(v.tls, v.ctx)
	defer v.release(global)
	return lib.XJS_DefinePropertyValueStr(v.tls, v.ctx, global, v.put([]byte("console")), console,
		lib.MJS_PROP_WRITABLE|lib.MJS_PROP_CONFIGURABLE) >= 0
}

// Log is what the call has written so far; truncated tells that lines were left out. One that was cut ends with "…".
func (v *VM) Log() (lines []Line, truncated bool) { return v.log.lines, v.log.left }

// write is console.log and its like.
func write(tls *libc.TLS, ctx uintptr, _ value, argc int32, argv uintptr, which int32) value {
	v := vmOfContext(tls, ctx)
	if v.log.full {
		v.log.left = true
		return undefined
	}
	var b strings.Builder
	for i, argument := range unsafe.Slice(at[value](argv), argc) {
		if i > 0 {
			b.WriteByte(' ')
		}
		if isText(argument) {
			text, ok := v.bytes(argument)
			if !ok {
				return exception
			}
			b.WriteString(validText(text[:min(len(text), v.config.LogBytes+utf8.UTFMax)]))
		} else {
			b.WriteString(v.printed(argument))
		}
		if b.Len() > v.config.LogBytes {
			break // more than is ever kept
		}
	}
	v.log.add(consoleFunctions[which].level, b.String(), &v.config)
	return undefined
}

func (l *log) add(level definition.LogLevel, message string, c *Config) {
	if cut := cutRunes(message, c.LogLineRunes); len(cut) < len(message) {
		message = cutRunes(cut, c.LogLineRunes-1) + "…"
	}
	message = visible(message)
	if len(l.lines) >= c.LogLines || l.bytes+len(message) > c.LogBytes {
		l.left, l.full = true, true
		return
	}
	l.lines = append(l.lines, Line{Level: level, Message: message})
	l.bytes += len(message)
}

// visible shows control characters but line breaks and tabs as \x1b.
func visible(s string) string {
	isHidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if strings.IndexFunc(s, isHidden) < 0 {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, r := range s {
		if isHidden(r) {
			b.WriteString(`\x` + string([]byte{digits[r>>4&15], digits[r&15]}))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// validText is b with U+FFFD for what is no UTF-8.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// printer collects what the engine prints of a value.
type printer struct {
	text []byte
	most int
}

// Of a value that is printed, this much is looked at: it bounds the time that printing takes.
const (
	printedDepth  = 3
	printedItems  = 50
	printedString = 200
	printedBytes  = 8 << 10
)

// printed is what the engine shows of a value that is no text, such as { site: "A", kwh: [ 1, 2 ] }. It runs no code of
// the script: getters are shown as such.
func (v *VM) printed(val value) string {
	options := at[lib.TJSPrintValueOptions](v.arguments)
	lib.XJS_PrintValueSetDefaultOptions(v.tls, v.arguments)
	options.Fmax_depth, options.Fmax_item_count, options.Fmax_string_length = printedDepth, printedItems, printedString
	v.print = printer{text: v.print.text[:0], most: printedBytes}
	lib.XJS_PrintValue(v.tls, v.ctx, entry(collect), v.id, val, v.arguments)
	if lib.XJS_HasException(v.tls, v.ctx) != 0 {
		v.swallow()
	}
	return strings.TrimSpace(validText(v.print.text))
}

func collect(_ *libc.TLS, id, text uintptr, n lib.Tsize_t) {
	p := &vmOf(id).print
	p.text = append(p.text, unsafe.Slice(at[byte](text), min(int(n), p.most-len(p.text)))...)
}
