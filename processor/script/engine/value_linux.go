//go:build amd64 || arm64

package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

type value = lib.TJSValue

var (
	undefined = value{Ftag: lib.EJS_TAG_UNDEFINED}
	null      = value{Ftag: lib.EJS_TAG_NULL}
	exception = value{Ftag: lib.EJS_TAG_EXCEPTION}
)

func tag(v value) int           { return int(int32(v.Ftag)) }
func isException(v value) bool  { return tag(v) == lib.EJS_TAG_EXCEPTION }
func isObject(v value) bool     { return tag(v) == lib.EJS_TAG_OBJECT }
func address(v value) uintptr   { return uintptr(v.Fu.Fuint641) }
func integerOf(v value) int32   { return int32(v.Fu.Fuint641) }
func doubleOf(v value) float64  { return math.Float64frombits(v.Fu.Fuint641) }
func integer(n int32) (v value) { v.Fu.Fuint641 = uint64(uint32(n)); return v }
func boolean(b bool) (v value) {
	v.Ftag = lib.EJS_TAG_BOOL
	if b {
		v.Fu.Fuint641 = 1
	}
	return v
}

// isText tells a string, of one piece or several.
func isText(v value) bool { return tag(v) == lib.EJS_TAG_STRING || tag(v) == lib.EJS_TAG_STRING_ROPE }

// number is the value that the engine itself would have for f: whole numbers are integers to it where they fit.
func number(f float64) (v value) {
	if n := int32(f); float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return integer(n)
	}
	v.Fu.Fuint641 = math.Float64bits(f)
	v.Ftag = lib.EJS_TAG_FLOAT64
	return v
}

// entry is the address of a Go function for the engine to call. Only functions of a package have one that stays.
func entry(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// text makes a string.
func (v *VM) text(b []byte) value {
	return lib.XJS_NewStringLen(v.tls, v.ctx, v.put(b), lib.Tsize_t(len(b)))
}

// put copies bytes, and a NUL after them, to where the engine can read them until the next put.
func (v *VM) put(b []byte) uintptr {
	if len(b) >= v.scratchSize {
		libc.Xfree(v.tls, v.scratch)
		v.scratchSize = 2*len(b) + 4096
		v.scratch = libc.Xmalloc(v.tls, lib.Tsize_t(v.scratchSize))
		if v.scratch == 0 {
			panic("no memory for a text that a script is given")
		}
	}
	to := unsafe.Slice(at[byte](v.scratch), v.scratchSize)
	to[copy(to, b)] = 0
	return v.scratch
}

// bytes gives a string's UTF-8; a surrogate without its pair comes as three bytes that are not. False when the memory
// does not suffice, or the value is no string and cannot be made one.
func (v *VM) bytes(s value) (b []byte, ok bool) {
	p := lib.XJS_ToCStringLen2(v.tls, v.ctx, v.words, s, 0)
	if p == 0 {
		return nil, false
	}
	b = append(b, unsafe.Slice(at[byte](p), *at[uintptr](v.words))...)
	lib.XJS_FreeCString(v.tls, v.ctx, p)
	return b, true
}

// get reads a property, by name; what that throws is an exception.
func (v *VM) get(object value, name string) value {
	return lib.XJS_GetPropertyStr(v.tls, v.ctx, object, v.put([]byte(name)))
}

// define sets a plain property of an object and takes the value over; false when the memory does not suffice.
func (v *VM) define(object value, name string, val value) bool {
	if isException(val) {
		return false
	}
	return lib.XJS_DefinePropertyValueStr(v.tls, v.ctx, object, v.put([]byte(name)), val, lib.MJS_PROP_C_W_E) >= 0
}

func (v *VM) release(val value)    { lib.XFreeValue(v.tls, v.ctx, val) }
func (v *VM) keep(val value) value { return lib.XDupValue(v.tls, v.ctx, val) }

// swallow forgets the exception that is pending.
func (v *VM) swallow() { v.release(lib.XJS_GetException(v.tls, v.ctx)) }
