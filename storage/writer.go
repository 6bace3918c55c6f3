package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Writer streams one new object. Nothing is visible under the key before Close has succeeded, and nothing is left
// when it fails or Abort comes first. A Writer is for one goroutine.
//
// For a remote bucket it holds up to 8 MiB, which it sends when they are full or at Close; a piece whose transfer broke
// is sent again from where the bucket has it. Where such a bucket takes the last piece and never says so, Close fails and
// the object is there, whole.
type Writer struct {
	ctx    context.Context
	sink   sink
	err    error // the first fault: Close repeats it and creates nothing
	closed bool
}

// sink takes the bytes of one new object. After an error of Write only abort follows.
type sink interface {
	io.Writer
	// commit makes the object; ErrExists when the key is taken.
	commit() error
	// abort drops what was written and is not an object; after commit it only gives back what is held.
	abort()
}

// NewWriter begins a new object. The error is ErrExists when the key is taken and an *OptionError when no object can
// have it. The caller ends it with Close, or with Abort, which may be deferred.
func (b *Bucket) NewWriter(ctx context.Context, key string) (*Writer, error) {
	w, err := newWriter(ctx, b.store, key)
	if err != nil {
		return nil, fmt.Errorf("write object: %w", err)
	}
	return w, nil
}

func newWriter(ctx context.Context, s store, key string) (*Writer, error) {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return nil, err
	}
	if _, err := s.attributes(ctx, key); err == nil {
		return nil, ErrExists
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	sink, err := s.create(ctx, key)
	if err != nil {
		return nil, err
	}
	return &Writer{ctx: ctx, sink: sink}, nil
}

// Write implements io.Writer. It fails once the context is done.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return 0, fmt.Errorf("write object: %w", w.err)
	}
	n, err := w.sink.Write(p)
	if err != nil {
		w.err = err
		return n, fmt.Errorf("write object: %w", err)
	}
	return n, nil
}

// Close makes the object: when it returns nil, the object is stored and survives a loss of power. The error is
// ErrExists when the key was taken meanwhile. After an error of Write, or when the context is done, Close fails.
func (w *Writer) Close() error {
	if w.closed {
		return fmt.Errorf("write object: %w", fs.ErrClosed)
	}
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err == nil {
		w.err = w.sink.commit()
	}
	w.Abort()
	if w.err != nil {
		return fmt.Errorf("write object: %w", w.err)
	}
	return nil
}

// Abort drops what was written. After Close it does nothing.
func (w *Writer) Abort() {
	if w.closed {
		return
	}
	w.closed = true
	w.sink.abort()
}
