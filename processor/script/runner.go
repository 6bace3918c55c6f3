package script

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

// attempts is how often a call is made when its child crashes.
const attempts = 3

// Runner runs the calls of one import in one child, which it replaces when it has crashed or had to be killed. It is safe
// for concurrent use.
type Runner struct {
	config Config
	setup  setup
	code   [sha256.Size]byte
	// turns has a place for each VM.
	turns chan struct{}

	mu     sync.Mutex
	child  *child
	closed bool
	spent  time.Duration // processor time of the children that have ended
}

// errCrash is that a child died without a reason, or lied. The call can be repeated in another.
type errCrash struct{ cause error }

func (e *errCrash) Error() string { return "the process of a script crashed: " + e.cause.Error() }
func (e *errCrash) Unwrap() error { return e.cause }

// Start makes the child, walls it in, compiles the code and runs it once without rows, to see that process is a function.
// The error is an *Error when the code is at fault (SCRIPT_THREW, SCRIPT_TIMEOUT, SCRIPT_MEMORY, LIMIT_EXCEEDED), the
// platform cannot wall it in (PROCESSOR_UNAVAILABLE) or the child keeps crashing (WORKER_CRASHED); else it is ctx's end, or
// says what is wrong with the configuration. ctx bounds Start only: the Runner lives until Close, which must be called.
func Start(ctx context.Context, c Config) (*Runner, error) {
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(c.Code) > c.Limits.SourceBytes {
		return nil, limitError("The code is longer than "+strconv.Itoa(c.Limits.SourceBytes)+" bytes: shorten it.",
			int64(c.Limits.SourceBytes))
	}
	r := &Runner{
		config: c, setup: c.setup(), code: sha256.Sum256([]byte(c.Code)), turns: make(chan struct{}, c.vms()),
	}
	_, err := r.repeat(ctx, func(s *slot) (*Result, error) { return nil, s.prepare(ctx, r, true) })
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// checkCPU is what Check lets code compute, of which all but functions runs: whoever saves it is waiting.
const checkCPU = 500 * time.Millisecond

// Check compiles code and runs it once without rows, as Start does, but for half a second of processor time at most: what
// saving a definition asks. Nil means that it defines process; otherwise the error is as Start's, and tells line and column
// where they are known.
func Check(ctx context.Context, code string) error {
	limits := DefaultLimits()
	limits.CallCPU = checkCPU
	r, err := Start(ctx, Config{Code: code, VMs: 1, Limits: limits})
	if err != nil {
		return err
	}
	return r.Close()
}

// Call waits for a free VM and runs process with the rows of one site. The error is an *Error, ctx's end, or what Rows
// gave. A Result comes beside an *Error too, with the log up to it; a script that had to be killed leaves none.
//
// After SCRIPT_TIMEOUT, SCRIPT_MEMORY or a crash the child may be another one; nothing of an earlier call could have been
// seen anyway. When ctx ends, the child is killed, and calls that go on beside this one are repeated in another; each
// counts such a death as one of three.
func (r *Runner) Call(ctx context.Context, c *Call) (*Result, error) {
	result, err := r.repeat(ctx, func(s *slot) (*Result, error) {
		if err := s.prepare(ctx, r, false); err != nil {
			return nil, err
		}
		return s.call(ctx, r, c)
	})
	if e := (*Error)(nil); result == nil && errors.As(err, &e) {
		result = &Result{}
	}
	return result, err
}

// Close kills the child and waits for its end. Calls that go on fail; later ones are refused.
func (r *Runner) Close() error {
	r.mu.Lock()
	c := r.child
	r.child, r.closed = nil, true
	if c != nil {
		c.disconnect()
	}
	r.mu.Unlock()
	if c != nil {
		c.kill()
		<-c.exited
	}
	return nil
}

var errClosed = errors.New("the runner is closed")

// repeat does something with a VM, up to three times when its child crashes.
func (r *Runner) repeat(ctx context.Context, do func(*slot) (*Result, error)) (*Result, error) {
	select {
	case r.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-r.turns }()
	for attempt := 1; ; attempt++ {
		s, err := r.take(ctx)
		if err != nil {
			return nil, err
		}
		result, err := r.with(s, do)
		var crash *errCrash
		switch {
		case !errors.As(err, &crash):
			return result, err
		case r.isClosed():
			return nil, errClosed
		case attempt == attempts:
			return nil, &Error{
				Code:    definition.ErrorWorkerCrashed,
				Message: "The process that runs the script crashed three times: simplify the script, or ask the operator.",
				cause:   err,
			}
		}
	}
}

func (r *Runner) with(s *slot, do func(*slot) (*Result, error)) (*Result, error) {
	defer r.put(s)
	return do(s)
}

func (r *Runner) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// take gives a VM of the child, which it makes when there is none. Who has a place in turns finds a VM free.
func (r *Runner) take(ctx context.Context) (*slot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err // before a child is started, or killed, for nobody
	}
	if r.child == nil {
		left := r.config.Limits.ImportCPU - r.spent
		if left <= 0 {
			return nil, errorOf(engine.ImportTimeFault())
		}
		c, err := startChild(&r.config, left)
		if err != nil {
			return nil, err
		}
		r.child = c
	}
	s := r.child.free[len(r.child.free)-1]
	r.child.free = r.child.free[:len(r.child.free)-1]
	return s, nil
}

