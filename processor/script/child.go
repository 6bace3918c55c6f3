package script

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"entrepot/definition"
)

const (
	// marker is the argument that makes the program a child; see ServeIfChild.
	marker = "script-child"
	// words is how much of what a child says on its standard error is kept, of the beginning and of the end each.
	words = 4 << 10
	// hangUp is how long a child that has closed a pipe may take to end.
	hangUp = 250 * time.Millisecond
)

// child is the process of a Runner.
type child struct {
	cmd    *exec.Cmd
	free   []*slot // guarded by the Runner
	exited chan struct{}
	said   *said
	limits *Limits
	budget time.Duration // of processor time
	// ooms is how many processes the system had killed for want of memory when the child began.
	ooms int64

	mu     sync.Mutex
	killed bool
}

// slot is a VM of a child: the pipes to it. It is used by one call at a time.
type slot struct {
	child   *child
	number  int
	to      *os.File // to the VM
	from    *os.File
	clock   threadClock // of the VM's thread
	greeted bool
	ready   bool
	request uint32
	batch   []byte
	reply   []byte
}

// startChild makes a child that may compute for so long. It does not wait for its greeting.
func startChild(c *Config, budget time.Duration) (*child, error) {
	if len(os.Args) > 1 && os.Args[1] == marker {
		return nil, unavailable(errors.New("ServeIfChild is not called first thing in main or TestMain"))
	}
	kind := marker
	if c.kind != "" {
		kind = c.kind
	}
	n := c.vms()
	h := &child{
		exited: make(chan struct{}), said: &said{}, limits: &c.Limits, budget: budget, ooms: oomKills(),
		cmd: exec.Command(executable, kind, strconv.Itoa(n), //nolint:gosec,noctx // the program itself, for many calls
			strconv.FormatInt(c.Limits.MemoryBytes, 10),
			strconv.FormatInt(int64((budget+time.Second-1)/time.Second), 10)),
	}
	h.cmd.Dir, h.cmd.Env, h.cmd.Stderr = "/", environment, h.said
	if err := confineCommand(h.cmd); err != nil {
		return nil, unavailable(err)
	}
	theirs, err := h.connect(n)
	defer closeAll(theirs)
	if err != nil {
		return nil, fmt.Errorf("connect to a process for a script: %w", err)
	}
	if err := h.run(); err != nil {
		h.disconnect()
		for _, never := range []error{os.ErrNotExist, os.ErrPermission, errors.ErrUnsupported} {
			if errors.Is(err, never) {
				return nil, unavailable(err)
			}
		}
		return nil, fmt.Errorf("start a process for a script: %w", err)
	}
	return h, nil
}

// connect makes the pipes; theirs are the child's ends.
func (c *child) connect(n int) (theirs []*os.File, err error) {
	for i := range n {
		in, to, err := os.Pipe()
		if err != nil {
			c.disconnect()
			return theirs, err
		}
		widen(to)
		s := &slot{child: c, number: i, to: to}
		theirs = append(theirs, in)
		c.free = append([]*slot{s}, c.free...) // the first is taken first
		from, out, err := os.Pipe()
		if err != nil {
			c.disconnect()
			return theirs, err
		}
		s.from = from
		theirs = append(theirs, out)
		if i == 0 {
			c.cmd.Stdin, c.cmd.Stdout = in, out
		} else {
			c.cmd.ExtraFiles = append(c.cmd.ExtraFiles, in, out)
		}
	}
	return theirs, nil
}

// disconnect closes the pipes of the VMs that nobody uses.
func (c *child) disconnect() {
	for _, s := range c.free {
		s.disconnect()
	}
	c.free = nil
}

func (s *slot) disconnect() {
	closeAll([]*os.File{s.to, s.from})
	s.clock.close()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// run starts the process and waits for its end beside, on a thread of its own: the kernel is told to kill the child when
// that thread ends, as it does with the server and not before.
func (c *child) run() error {
	started := make(chan error)
	go func() {
		unlock := lockThread()
		defer unlock()
		err := c.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		preferAsVictim(c.cmd.Process.Pid)
		_ = c.cmd.Wait()
		close(c.exited)
	}()
	return <-started
}

func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.exited:
	default:
		if !c.killed {
			c.killed = true
			_ = c.cmd.Process.Kill()
		}
	}
}

// gone tells that the child must not be used again.
func (c *child) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.exited:
		return true
	default:
		return c.killed
	}
}

// cpu is how long the child computed in all; it waits for its end.
func (c *child) cpu() time.Duration {
	<-c.exited
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

// end waits for the child's end, which its pipe has announced, or brings it about. killed tells that somebody here did.
func (c *child) end(hungUp bool) (killed bool) {
	if hungUp {
		t := time.NewTimer(hangUp)
		defer t.Stop()
		select {
		case <-c.exited:
		case <-t.C:
		}
	}
	c.kill()
	<-c.exited
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killed
}

// said keeps the beginning and the end of what is written to it.
type said struct {
	mu         sync.Mutex
	first, end []byte
	left       int // bytes that were left out between
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(b)
	room := min(n, words-len(s.first))
	s.first = append(s.first, b[:room]...)
	s.end = append(s.end, b[room:]...)
	if more := len(s.end) - words; more > 0 {
		s.left += more
		s.end = append(s.end[:0], s.end[more:]...)
	}
	return n, nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(s.first)
	if s.left > 0 {
		text += fmt.Sprintf(" … %d bytes … ", s.left)
	}
	return strings.ToValidUTF8(text+string(s.end), "?")
}

func unavailable(cause error) *Error {
	return &Error{
		Code: definition.ErrorProcessorUnavailable,
		Message: "This server cannot run code: it needs Linux on amd64 or arm64 with seccomp; use aggregates, or ask the " +
			"operator.",
		cause: cause,
	}
}
