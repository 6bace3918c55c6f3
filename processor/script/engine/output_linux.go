//go:build amd64 || arm64

package engine

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	lib "modernc.org/libquickjs"

	"entrepot/definition"
)

// The bounds of what process returns, beside its length.
const (
	maxDepth = 8
	maxKeys  = 100_000
)

// output is what process returned, as it is read.
type output struct {
	json []byte
	keys int
	path []step
	// above are the objects that the value being read lies in.
	above []uintptr
}

// step is a key, or an index of an array.
type step struct {
	key   string
	index int // -1: a key
}

// snapshot reads a value, each property once and no more than its own enumerable ones with text keys, into JSON.
func (v *VM) snapshot(returned value) ([]byte, *Fault) {
	v.output = output{}
	f := v.value(returned)
	// Getters and proxies run code of the script, whose time and memory count.
	if ended := v.ended(); ended != nil {
		return nil, ended
	}
	if f == nil && lib.XJS_IsJobPending(v.tls, v.rt) != 0 {
		f = v.unfinished()
	}
	if f != nil {
		return nil, f
	}
	return v.output.json, nil
}

func (v *VM) value(val value) *Fault {
	o := &v.output
	switch tag(val) {
	case lib.EJS_TAG_NULL:
		o.json = append(o.json, "null"...)
	case lib.EJS_TAG_BOOL:
		o.json = strconv.AppendBool(o.json, integerOf(val) != 0)
	case lib.EJS_TAG_INT:
		o.json = strconv.AppendInt(o.json, int64(integerOf(val)), 10)
	case lib.EJS_TAG_FLOAT64:
		d := doubleOf(val)
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return v.invalid(v.printed(val)+", which is no number that can be kept", "return null where there is no value")
		}
		o.json = appendDouble(o.json, d)
	case lib.EJS_TAG_STRING, lib.EJS_TAG_STRING_ROPE:
		return v.textValue(val)
	case lib.EJS_TAG_OBJECT:
		return v.object(val)
	case lib.EJS_TAG_UNDEFINED:
		if len(o.path) > 0 {
			return v.invalid("undefined", "return null where there is no value")
		}
		return v.invalid("undefined", "return an object, and null where there is no value")
	case lib.EJS_TAG_BIG_INT, lib.EJS_TAG_SHORT_BIG_INT:
		return v.invalid("a BigInt", "make it a number with Number(…), or a text with String(…)")
	case lib.EJS_TAG_SYMBOL:
		return v.invalid("a symbol", "return numbers, texts and booleans")
	default:
		return v.invalid("a value of an unknown kind", "return numbers, texts and booleans")
	}
	return v.size()
}

func (v *VM) size() *Fault {
	if len(v.output.json) <= v.config.Output {
		return nil
	}
	limit := strconv.Itoa(v.config.Output)
	return &Fault{
		Code:    definition.ErrorScriptOutputInvalid,
		Message: "What process returns is longer than " + limit + " bytes of JSON: return outputs, not rows.",
		Params:  []definition.Param{{Name: "limit", Value: limit}},
	}
}

func (v *VM) textValue(val value) *Fault {
	b, ok := v.bytes(val)
	switch {
	case !ok:
		return v.threw()
	case !utf8.Valid(b):
		return v.invalid("a text with half of a surrogate pair", "cut texts between characters, as [...text] does")
	case len(b) <= v.config.Output:
		v.output.json = appendText(v.output.json, b)
	default:
		v.output.json = append(v.output.json, b...) // too long either way
	}
	return v.size()
}

func (v *VM) object(val value) *Fault {
	tls, ctx, o := v.tls, v.ctx, &v.output
	for _, a := range o.above {
		if a == address(val) {
			return v.invalid("an object that contains itself", "return a value without cycles")
		}
	}
	if len(o.above) == maxDepth {
		return v.invalid("nested deeper than "+strconv.Itoa(maxDepth)+" levels", "return an object keyed by output")
	}
	if lib.XJS_PromiseState(tls, ctx, val) >= 0 {
		return v.invalid("a promise", "process must not be async, and nothing it returns a promise")
	}
	if lib.XJS_IsFunction(tls, ctx, val) != 0 {
		return v.invalid("a function", "return its result")
	}
	array := lib.XJS_IsArray(tls, ctx, val)
	if array < 0 {
		return v.threw()
	}
	if array == 0 {
		prototype := lib.XJS_GetPrototype(tls, ctx, val)
		defer v.release(prototype)
		switch {
		case isException(prototype):
			return v.threw()
		case tag(prototype) != lib.EJS_TAG_NULL && address(prototype) != address(v.plain):
			return v.invalid("an instance of a class, such as Date or Map", "return plain objects, arrays, numbers, texts and booleans")
		}
	}
	o.above = append(o.above, address(val))
	defer func() { o.above = o.above[:len(o.above)-1] }()

	names, n, f := v.names(val)
	if f != nil {
		return f
	}
	defer lib.XJS_FreePropertyEnum(tls, ctx, names, uint32(n))
	if o.keys += n; o.keys > maxKeys {
		return v.invalid("more than "+strconv.Itoa(maxKeys)+" values", "return outputs, not rows")
	}
	atoms := unsafe.Slice(at[lib.TJSPropertyEnum](names), n)
	if array > 0 {
		return v.array(val, atoms)
	}
	return v.plainObject(val, atoms)
}

