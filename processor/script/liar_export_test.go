//go:build linux && (amd64 || arm64)

package script

import (
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sys/unix"

	"entrepot/processor/script/engine"
)

// Confine does what a child does first.
func Confine(vms int, memory, cpu int64) error { return newServer(vms, memory, cpu).confine() }

// Liar talks as a child does, on standard input and output, and can say anything else.
type Liar struct {
	In  io.Reader
	Out io.Writer
}

// Greet greets as a child does. The goroutine keeps its thread.
func (l Liar) Greet() {
	runtime.LockOSThread()
	l.Send('H', 0, fmt.Appendf(nil, `{"thread":%d}`, unix.Gettid()))
}

// Request reads up to what is to be answered: a setup, or a call with its rows.
func (l Liar) Request() (number uint32, kind byte, err error) {
	for {
		f, err := readFrame(l.In, nil, maxRequest)
		if err != nil || f.kind == frameSetup || f.kind == frameRun {
			return f.request, byte(f.kind), err
		}
	}
}

// Send sends a frame.
func (l Liar) Send(kind byte, request uint32, body []byte) {
	_, _ = l.Out.Write(append(appendHeader(nil, len(body), frameType(kind), request), body...))
}

// Answer is the body of an answer.
func Answer(head, output string) []byte {
	return append(append([]byte{byte(len(head)), byte(len(head) >> 8), byte(len(head) >> 16), 0}, head...), output...)
}

// ReadFrame reads a frame and gives its body.
func ReadFrame(r io.Reader, most int) (kind byte, request uint32, body []byte, err error) {
	f, err := readFrame(r, nil, most)
	return byte(f.kind), f.request, f.body, err
}

// ReadAnswer decodes an answer.
func ReadAnswer(body []byte, l Limits, first, last int64) (*Result, *Error, error) {
	a, err := readAnswer(body, &l, first, last)
	if err != nil {
		return nil, nil, err
	}
	var e *Error
	if a.Fault != nil {
		e = errorOf(a.Fault)
	}
	return &Result{Output: a.output, Log: a.Log, LogTruncated: a.Truncated}, e, nil
}

// ReadRow decodes a row and encodes it again.
func ReadRow(b []byte, columns int) (number int64, again, rest []byte, err error) {
	cells := make([]engine.Cell, columns)
	number, rest, err = readRow(b, cells)
	if err != nil {
		return 0, nil, nil, err
	}
	again = AppendRowNumber(nil, number)
	for _, c := range cells {
		switch c.Kind {
		case engine.Null:
			again = AppendNull(again)
		case engine.Number:
			again = AppendNumber(again, c.Number)
		case engine.Text:
			again = AppendText(again, c.Text)
		case engine.False, engine.True:
			again = AppendBool(again, c.Kind == engine.True)
		}
	}
	return number, again, rest, nil
}

// MaxAnswer is the longest answer.
func MaxAnswer(l Limits) int { return maxAnswer(&l) }

// SystemCalls are the names that the filters know.
func SystemCalls() (names []string) {
	for _, p := range policies(1) {
		for _, group := range p.Syscalls {
			names = append(names, group.Names...)
			for _, n := range group.NamesWithCondtions {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// Said is what is kept of a child's words.
func Said(writes ...string) string {
	var s said
	for _, w := range writes {
		_, _ = s.Write([]byte(w))
	}
	return s.String()
}