// put gives a VM back. A child that was given up is replaced by the next take.
func (r *Runner) put(s *slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := s.child
	if c == r.child && !c.gone() {
		c.free = append(c.free, s)
		return
	}
	s.disconnect()
	if c == r.child {
		r.child = nil
		c.disconnect()
		r.spent += c.cpu()
	}
}

func (c *Config) setup() setup {
	s := setup{
		CallCPU: int64(c.Limits.CallCPU),
		Engine: engine.Config{
			Code: c.Code, Year: c.Year, Memory: c.Limits.MemoryBytes, Output: c.Limits.OutputBytes,
			LogLines: c.Limits.LogLines, LogBytes: c.Limits.LogBytes, LogLineRunes: c.Limits.LogLineRunes,
			Columns: make([]engine.Column, len(c.Columns)),
		},
	}
	for i, column := range c.Columns {
		s.Engine.Columns[i] = engine.Column{Name: column.Name, Type: string(column.Type), Header: column.Header}
	}
	return s
}

// seed decides what Math.random gives in a call: the same for the same code, year and site.
func (r *Runner) seed(site *Site) uint64 {
	b := binary.LittleEndian.AppendUint64(append([]byte(nil), r.code[:]...), uint64(int64(r.config.Year)))
	if site != nil {
		b = append(append(b, 1), site.Key...)
	}
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:])
}

func limitError(message string, limit int64) *Error {
	return &Error{
		Code: definition.ErrorLimitExceeded, Message: message,
		Params: []definition.Param{{Name: "limit", Value: strconv.FormatInt(limit, 10)}},
	}
}

// check names everything that is wrong with a configuration, but for the code.
func (c *Config) check() error {
	var wrong []error
	say := func(is bool, format string, a ...any) {
		if is {
			wrong = append(wrong, fmt.Errorf(format, a...))
		}
	}
	l := &c.Limits
	say(c.VMs < 0 || c.VMs > 64, "VMs must be 0 to 64, not %d", c.VMs)
	say(!utf8.ValidString(c.Code) || strings.IndexByte(c.Code, 0) >= 0, "Code must be UTF-8 without NUL")
	say(l.SourceBytes <= 0 || l.SourceBytes > 4<<20, "Limits.SourceBytes must be 1 to 4 MiB, not %d", l.SourceBytes)
	say(l.MemoryBytes < 1<<20 || l.MemoryBytes > 1<<30, "Limits.MemoryBytes must be 1 MiB to 1 GiB, not %d", l.MemoryBytes)
	say(l.CallCPU <= 0 || l.CallWall <= 0 || l.ImportCPU <= 0, "Limits.CallCPU, CallWall and ImportCPU must be positive")
	say(l.RowBytes <= 0 || l.RowBytes > 1<<30 || l.Rows <= 0, "Limits.RowBytes must be 1 to 1 GiB, and Rows positive")
	say(l.OutputBytes <= 0 || l.OutputBytes > 64<<20, "Limits.OutputBytes must be 1 to 64 MiB, not %d", l.OutputBytes)
	say(l.LogLines < 0 || l.LogBytes < 0 || l.LogLineRunes < 1 || l.LogLines > 1<<20 || l.LogBytes > 16<<20,
		"Limits.LogLines must be 0 to 1048576, LogBytes 0 to 16 MiB, and LogLineRunes positive")
	names := make(map[string]bool)
	for _, column := range c.Columns {
		say(names[column.Name] || !utf8.ValidString(column.Name), "column %q stands twice, or is no UTF-8", column.Name)
		names[column.Name] = true
	}
	if len(wrong) > 0 {
		return fmt.Errorf("configure a script: %w", errors.Join(wrong...))
	}
	return nil
}
