//go:build amd64 || arm64

package engine

import (
	_ "embed"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"entrepot/definition"
)

//go:embed globals.js
var globals []byte

// fileName is what a script's code is called in stacks.
const fileName = "processor.js"

// VM runs one call at a time. Its methods are for one goroutine, Stop aside.
type VM struct {
	config Config
	id     uintptr
	heap   *heap
	tls    *libc.TLS
	rt     uintptr
	ctx    uintptr
	image  []byte

	// Memory outside of the heap: for texts on their way in; for two words that the engine answers with; for arguments.
	scratch     uintptr
	scratchSize int
	words       uintptr
	arguments   uintptr

	// In the picture: the compiled code, what looks for process, context, and names.
	code, find value
	context    value
	plain      value // Object.prototype
	columns    []lib.TJSAtom
	row        lib.TJSAtom

	// Of the call.
	serial atomic.Uint64
	rows   value
	given  []given
	last   []lastText
	log    log
	print  printer
	output output

	// stop holds the serial number of the call to stop and, in its last byte, why.
	stop atomic.Uint64
}

// given is a row as it was handed over.
type given struct {
	object uintptr
	number int64
}

// Reason is why a call is stopped.
type Reason uint8

// The reasons to stop a call.
const (
	// CallTime is the end of the processor time of a call.
	CallTime Reason = iota + 1
	// ImportTime is the end of the processor time of all calls.
	ImportTime
)

// vms finds the VM that a callback of the engine is for: callbacks get a number, as memory of the engine holds no pointers
// of Go's.
var vms struct {
	sync.RWMutex
	next uintptr
	all  map[uintptr]*VM
}

func vmOf(id uintptr) *VM {
	vms.RLock()
	defer vms.RUnlock()
	return vms.all[id]
}

func vmOfContext(tls *libc.TLS, ctx uintptr) *VM {
	return vmOf(lib.XJS_GetRuntimeOpaque(tls, lib.XJS_GetRuntime(tls, ctx)))
}

// New makes a VM: its memory, its realm, and nothing of the tenant's yet.
func New(c Config) (*VM, error) {
	h, err := newHeap(c.Memory)
	if err != nil {
		return nil, err
	}
	v := &VM{config: c, heap: h, tls: libc.NewTLS()}
	v.words = libc.Xmalloc(v.tls, 64)
	v.arguments = libc.Xmalloc(v.tls, 64)
	if v.words == 0 || v.arguments == 0 {
		return nil, errors.New("no memory for an engine")
	}
	vms.Lock()
	if vms.all == nil {
		vms.all = make(map[uintptr]*VM)
	}
	vms.next++
	v.id = vms.next
	vms.all[v.id] = v
	vms.Unlock()
	if err := v.realm(); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// Close gives the memory back.
func (v *VM) Close() {
	vms.Lock()
	delete(vms.all, v.id)
	vms.Unlock()
	v.heap.close()
	for _, p := range []uintptr{v.scratch, v.words, v.arguments} {
		libc.Xfree(v.tls, p)
	}
	v.tls.Close()
}

// inUTC tells the C library, which is the language's only way to ask for a time zone, so that it does not look for a file.
// Its environment is that of all VMs, and must not be changed by two of them at a time.
var inUTC = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	variable, err := libc.CString("TZ\x00UTC0")
	if err != nil {
		panic(err)
	}
	defer libc.Xfree(tls, variable)
	libc.Xsetenv(tls, variable, variable+3, 1)
})

func (v *VM) realm() error {
	tls := v.tls
	inUTC()
	*at[lib.TJSMallocFunctions](v.words) = lib.TJSMallocFunctions{
		Fjs_malloc: entry(jsMalloc), Fjs_free: entry(jsFree), Fjs_realloc: entry(jsRealloc),
		Fjs_malloc_usable_size: entry(jsUsableSize),
	}
	if v.rt = lib.XJS_NewRuntime2(tls, v.words, v.heap.base); v.rt == 0 {
		return errors.New("make a runtime: no memory")
	}
	lib.XJS_SetRuntimeOpaque(tls, v.rt, v.id)
	lib.XJS_SetInterruptHandler(tls, v.rt, entry(interrupted), v.id)
	if v.ctx = lib.XJS_NewContextRaw(tls, v.rt); v.ctx == 0 {
		return errors.New("make a realm: no memory")
	}
	for _, add := range []func(*libc.TLS, uintptr) int32{
		lib.XJS_AddIntrinsicBaseObjects, lib.XJS_AddIntrinsicDate, lib.XJS_AddIntrinsicEval,
		lib.XJS_AddIntrinsicStringNormalize, lib.XJS_AddIntrinsicRegExp, lib.XJS_AddIntrinsicJSON, lib.XJS_AddIntrinsicProxy,
		lib.XJS_AddIntrinsicMapSet, lib.XJS_AddIntrinsicTypedArrays, lib.XJS_AddIntrinsicPromise,
	} {
		if add(tls, v.ctx) != 0 {
			return errors.New("make a realm: no memory")
		}
	}
	v.heap.c.counter = v.ctx + unsafe.Offsetof(lib.TJSContext{}.Finterrupt_counter)
	prepared := v.compile(globals, "globals.js")
	if !isException(prepared) {
		prepared = lib.XJS_EvalFunction(tls, v.ctx, prepared)
	}
	v.find = v.compile([]byte("typeof process === 'undefined' ? undefined : process"), "globals.js")
	if isException(prepared) || isException(v.find) || !v.addConsole() {
		return fmt.Errorf("prepare a realm: %s", v.describe(lib.XJS_GetException(tls, v.ctx)))
	}
	v.plain = lib.XJS_GetClassProto(tls, v.ctx, lib.EJS_CLASS_OBJECT)
	v.row = v.atom("row")
	return nil
}

