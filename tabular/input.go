package tabular

import (
	"errors"
	"fmt"
	"io"

	"entrepot/definition"
)

// fileReader is the file as it is stored, up to the largest size. Besides io.EOF its errors are each an *Error.
type fileReader struct {
	source io.Reader
	limit  int64
	read   int64
	err    error
}

// Read implements io.Reader.
func (f *fileReader) Read(p []byte) (int, error) {
	if f.err != nil || len(p) == 0 {
		return 0, f.err
	}
	for range emptyReads {
		n, err := f.source.Read(p)
		f.read += int64(n)
		switch {
		case f.read > f.limit:
			n -= int(f.read - f.limit)
			f.err = limitError(fmt.Sprintf("the file is larger than %d bytes", f.limit), "maxFileBytes", f.limit)
		case err == io.EOF: // itself: an error with one inside is no end, see sourceError
			f.err = err
		case err != nil:
			f.err = sourceError(err, f.read)
		}
		if n > 0 || f.err != nil {
			return n, f.err
		}
	}
	f.err = sourceError(io.ErrNoProgress, f.read)
	return 0, f.err
}

// sourceError wraps what the source said. Only a plain io.EOF is the end of a file: an error with one inside tells of a
// transfer cut short, and must not look like the end to whoever asks errors.Is.
func sourceError(err error, read int64) *Error {
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s", io.ErrUnexpectedEOF, err.Error())
	}
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: fmt.Sprintf("the file could not be read beyond byte %d", read),
		Err:    err,
	}
}

// peeker reads ahead without taking anything away from who reads it next.
type peeker struct {
	source io.Reader
	head   []byte // read already
	err    error  // what came after head
}

// peek is the first n bytes from here on, fewer where the source ends or fails before. The slice is valid until the
// next call of anything.
func (p *peeker) peek(n int) []byte {
	for len(p.head) < n && p.err == nil {
		if cap(p.head) < n {
			p.head = append(make([]byte, 0, n), p.head...)
		}
		m, err := p.source.Read(p.head[len(p.head):n])
		p.head, p.err = p.head[:len(p.head)+m], err
	}
	return p.head[:min(n, len(p.head))]
}

// skip drops n bytes that were peeked at.
func (p *peeker) skip(n int) { p.head = p.head[n:] }

// Read implements io.Reader.
func (p *peeker) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	p.head = nil
	if p.err != nil {
		return 0, p.err
	}
	return p.source.Read(b)
}
