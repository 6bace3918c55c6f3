// Package storage is the bucket that uploaded and produced files lie in. Clients put and get the bytes themselves
// through signed URLs; the server reads what was put and writes what it produces.
//
// A bucket promises: objects are created once and never overwritten; an object exists whole or not at all; what was
// acknowledged is on disk; a signed URL allows one method on one key, with the content type, size, checksum and file
// name that were signed, until it expires.
//
// The local bucket is a folder that Handler serves. It is written with os.Root and link(2) rather than with
// gocloud.dev's fileblob, which overwrites: creating once and durably is all that it has to do. A remote bucket
// (gs://) fits the same methods.
//
// storage may import the standard library and gocloud.dev; it knows nothing of imports, histories or organizations.
package storage

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

var (
	// ErrNotFound says that the bucket holds no object of that key.
	ErrNotFound = errors.New("object not found")
	// ErrExists says that the key is taken: objects are created once, never overwritten.
	ErrExists = errors.New("object exists already")
	// ErrChanged says that the object is not the generation that was asked for.
	ErrChanged = errors.New("object has changed")
)

// OptionError names one value that the caller passed and the rule that it breaks, in words that a client may read.
type OptionError struct {
	Field  string // key, contentType, size, sha256, expiry or publicURL
	Reason string
}

func (e *OptionError) Error() string { return e.Field + ": " + e.Reason }

const (
	minSecretBytes      = 32
	defaultMaxBytes     = 1 << 30
	defaultStallTimeout = time.Minute
	fileMode            = 0o600
	folderMode          = 0o700
)

// Config says which bucket to open. URL and Secret are required.
type Config struct {
	// URL is file:///absolute/folder; FileURL makes one. The folder is created when it is missing.
	URL string
	// Secret signs the URLs, at least 32 bytes. All replicas that share a bucket share it.
	Secret []byte
	// PublicURL is the address that Handler is reached at. It may be empty until SetPublicURL.
	PublicURL string
	// MaxBytes is the largest upload that SignPut signs; 0 is 1 GiB. What the server writes itself is not limited.
	MaxBytes int64
	// StallTimeout cuts a transfer through Handler that has not moved for so long; 0 is one minute. While bytes move,
	// the server's own read and write timeouts do not cut it.
	StallTimeout time.Duration
	// Now is the clock that URLs expire by; nil is time.Now.
	Now func() time.Time
	// Logger gets what Handler could not do and does not tell the client; nil is slog.Default.
	Logger *slog.Logger
}

// Bucket is an open bucket. Its methods may be called from any goroutine.
type Bucket struct {
	root      *os.Root
	prefix    string // what Path puts before a key
	secret    []byte
	public    atomic.Pointer[url.URL]
	maxBytes  int64
	stall     time.Duration
	now       func() time.Time
	logger    *slog.Logger
	lastStamp atomic.Int64 // the newest generation given out, microseconds
}

// Open opens the bucket, creates the folder (mode 0700) when it is missing, tries that it can be written, and removes
// what a killed process left half-written more than a day ago. Its error names everything that is wrong with config.
func Open(ctx context.Context, config Config) (*Bucket, error) {
	var problems []string
	folder, err := folderOf(config.URL)
	if err != nil {
		problems = append(problems, err.Error())
	}
	if len(config.Secret) < minSecretBytes {
		problems = append(problems, fmt.Sprintf("the secret has %d bytes; it needs at least %d",
			len(config.Secret), minSecretBytes))
	}
	if config.MaxBytes < 0 {
		problems = append(problems, fmt.Sprintf("the size limit is %d; it must not be negative", config.MaxBytes))
	}
	if config.StallTimeout < 0 {
		problems = append(problems, fmt.Sprintf("the stall timeout is %s; it must not be negative", config.StallTimeout))
	}
	b := &Bucket{
		prefix: "gs://local/", maxBytes: config.MaxBytes, stall: config.StallTimeout, now: config.Now, logger: config.Logger,
	}
	if config.PublicURL != "" {
		if err := b.SetPublicURL(config.PublicURL); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("open bucket: %s", strings.Join(problems, "; "))
	}
	if b.maxBytes == 0 {
		b.maxBytes = defaultMaxBytes
	}
	if b.stall == 0 {
		b.stall = defaultStallTimeout
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.logger == nil {
		b.logger = slog.Default()
	}
	// A key of its own, so that the secret can sign other things elsewhere without one passing for the other.
	if b.secret, err = hkdf.Key(sha256.New, config.Secret, nil, "entrepot bucket URLs 1", sha256.Size); err != nil {
		return nil, fmt.Errorf("open bucket: derive signing key: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	if err := b.openFolder(folder); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return b, nil
}

// Close ends the use of the bucket. Objects that are being read stay readable; unfinished writers fail.
func (b *Bucket) Close() error {
	if err := b.root.Close(); err != nil {
		return fmt.Errorf("close bucket: %w", err)
	}
	return nil
}

// SetPublicURL says at which address Handler is reached, such as http://127.0.0.1:8080/bucket: absolute, http or
// https, without query and fragment. URLs signed from then on begin with it; earlier ones stay valid.
func (b *Bucket) SetPublicURL(address string) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil ||
		parsed.RawQuery != "" || parsed.Fragment != "" {
		return &OptionError{"publicURL", fmt.Sprintf("%q is not an address such as https://example.org/bucket", address)}
	}
	b.public.Store(parsed)
	return nil
}

// FileURL is the Config.URL of an absolute folder.
func FileURL(folder string) string {
	path := filepath.ToSlash(folder)
	if !strings.HasPrefix(path, "/") { // C:/data
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func folderOf(address string) (string, error) {
	const example = "use file:///absolute/folder"
	parsed, err := url.Parse(address)
	switch {
	case address == "":
		return "", errors.New("the bucket's address is missing; " + example)
	case err != nil:
		return "", fmt.Errorf("the bucket's address %q cannot be read; %s", address, example)
	case parsed.Scheme != "file":
		return "", fmt.Errorf("the bucket's address %q begins with a scheme that is not supported; %s", address, example)
	case parsed.Host != "" && parsed.Host != "localhost" || parsed.Opaque != "":
		return "", fmt.Errorf("the bucket's address %q is not absolute; %s (three slashes)", address, example)
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return "", fmt.Errorf("the bucket's address %q has a query or fragment; %s, with ? and # escaped", address, example)
	}
	path := parsed.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("the bucket's address %q is not absolute; %s (three slashes)", address, example)
	}
	return filepath.Clean(path), nil
}
