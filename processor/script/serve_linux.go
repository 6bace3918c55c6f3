//go:build amd64 || arm64

package script

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"entrepot/processor/script/engine"
)

// How a child ends itself: for the parent's log.
const (
	exitDone    = 0 // the parent has gone
	exitRefused = 3 // it could not wall itself in
	exitLast    = 4 // a script could not be stopped otherwise; the answer has told
	exitConfuse = 5 // the parent says what no parent says
)

// ServeIfChild makes the process a child that runs scripts, where it was started as one, and does not return then. It must
// be the first thing that main does, and TestMain of packages whose tests run scripts: nothing may have been opened or
// started by then that a child must not have.
func ServeIfChild() {
	if len(os.Args) < 2 || os.Args[1] != marker {
		return
	}
	vms, memory, cpu, err := arguments(os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "script:", err)
		os.Exit(exitConfuse)
	}
	newServer(vms, memory, cpu).serve()
}

func arguments(args []string) (vms int, memory, cpu int64, err error) {
	if len(args) != 3 {
		return 0, 0, 0, errors.New("this command is for the server's own use")
	}
	vms, err1 := strconv.Atoi(args[0])
	memory, err2 := strconv.ParseInt(args[1], 10, 64)
	cpu, err3 := strconv.ParseInt(args[2], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil || vms < 1 || vms > 64 || memory < 1 || memory > 1<<30 || cpu < 1 {
		return 0, 0, 0, fmt.Errorf("arguments %q: %w", args, errors.Join(err, errors.New("out of range")))
	}
	return vms, memory, cpu, nil
}

// server is the child.
type server struct {
	vms    []*served
	memory int64
	cpu    int64
}

// served is one VM of the child, with its thread.
type served struct {
	server *server
	pipe   pipe
	thread int
	vm     *engine.VM
	cells  []engine.Cell
	out    []byte

	mu        sync.Mutex
	running   bool
	request   uint32
	began     time.Duration // the thread's processor time when the script began
	callCPU   time.Duration
	importCPU time.Duration
}

func newServer(vms int, memory, cpu int64) *server {
	s := &server{memory: memory, cpu: cpu}
	for i := range vms {
		p := pipe{in: 0, out: 1}
		if i > 0 {
			p = pipe{in: 2*i + 1, out: 2*i + 2} // after standard error
		}
		s.vms = append(s.vms, &served{server: s, pipe: p})
	}
	return s
}

func (s *server) serve() {
	time.Local = time.UTC // or it is looked for in files
	runtime.GOMAXPROCS(len(s.vms) + 1)
	if err := s.confine(); err != nil {
		s.vms[0].hello(greeting{Refused: err.Error()})
		os.Exit(exitRefused)
	}
	for _, v := range s.vms {
		go v.serve()
	}
	s.watch()
}

// serve answers requests until the parent has gone.
func (v *served) serve() {
	runtime.LockOSThread()
	v.thread = unix.Gettid()
	v.hello(greeting{Thread: v.thread})
	var buffer []byte
	var request uint32
	var fault *engine.Fault
	inCall := false
	for {
		f, err := readFrame(v.pipe, buffer, maxRequest)
		if errors.Is(err, io.EOF) {
			os.Exit(exitDone)
		}
		if err != nil {
			v.confused(err)
		}
		buffer = f.body
		switch {
		case f.kind == frameSetup && v.vm == nil:
			v.answer(f.request, v.setup(f.request, f.body), nil)
		case f.kind == frameCall && v.vm != nil && !inCall:
			inCall, request = true, f.request
			fault = v.begin(f.body)
		case f.kind == frameRows && inCall && f.request == request:
			if fault == nil {
				fault = v.rows(f.body)
			}
		case f.kind == frameRun && inCall && f.request == request:
			inCall = false
			v.run(request, fault)
		case f.kind == frameDrop && inCall && f.request == request:
			inCall = false
		default:
			v.confused(fmt.Errorf("frame %q of request %d: %w", f.kind, f.request, errFrame))
		}
	}
}

func (*served) confused(err error) {
	fmt.Fprintln(os.Stderr, "script:", err)
	os.Exit(exitConfuse)
}

func (v *served) hello(g greeting) {
	b, err := appendFrame(nil, frameHello, 0, g)
	if err != nil {
		v.confused(err)
	}
	v.write(b)
}

func (v *served) write(b []byte) {
	if _, err := v.pipe.Write(b); err != nil {
		os.Exit(exitDone)
	}
}

func (v *served) setup(request uint32, body []byte) *engine.Fault {
	var s setup
	if err := decode(body, &s); err != nil {
		v.confused(err)
	}
	if s.Engine.Memory != v.server.memory {
		v.confused(fmt.Errorf("a memory of %d: %w", s.Engine.Memory, errFrame))
	}
	vm, err := engine.New(s.Engine)
	if err != nil {
		v.confused(err)
	}
	v.mu.Lock()
	v.vm, v.callCPU, v.importCPU = vm, time.Duration(s.CallCPU), time.Duration(s.ImportCPU)
	v.mu.Unlock()
	v.cells = make([]engine.Cell, len(s.Engine.Columns))
	v.start(request)
	defer v.finish()
	defer v.outOfMemory()
	if f := vm.Compile(); f != nil || !s.Check {
		return f
	}
	return vm.Check()
}

func (v *served) begin(body []byte) *engine.Fault {
	var c callHead
	if err := decode(body, &c); err != nil {
		v.confused(err)
	}
	return v.vm.Begin(c.Site, c.Seed)
}

func (v *served) rows(batch []byte) *engine.Fault {
	for len(batch) > 0 {
		number, rest, err := readRow(batch, v.cells)
		if err != nil {
			v.confused(err)
		}
		if f := v.vm.AddRow(number, v.cells); f != nil {
			return f
		}
		batch = rest
	}
	return nil
}

func (v *served) run(request uint32, fault *engine.Fault) {
	var output []byte
	if fault == nil {
		v.start(request)
		func() {
			defer v.outOfMemory()
			output, fault = v.vm.Run()
		}()
		v.finish()
	}
	v.answer(request, fault, output)
}

// outOfMemory is deferred around the engine: it panics where it gets no memory from the system, which is how much of it
// may be used outside of heaps, mostly for the frames of deep recursion, is limited. Its state is lost then.
func (v *served) outOfMemory() {
	what := recover()
	if what == nil {
		return
	}
	if !strings.HasSuffix(fmt.Sprint(what), "OOM") {
		panic(what)
	}
	v.mu.Lock()
	v.last(engine.MemoryFault(v.server.memory))
}

// start and finish stand around whatever runs code of the tenant's: in between the watch may end it.
func (v *served) start(request uint32) {
	began := threadTime(v.thread)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running, v.request, v.began = true, request, began
}

func (v *served) finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running = false
}

func (v *served) answer(request uint32, fault *engine.Fault, output []byte) {
	a := answer{Fault: fault, output: output}
	v.log(&a)
	b, err := appendAnswer(v.out[:0], request, &a)
	if err != nil {
		v.confused(err)
	}
	v.out = b
	v.write(b)
}

func (v *served) log(a *answer) {
	lines, truncated := v.vm.Log()
	a.Truncated = truncated
	for _, line := range lines {
		a.Log = append(a.Log, LogLine{Level: line.Level, Message: line.Message})
	}
}

// pipe reads and writes without Go's poller, which would need more system calls.
type pipe struct{ in, out int }

func (p pipe) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(p.in, b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (p pipe) Write(b []byte) (int, error) {
	for done := 0; done < len(b); {
		n, err := unix.Write(p.out, b[done:])
		if err != nil && !errors.Is(err, unix.EINTR) {
			return done, err
		}
		done += max(n, 0)
	}
	return len(b), nil
}
