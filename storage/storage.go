// Package storage is the bucket that uploaded and produced files lie in. Clients put and get the bytes themselves
// through signed URLs; the server reads what was put and writes what it produces.
//
// A bucket promises: objects are created once and never overwritten; an object exists whole or not at all; what was
// acknowledged is stored; what is read to its end is the object, whole and unchanged; a signed URL allows one method on
// one key, with what was signed beside it, and works for 15 minutes at most.
//
// There are two kinds with one face. A folder (file://), which Handler serves, is written with os.Root and link(2). A
// bucket of Google Cloud Storage (gs://) is called by its JSON API, and signed for by Google's V4 rules: whoever has a
// signed URL talks to Google and not to this process. Where they differ, the method says so.
//
// storage may import the standard library and, for Google's credentials, golang.org/x/oauth2; it knows nothing of
// imports, histories or organizations.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

var (
	// ErrNotFound says that the bucket holds no object of that key.
	ErrNotFound = errors.New("object not found")
	// ErrExists says that the key is taken: objects are created once, never overwritten.
	ErrExists = errors.New("object exists already")
	// ErrChanged says that the object is not the generation that was asked for.
	ErrChanged = errors.New("object has changed")
	// ErrUnavailable says that a remote bucket did not answer, or refused, or sent what is not the object, after several
	// tries where another try could help. It says nothing about the object.
	ErrUnavailable = errors.New("bucket is unavailable")
)

// OptionError names one value that the caller passed and the rule that it breaks, in words that a client may read.
type OptionError struct {
	Field  string // key, contentType, size, sha256, expiry or publicURL
	Reason string
}

func (e *OptionError) Error() string { return e.Field + ": " + e.Reason }

const (
	minSecretBytes  = 32
	defaultMaxBytes = 1 << 30
)

// Config says which bucket to open. URL is required, and Secret for a folder.
type Config struct {
	// URL is file:///absolute/folder, which FileURL makes, or gs://bucket/prefix, where the prefix may be missing. The
	// folder is created when it is missing; a bucket must be there.
	URL string
	// Secret signs the URLs of a folder, at least 32 bytes. All replicas that share a folder share it.
	Secret []byte
	// PublicURL is the address that Handler is reached at. It may be empty until SetPublicURL.
	PublicURL string
	// MaxBytes is the largest upload that SignPut signs; 0 is 1 GiB. What the server writes itself is not limited.
	MaxBytes int64
	// StallTimeout cuts what has not moved for so long: a transfer through Handler, or a call to a remote bucket, which is
	// tried again then. 0 is one minute and, remote, 20 seconds. While bytes move, the server's own read and write
	// timeouts do not cut a transfer through Handler.
	StallTimeout time.Duration
	// Now is the clock that URLs expire by; nil is time.Now.
	Now func() time.Time
	// Logger gets what Handler could not do and does not tell the client, and what an operator should know of a remote
	// bucket; nil is slog.Default. No secret, token or signed URL is ever among it.
	Logger *slog.Logger
	// Getenv looks up GOOGLE_APPLICATION_CREDENTIALS and STORAGE_EMULATOR_HOST for gs://; nil is os.Getenv.
	Getenv func(string) string
}

// Bucket is an open bucket. Its methods may be called from any goroutine.
type Bucket struct {
	store    store
	prefix   string // what Path puts before a key
	maxKey   int    // bytes of a key, so that the object's name is short enough
	maxBytes int64
}

// store is what the two kinds of bucket do in their own way. Keys, options and contexts were checked by Bucket; errors
// are those of its methods without their first words.
type store interface {
	attributes(ctx context.Context, key string) (Attributes, error)
	// open gives at least the object's Size bytes, or an error.
	open(ctx context.Context, key string, generation int64) (Attributes, io.ReadCloser, error)
	create(ctx context.Context, key string) (sink, error)
	remove(ctx context.Context, key string, generation int64) error
	list(ctx context.Context, prefix string) iter.Seq2[Object, error]
	signPut(ctx context.Context, key string, options PutOptions) (Request, error)
	signGet(ctx context.Context, key string, options GetOptions) (string, time.Time, error)
	check(ctx context.Context, origin string) []Finding
	setPublicURL(address string) error
	origin() string
	handler() http.Handler
	close() error
}

// Open opens the bucket. Its error names everything that is wrong with config.
//
// A folder is created (mode 0700) when it is missing, it is tried whether it can be written, and what a killed process
// left half-written more than a day ago is removed. For a bucket of Google's, credentials that can sign are looked for
// and the bucket is asked which rights they have; that it does not answer now is logged and no error.
func Open(ctx context.Context, config Config) (*Bucket, error) {
	return openAt(ctx, config, googlePlaces())
}

func openAt(ctx context.Context, config Config, at places) (*Bucket, error) {
	config, err := config.normalize()
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	b := &Bucket{prefix: "gs://local/", maxKey: maxKeyBytes, maxBytes: config.MaxBytes}
	if isCloud(config.URL) {
		var c *cloud
		if c, err = openCloud(ctx, config, at); err == nil {
			b.store, b.prefix, b.maxKey = c, "gs://"+c.name+"/"+c.prefix, maxKeyBytes-len(c.prefix)
		}
	} else {
		b.store, err = openFolder(config)
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	if config.PublicURL != "" {
		if err := b.SetPublicURL(config.PublicURL); err != nil {
			return nil, errors.Join(fmt.Errorf("open bucket: %w", err), b.Close())
		}
	}
	return b, nil
}

// normalize fills in what is not given.
func (c Config) normalize() (Config, error) {
	var problems []string
	require := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	if err := CheckURL(c.URL); err != nil {
		problems = append(problems, err.Error())
	}
	require(isCloud(c.URL) || len(c.Secret) >= minSecretBytes, "the secret has %d bytes; it needs at least %d",
		len(c.Secret), minSecretBytes)
	require(c.MaxBytes >= 0, "the size limit is %d; it must not be negative", c.MaxBytes)
	require(c.StallTimeout >= 0, "the stall timeout is %s; it must not be negative", c.StallTimeout)
	if c.PublicURL != "" {
		_, err := parsePublicURL(c.PublicURL)
		require(err == nil, "%v", err)
	}
	if len(problems) > 0 {
		return c, errors.New(strings.Join(problems, "; "))
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	return c, nil
}

// Close ends the use of the bucket. Objects that are being read stay readable; unfinished writers of a folder fail.
func (b *Bucket) Close() error {
	if err := b.store.close(); err != nil {
		return fmt.Errorf("close bucket: %w", err)
	}
	return nil
}

// SetPublicURL says at which address Handler is reached, such as http://127.0.0.1:8080/bucket: absolute, http or
// https, without query and fragment. URLs signed from then on begin with it; earlier ones stay valid. The URLs of a
// bucket of Google's begin with Origin, whatever is set.
func (b *Bucket) SetPublicURL(address string) error { return b.store.setPublicURL(address) }

// Origin is where a page sends its requests to when they are signed for a remote bucket, such as
// https://storage.googleapis.com, for a Content-Security-Policy. Of a folder, which the server itself serves, it is
// empty.
func (b *Bucket) Origin() string { return b.store.origin() }
