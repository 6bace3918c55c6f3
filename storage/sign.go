package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"strings"
	"time"
)

const (
	maxExpiry          = 15 * time.Minute
	defaultContentType = "application/octet-stream"
	maxContentType     = 255
)

// PutOptions is what a signed upload allows.
type PutOptions struct {
	ContentType string // sent exactly so; empty is application/octet-stream
	// Size is the most bytes that are taken, at most Config.MaxBytes. A folder takes exactly so many.
	Size int64
	// SHA256 is in hexadecimal; empty leaves the content unchecked. Google Cloud Storage never checks it: who reads the
	// object must.
	SHA256 string
	Expiry time.Duration // from now, at most 15 minutes; 0 is 15 minutes
	// Resumable asks for the start of a resumable upload: an empty POST whose answer's Location takes the bytes, in one
	// piece or several, by Google's protocol, for a week and with no other right. A folder has none, and gives the plain
	// PUT: Request.Method tells which it is.
	Resumable bool
}

// GetOptions is what a signed GET answers with.
type GetOptions struct {
	FileName    string // that a browser saves the file as; made safe, so any text will do
	ContentType string // empty is application/octet-stream
	// Generation is that of the object that may be downloaded; another one is not found. 0 is any.
	Generation int64
	Expiry     time.Duration // from now, at most 15 minutes; 0 is 15 minutes
}

// Request is what a client has to send, headers and all, before ExpiresAt.
type Request struct {
	Method    string
	URL       string
	Headers   []Header
	ExpiresAt time.Time
}

// Header is one header of a Request.
type Header struct{ Name, Value string }

// SignPut makes the request by which a client creates the object, once: whatever it is, a second one is refused with 412.
// An *OptionError says what cannot be signed, ErrUnavailable that Google, where it signs, did not.
func (b *Bucket) SignPut(ctx context.Context, key string, options PutOptions) (Request, error) {
	request, err := b.signPut(ctx, key, options)
	if err != nil {
		return Request{}, fmt.Errorf("sign upload: %w", err)
	}
	return request, nil
}

func (b *Bucket) signPut(ctx context.Context, key string, options PutOptions) (Request, error) {
	options.SHA256 = strings.ToLower(options.SHA256)
	switch sum, err := hex.DecodeString(options.SHA256); {
	case options.Size < 0:
		return Request{}, &OptionError{"size", "must not be negative"}
	case options.Size > b.maxBytes:
		return Request{}, &OptionError{"size", fmt.Sprintf("is more than %d bytes", b.maxBytes)}
	case err != nil, len(sum) != 0 && len(sum) != sha256.Size:
		return Request{}, &OptionError{"sha256", "must have 64 hexadecimal digits"}
	}
	if err := checkGrant(key, &options.ContentType, &options.Expiry); err != nil {
		return Request{}, err
	}
	return b.store.signPut(ctx, key, options)
}

// SignGet makes a URL that downloads the object as an attachment, by GET; a folder answers HEAD too. It does not look
// whether the object exists. Errors are those of SignPut.
func (b *Bucket) SignGet(ctx context.Context, key string, options GetOptions) (string, time.Time, error) {
	options.FileName = safeFileName(options.FileName)
	err := checkGrant(key, &options.ContentType, &options.Expiry)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign download: %w", err)
	}
	address, expires, err := b.store.signGet(ctx, key, options)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign download: %w", err)
	}
	return address, expires, nil
}

// checkGrant checks what every signature is over, and fills in what is not given.
func checkGrant(key string, contentType *string, expiry *time.Duration) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if *contentType == "" {
		*contentType = defaultContentType
	}
	if !validContentType(*contentType) {
		return &OptionError{"contentType", "is not a media type such as text/csv"}
	}
	if *expiry == 0 {
		*expiry = maxExpiry
	}
	if *expiry < 0 || *expiry > maxExpiry {
		return &OptionError{"expiry", "must be positive and at most 15 minutes"}
	}
	return nil
}

func validContentType(text string) bool {
	mediaType, _, err := mime.ParseMediaType(text)
	printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	// Untrimmed, it could not arrive as it was signed.
	return err == nil && strings.Contains(mediaType, "/") && printable && len(text) <= maxContentType &&
		strings.TrimSpace(text) == text
}