// names lists the own enumerable keys that are texts.
func (v *VM) names(val value) (table uintptr, n int, f *Fault) {
	if lib.XJS_GetOwnPropertyNames(v.tls, v.ctx, v.words, v.words+8, val,
		lib.MJS_GPN_STRING_MASK|lib.MJS_GPN_ENUM_ONLY) < 0 {
		return 0, 0, v.threw()
	}
	return *at[uintptr](v.words), int(*at[uint32](v.words + 8)), nil
}

func (v *VM) plainObject(val value, names []lib.TJSPropertyEnum) *Fault {
	o := &v.output
	o.json = append(o.json, '{')
	first := true
	for i := range names {
		if v.ended() != nil {
			return nil // the caller asks why
		}
		key, f := v.key(names[i].Fatom)
		if f != nil {
			return f
		}
		o.path = append(o.path, step{key, -1})
		member := lib.XGetProperty(v.tls, v.ctx, val, names[i].Fatom)
		switch {
		case isException(member):
			return v.threw()
		case tag(member) == lib.EJS_TAG_UNDEFINED: // left out, as everywhere in JSON
		default:
			if !first {
				o.json = append(o.json, ',')
			}
			first = false
			o.json = append(appendText(o.json, []byte(key)), ':')
			if f := v.value(member); f != nil {
				return f
			}
		}
		v.release(member)
		o.path = o.path[:len(o.path)-1]
	}
	o.json = append(o.json, '}')
	return v.size()
}

func (v *VM) key(atom lib.TJSAtom) (string, *Fault) {
	name := lib.XJS_AtomToString(v.tls, v.ctx, atom)
	if isException(name) {
		return "", v.threw()
	}
	defer v.release(name)
	b, ok := v.bytes(name)
	if !ok {
		return "", v.threw()
	}
	if !utf8.Valid(b) {
		return "", v.invalid("an object with a key that holds half of a surrogate pair", "key the object by output")
	}
	return string(b), nil
}

// An atom that stands for the key of an array's element is its index, with this bit.
const indexAtom = 1 << 31

func (v *VM) array(val value, names []lib.TJSPropertyEnum) *Fault {
	o := &v.output
	length, f := v.length(val)
	if f != nil {
		return f
	}
	o.json = append(o.json, '[')
	for i := range names {
		if v.ended() != nil {
			return nil // the caller asks why
		}
		if names[i].Fatom != indexAtom|lib.TJSAtom(i) {
			break
		}
		if i > 0 {
			o.json = append(o.json, ',')
		}
		o.path = append(o.path, step{index: i})
		element := lib.XGetProperty(v.tls, v.ctx, val, names[i].Fatom)
		if isException(element) {
			return v.threw()
		}
		if f := v.value(element); f != nil {
			return f
		}
		v.release(element)
		o.path = o.path[:len(o.path)-1]
		length--
	}
	if length != 0 || len(names) > 0 && names[len(names)-1].Fatom != indexAtom|lib.TJSAtom(len(names)-1) {
		return v.invalid("an array with holes, or with keys that are no indexes", "return null where there is no value")
	}
	o.json = append(o.json, ']')
	return v.size()
}

func (v *VM) length(array value) (int64, *Fault) {
	length := v.get(array, "length")
	defer v.release(length)
	switch {
	case isException(length):
		return 0, v.threw()
	case tag(length) == lib.EJS_TAG_INT:
		return int64(integerOf(length)), nil
	case tag(length) == lib.EJS_TAG_FLOAT64:
		return int64(doubleOf(length)), nil
	}
	return -1, nil
}

// invalid is the fault of the value at the path.
func (v *VM) invalid(what, do string) *Fault {
	path := v.output.where()
	at := "process returns "
	f := &Fault{Code: definition.ErrorScriptOutputInvalid}
	if path != "" {
		at = "In what process returns, " + path + " is "
		f.Params = []definition.Param{{Name: "path", Value: path}}
	}
	f.Message = at + what + ": " + do + "."
	return f
}

// where is the path as JavaScript writes it: kwh[3].total.
func (o *output) where() string {
	var b strings.Builder
	for _, s := range o.path {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case isName(s.key):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		default:
			b.WriteString("[" + string(appendText(nil, []byte(visible(cutRunes(s.key, 64))))) + "]")
		}
	}
	return b.String()
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && r != '$' && (r|0x20 < 'a' || r|0x20 > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
