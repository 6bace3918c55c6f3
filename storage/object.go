package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Attributes is what a bucket knows about an object. The content type is not among them: it is what a client claimed,
// and SignGet says what a download is served as.
type Attributes struct {
	Size int64 // bytes
	// Generation stays while the object stays, and differs once it was deleted and made again. It is never 0.
	Generation int64
}

// Attributes describes an object. The error is ErrNotFound when there is none.
func (b *Bucket) Attributes(ctx context.Context, key string) (Attributes, error) {
	info, err := b.stat(ctx, key)
	if err != nil {
		return Attributes{}, fmt.Errorf("describe object: %w", err)
	}
	return attributesOf(info), nil
}

// Reader streams one object. It gives exactly Size bytes or an error: a file that ends early is io.ErrUnexpectedEOF.
type Reader struct {
	Attributes
	ctx  context.Context
	file *os.File
	rest int64
}

// NewReader opens an object for reading; the caller closes it. The error is ErrNotFound when there is none, and
// ErrChanged when its generation is not the given one (0 takes any). Reads fail once ctx is done.
func (b *Bucket) NewReader(ctx context.Context, key string, generation int64) (*Reader, error) {
	file, info, err := b.open(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	attributes := attributesOf(info)
	if generation != 0 && generation != attributes.Generation {
		_ = file.Close()
		return nil, fmt.Errorf("read object: %w", ErrChanged)
	}
	return &Reader{Attributes: attributes, ctx: ctx, file: file, rest: attributes.Size}, nil
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("read object: %w", err)
	}
	if r.rest == 0 {
		return 0, io.EOF
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.rest)])
	r.rest -= int64(n)
	switch {
	case errors.Is(err, io.EOF) && r.rest > 0:
		return n, fmt.Errorf("read object: %w", io.ErrUnexpectedEOF)
	case err != nil && !errors.Is(err, io.EOF):
		return n, fmt.Errorf("read object: %w", err)
	}
	return n, nil
}

// Close implements io.Closer.
func (r *Reader) Close() error { return r.file.Close() }

// Delete removes an object for good. The error is ErrNotFound when there is none. A signed PUT URL of the key that has
// not expired can create it again, as another generation.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if _, err := b.stat(ctx, key); err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	name, err := fileName(key)
	if err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	if err := b.root.Remove(name); isMissing(err) {
		return fmt.Errorf("delete object: %w", ErrNotFound)
	} else if err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	if err := b.syncFolder(path.Dir(name)); err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	return nil
}

// stat is ErrNotFound too for keys that no object can have, and for whatever in the folder is not a plain file.
func (b *Bucket) stat(ctx context.Context, key string) (fs.FileInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, err := fileName(key)
	if err != nil {
		return nil, ErrNotFound
	}
	info, err := b.root.Lstat(name)
	if isMissing(err) || err == nil && !info.Mode().IsRegular() {
		return nil, ErrNotFound
	}
	return info, err
}

func (b *Bucket) open(ctx context.Context, key string) (*os.File, fs.FileInfo, error) {
	if _, err := b.stat(ctx, key); err != nil { // opening what is not a plain file may block
		return nil, nil, err
	}
	name, err := fileName(key)
	if err != nil {
		return nil, nil, ErrNotFound
	}
	file, err := b.root.Open(name)
	if isMissing(err) {
		return nil, nil, ErrNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

func attributesOf(info fs.FileInfo) Attributes {
	return Attributes{Size: info.Size(), Generation: info.ModTime().UnixMicro()}
}
