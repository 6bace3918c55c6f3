package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Writer streams one new object. Nothing is visible under the key before Close has succeeded, and nothing is left
// when it fails or Abort comes first. A Writer is for one goroutine.
type Writer struct {
	bucket *Bucket
	ctx    context.Context
	name   string // of the object's file
	file   *os.File
	temp   string
	err    error // the first fault: Close repeats it and creates nothing
	closed bool
}

// NewWriter begins a new object. The error is ErrExists when the key is taken and an *OptionError when no object can
// have it. The caller ends it with Close, or with Abort, which may be deferred.
func (b *Bucket) NewWriter(ctx context.Context, key string) (*Writer, error) {
	name, err := fileName(key)
	if err != nil {
		return nil, fmt.Errorf("write object: %w", err)
	}
	switch _, err := b.stat(ctx, key); {
	case err == nil:
		return nil, fmt.Errorf("write object: %w", ErrExists)
	case !errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("write object: %w", err)
	}
	file, temp, err := b.createTemp()
	if err != nil {
		return nil, fmt.Errorf("write object: %w", err)
	}
	return &Writer{bucket: b, ctx: ctx, name: name, file: file, temp: temp}, nil
}

// Write implements io.Writer. It fails once the context is done.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return 0, fmt.Errorf("write object: %w", w.err)
	}
	n, err := w.file.Write(p)
	if err != nil {
		w.err = err
		return n, fmt.Errorf("write object: %w", err)
	}
	return n, nil
}

// Close makes the object: when it returns nil, the object is on disk and survives a loss of power. The error is
// ErrExists when the key was taken meanwhile. After an error of Write, or when the context is done, Close fails.
func (w *Writer) Close() error {
	if w.closed {
		return fmt.Errorf("write object: %w", fs.ErrClosed)
	}
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err == nil {
		w.err = w.commit()
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
	_ = w.file.Close()               // closed already when commit came so far
	_ = w.bucket.root.Remove(w.temp) // what stays is removed by an Open a day later
}

func (w *Writer) commit() error {
	root := w.bucket.root
	stamp := w.bucket.stamp()
	if err := root.Chtimes(w.temp, stamp, stamp); err != nil {
		return err
	}
	if err := errors.Join(w.file.Sync(), w.file.Close()); err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(w.name), folderMode); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces: of several writers, exactly one gets the name.
	if err := root.Link(w.temp, w.name); errors.Is(err, fs.ErrExist) {
		return ErrExists
	} else if err != nil {
		return err
	}
	for _, folder := range folders(w.name) { // all of them: any may be new
		if err := w.bucket.syncFolder(folder); err != nil {
			return errors.Join(err, root.Remove(w.name))
		}
	}
	return nil
}
