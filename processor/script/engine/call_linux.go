//go:build amd64 || arm64

package engine

import (
	"bytes"

	lib "modernc.org/libquickjs"
)

// lastText is the text that a column had last: rows of one site often repeat it, and then share one string.
type lastText struct {
	text []byte
	val  value // undefined: none
}

// maxShared is the longest text that is looked at for being the same as the one before.
const maxShared = 64

// makeContext makes what process gets as its second argument, but for the site.
func (v *VM) makeContext() bool {
	tls, ctx := v.tls, v.ctx
	v.context = lib.XJS_NewObject(tls, ctx)
	columns := lib.XJS_NewArray(tls, ctx)
	if isException(v.context) || isException(columns) {
		return false
	}
	year := null
	if v.config.Year != 0 {
		year = number(float64(v.config.Year))
	}
	for i, c := range v.config.Columns {
		column := lib.XJS_NewObject(tls, ctx)
		if isException(column) || !v.define(column, "name", v.text([]byte(c.Name))) ||
			!v.define(column, "type", v.text([]byte(c.Type))) || !v.define(column, "header", v.textOrNull(c.Header)) ||
			lib.XJS_DefinePropertyValueUint32(tls, ctx, columns, uint32(i), column, lib.MJS_PROP_C_W_E) < 0 {
			return false
		}
	}
	return v.define(v.context, "year", year) && v.define(v.context, "site", null) && v.define(v.context, "columns", columns)
}

func (v *VM) textOrNull(s string) value {
	if s == "" {
		return null
	}
	return v.text([]byte(s))
}

// maxShapes is the most columns for which the shapes of rows are kept.
const maxShapes = 32

// keepShapes makes objects with the first columns, and ever more of them, that stay: the engine finds the shape of a row
// that it builds column by column at each of them then.
func (v *VM) keepShapes() bool {
	for n := range v.columns[:min(len(v.columns), maxShapes)] {
		object := lib.XJS_NewObject(v.tls, v.ctx)
		for _, column := range v.columns[:n] {
			if isException(object) ||
				lib.XJS_DefinePropertyValue(v.tls, v.ctx, object, column, null, lib.MJS_PROP_C_W_E) < 0 {
				return false
			}
		}
	}
	return true
}

// Begin puts the realm back as it was before the first call. site is nil when there is none; seed decides what
// Math.random gives.
func (v *VM) Begin(site *Site, seed uint64) *Fault {
	v.serial.Add(1)
	v.heap.restore(v.image)
	v.given, v.log, v.output = v.given[:0], log{}, output{}
	for i := range v.last {
		v.last[i].val = undefined
	}
	at[lib.TJSContext](v.ctx).Frandom_state = max(seed, 1) // zero would stay zero
	if v.rows = lib.XJS_NewArray(v.tls, v.ctx); isException(v.rows) {
		return v.outOfMemory()
	}
	if site == nil {
		return nil
	}
	object := lib.XJS_NewObject(v.tls, v.ctx)
	if isException(object) || !v.define(object, "key", v.text([]byte(site.Key))) ||
		!v.define(object, "name", v.textOrNull(site.Name)) || !v.define(v.context, "site", object) {
		return v.outOfMemory()
	}
	return nil
}

// AddRow adds a row with one cell for each column. After a fault the call is over.
func (v *VM) AddRow(number int64, cells []Cell) *Fault {
	tls, ctx := v.tls, v.ctx
	object := lib.XJS_NewObject(tls, ctx)
	if isException(object) {
		return v.outOfMemory()
	}
	for i := range cells {
		val := v.cell(&cells[i], &v.last[i])
		if isException(val) ||
			lib.XJS_DefinePropertyValue(tls, ctx, object, v.columns[i], val, lib.MJS_PROP_C_W_E) < 0 {
			return v.outOfMemory()
		}
	}
	// The reference of ours keeps the object's address its own, should the script drop the row.
	v.keep(object)
	if lib.XJS_SetPropertyUint32(tls, ctx, v.rows, uint32(len(v.given)), object) < 0 {
		return v.outOfMemory()
	}
	v.given = append(v.given, given{address(object), number})
	return nil
}

func (v *VM) cell(c *Cell, last *lastText) value {
	switch c.Kind {
	case Number:
		return number(c.Number)
	case Text:
		if len(c.Text) > maxShared {
			return v.text(c.Text)
		}
		if last.val == undefined || !bytes.Equal(last.text, c.Text) {
			if last.val = v.text(c.Text); isException(last.val) {
				return exception
			}
			last.text = append(last.text[:0], c.Text...)
		}
		return v.keep(last.val)
	case False, True:
		return boolean(c.Kind == True)
	}
	return null
}

// numberOfRow is the number of a row that was given, or 0.
func (v *VM) numberOfRow(val value) int64 {
	if isObject(val) {
		for _, g := range v.given {
			if g.object == address(val) {
				return g.number
			}
		}
	}
	return 0
}

func (v *VM) outOfMemory() *Fault {
	if f := v.ended(); f != nil {
		return f
	}
	return MemoryFault(v.config.Memory)
}

// ended tells why the call may not go on, if it may not. Whatever the script made of it, that is the outcome.
func (v *VM) ended() *Fault {
	if v.heap.c.refused > 0 {
		return MemoryFault(v.config.Memory)
	}
	switch v.stopped() {
	case CallTime:
		return CallTimeFault()
	case ImportTime:
		return ImportTimeFault()
	}
	return nil
}