func (v *VM) atom(name string) lib.TJSAtom {
	return lib.XJS_NewAtomLen(v.tls, v.ctx, v.put([]byte(name)), lib.Tsize_t(len(name)))
}

func (v *VM) compile(code []byte, name string) value {
	file, err := libc.CString(name)
	if err != nil {
		panic(err)
	}
	defer libc.Xfree(v.tls, file)
	return lib.XJS_Eval(v.tls, v.ctx, v.put(code), lib.Tsize_t(len(code)), file,
		lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY)
}

// Compile reads the code and takes the picture that calls begin with. It runs nothing of it.
func (v *VM) Compile() *Fault {
	v.serial.Add(1)
	if v.code = v.compile([]byte(v.config.Code), fileName); isException(v.code) {
		return v.syntax()
	}
	v.columns = make([]lib.TJSAtom, len(v.config.Columns))
	v.last = make([]lastText, len(v.columns))
	for i, c := range v.config.Columns {
		if v.columns[i] = v.atom(c.Name); v.columns[i] == 0 {
			return v.outOfMemory()
		}
	}
	if !v.makeContext() || !v.keepShapes() {
		return v.outOfMemory()
	}
	lib.XJS_SetGCThreshold(v.tls, v.rt, ^lib.Tsize_t(0)) // rows are no garbage
	v.image = v.heap.image()
	return nil
}

// Check begins a call without rows, runs the code and looks for process, without calling it.
func (v *VM) Check() *Fault {
	if f := v.Begin(nil, 1); f != nil {
		return f
	}
	process, f := v.process()
	v.release(process)
	if f == nil && lib.XJS_IsJobPending(v.tls, v.rt) != 0 {
		f = v.unfinished()
	}
	return f
}

// Run runs the code, calls process with the rows that were added, and gives what it returned as JSON.
func (v *VM) Run() ([]byte, *Fault) {
	used := v.heap.top() - v.heap.base
	lib.XJS_SetGCThreshold(v.tls, v.rt, lib.Tsize_t(used+min(used/2+1<<20, (v.heap.end-v.heap.top())/2)))
	process, f := v.process()
	if f != nil {
		return nil, f
	}
	arguments := unsafe.Slice(at[value](v.arguments), 2)
	arguments[0], arguments[1] = v.rows, v.context
	returned := lib.XJS_Call(v.tls, v.ctx, process, undefined, 2, v.arguments)
	if isException(returned) {
		return nil, v.threw()
	}
	return v.snapshot(returned)
}

func (v *VM) process() (value, *Fault) {
	if isException(lib.XJS_EvalFunction(v.tls, v.ctx, v.code)) {
		return undefined, v.threw()
	}
	process := lib.XJS_EvalFunction(v.tls, v.ctx, v.find)
	switch {
	case isException(process):
		return undefined, v.threw()
	case lib.XJS_IsFunction(v.tls, v.ctx, process) != 0:
		return process, v.ended()
	case tag(process) == lib.EJS_TAG_UNDEFINED:
		return undefined, threwFault("The code defines no function process(rows, context): add it.")
	}
	return undefined, threwFault("The code's process is no function: define it as function process(rows, context).")
}

func threwFault(message string) *Fault {
	return &Fault{Code: definition.ErrorScriptThrew, Message: message}
}

// Stop ends the call that goes on soon, from any goroutine: the script can neither catch it nor go on. One that stays
// within one native operation does not notice.
func (v *VM) Stop(why Reason) {
	v.stop.Store(v.serial.Load()<<8 | uint64(why))
	// The engine asks whether to stop when this counter is used up. It counts it down at the same time and may overwrite
	// this; whoever stops a call says so again until it has ended.
	atomic.StoreInt32(at[int32](v.heap.c.counter), 0)
}

// interrupted is what the engine asks now and then while a script runs.
func interrupted(_ *libc.TLS, _, id uintptr) int32 {
	v := vmOf(id)
	if v.heap.c.refused == 0 && v.stopped() == 0 {
		return 0
	}
	*at[int32](v.heap.c.counter) = 1 // ask at every step from here on
	return 1
}

func (v *VM) stopped() Reason {
	if s := v.stop.Load(); s>>8 == v.serial.Load() {
		return Reason(s)
	}
	return 0
}
