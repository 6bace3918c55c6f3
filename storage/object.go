package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// Attributes is what a bucket knows about an object.
type Attributes struct {
	Size int64 // bytes
	// Generation stays while the object stays, and differs once it was deleted and made again. It is never 0.
	Generation int64
	// Created is when the object was made, by the bucket's clock.
	Created time.Time
	// ContentType is what the upload claimed, which proves nothing: SignGet says what a download is served as. A folder
	// keeps none.
	ContentType string
	// CRC32C is the checksum (Castagnoli) that the bucket has of the content, nil where it keeps none, as a folder.
	CRC32C *uint32
}

// Object is an object in a list.
type Object struct {
	Key string
	Attributes
}

// Attributes describes an object. The error is ErrNotFound when there is none.
func (b *Bucket) Attributes(ctx context.Context, key string) (Attributes, error) {
	if err := usable(ctx, key); err != nil {
		return Attributes{}, fmt.Errorf("describe object: %w", err)
	}
	attributes, err := b.store.attributes(ctx, key)
	if err != nil {
		return Attributes{}, fmt.Errorf("describe object: %w", err)
	}
	return attributes, nil
}

// usable is ErrNotFound for a key that no object can have.
func usable(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if checkKey(key) != nil {
		return ErrNotFound
	}
	return nil
}

// Reader streams one object. It gives exactly Size bytes or an error, never less as if that were the end: a file that
// ends early is io.ErrUnexpectedEOF. A remote object is read on where a transfer broke, of the same generation, and what
// was read to the end is compared with the checksum that the bucket has.
type Reader struct {
	Attributes
	ctx  context.Context
	body io.ReadCloser
	rest int64
}

// NewReader opens an object for reading; the caller closes it. The error is ErrNotFound when there is none, and
// ErrChanged when its generation is not the given one (0 takes any, and stays with the one that it finds). Reads fail
// once ctx is done.
func (b *Bucket) NewReader(ctx context.Context, key string, generation int64) (*Reader, error) {
	if err := usable(ctx, key); err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	attributes, body, err := b.store.open(ctx, key, generation)
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	return &Reader{Attributes: attributes, ctx: ctx, body: body, rest: attributes.Size}, nil
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("read object: %w", err)
	}
	if r.rest == 0 {
		return 0, io.EOF
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.rest)])
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
func (r *Reader) Close() error { return r.body.Close() }

// Delete removes an object for good. The error is ErrNotFound when there is none. A signed PUT URL of the key that has
// not expired can create it again, as another generation.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	return b.DeleteGeneration(ctx, key, 0)
}

// DeleteGeneration is Delete of the given generation (0 is any): where the object is another one by now, it stays, and
// the error is ErrChanged.
func (b *Bucket) DeleteGeneration(ctx context.Context, key string, generation int64) error {
	if err := usable(ctx, key); err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	if err := b.store.remove(ctx, key, generation); err != nil {
		return fmt.Errorf("delete object: %w", err)
	}
	return nil
}

// List gives the objects whose keys begin with prefix and that were created before the given time (the zero time is
// any), in no particular order. Objects that come or go meanwhile may be missing. An error ends the list.
func (b *Bucket) List(ctx context.Context, prefix string, before time.Time) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for object, err := range b.store.list(ctx, prefix) {
			switch {
			case err != nil:
				yield(Object{}, fmt.Errorf("list objects: %w", err))
				return
			case checkKey(object.Key) != nil || !before.IsZero() && !object.Created.Before(before):
			case !yield(object, nil):
				return
			}
		}
	}
}
