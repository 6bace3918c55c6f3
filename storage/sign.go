package storage

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultExpiry      = 15 * time.Minute
	maxExpiry          = 7 * 24 * time.Hour // the limit of Google Cloud Storage
	defaultContentType = "application/octet-stream"
	maxContentType     = 255
)

// PutOptions is what a signed PUT allows.
type PutOptions struct {
	ContentType string        // sent exactly so; empty is application/octet-stream
	Size        int64         // bytes, exactly; at most Config.MaxBytes
	SHA256      string        // in hexadecimal; empty leaves the content unchecked
	Expiry      time.Duration // from now, at most 7 days; 0 is 15 minutes
}

// GetOptions is what a signed GET answers with.
type GetOptions struct {
	FileName    string        // that a browser saves the file as; made safe, so any text will do
	ContentType string        // empty is application/octet-stream
	Expiry      time.Duration // from now, at most 7 days; 0 is 15 minutes
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

// SignPut makes the request by which a client creates the object, once. An *OptionError says what cannot be signed.
func (b *Bucket) SignPut(_ context.Context, key string, options PutOptions) (Request, error) {
	g := grant{method: http.MethodPut, key: key, size: options.Size, sha256: strings.ToLower(options.SHA256)}
	var err error
	switch sum, hexErr := hex.DecodeString(g.sha256); {
	case options.Size < 0:
		err = &OptionError{"size", "must not be negative"}
	case options.Size > b.maxBytes:
		err = &OptionError{"size", fmt.Sprintf("is more than %d bytes", b.maxBytes)}
	case hexErr != nil, len(sum) != 0 && len(sum) != sha256.Size:
		err = &OptionError{"sha256", "must have 64 hexadecimal digits"}
	}
	if err != nil {
		return Request{}, fmt.Errorf("sign upload: %w", err)
	}
	if _, err := fileName(key); err != nil {
		return Request{}, fmt.Errorf("sign upload: %w", err)
	}
	address, err := b.sign(&g, options.ContentType, options.Expiry)
	if err != nil {
		return Request{}, fmt.Errorf("sign upload: %w", err)
	}
	return Request{
		Method: g.method, URL: address, ExpiresAt: g.expires,
		Headers: []Header{{Name: "Content-Type", Value: g.contentType}},
	}, nil
}

// SignGet makes a URL that downloads the object as an attachment, by GET or HEAD. It does not look whether the object
// exists. An *OptionError says what cannot be signed.
func (b *Bucket) SignGet(_ context.Context, key string, options GetOptions) (string, time.Time, error) {
	g := grant{method: http.MethodGet, key: key, fileName: safeFileName(options.FileName)}
	address, err := b.sign(&g, options.ContentType, options.Expiry)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign download: %w", err)
	}
	return address, g.expires, nil
}

// grant is what one signed URL allows.
type grant struct {
	method, key, contentType string
	size                     int64  // PUT
	sha256                   string // PUT; empty: any
	fileName                 string // GET
	expires                  time.Time
}

// The parameters of a signed URL. The signature covers all the others, and an unknown or repeated one breaks it.
const (
	paramMethod      = "method"
	paramKey         = "key"
	paramContentType = "type"
	paramSize        = "size"
	paramSHA256      = "sha256"
	paramFileName    = "name"
	paramExpires     = "expires" // Unix seconds
	paramSignature   = "signature"
)

// sign fills in the grant's content type and expiry and gives its URL.
func (b *Bucket) sign(g *grant, contentType string, expiry time.Duration) (string, error) {
	public := b.public.Load()
	if public == nil {
		return "", &OptionError{"publicURL", "is not known yet: call SetPublicURL once the server listens"}
	}
	if err := checkKey(g.key); err != nil {
		return "", err
	}
	if g.contentType = contentType; contentType == "" {
		g.contentType = defaultContentType
	}
	if !validContentType(g.contentType) {
		return "", &OptionError{"contentType", "is not a media type such as text/csv"}
	}
	if expiry == 0 {
		expiry = defaultExpiry
	}
	if expiry < 0 || expiry > maxExpiry {
		return "", &OptionError{"expiry", "must be positive and at most 7 days"}
	}
	// Rounded up to the URL's whole seconds, so that a grant never lasts shorter than asked for.
	g.expires = b.now().Add(expiry + time.Second - time.Nanosecond).UTC().Truncate(time.Second)
	values := g.values()
	values.Set(paramSignature, b.signature(values))
	address := *public
	address.RawQuery = values.Encode()
	return address.String(), nil
}

func (g *grant) values() url.Values {
	values := url.Values{
		paramMethod:      {g.method},
		paramKey:         {g.key},
		paramContentType: {g.contentType},
		paramExpires:     {strconv.FormatInt(g.expires.Unix(), 10)},
	}
	switch g.method {
	case http.MethodPut:
		values.Set(paramSize, strconv.FormatInt(g.size, 10))
		if g.sha256 != "" {
			values.Set(paramSHA256, g.sha256)
		}
	case http.MethodGet:
		values.Set(paramFileName, g.fileName)
	}
	return values
}

// signature is over the sorted, escaped parameters: one text for one set of parameters, however a proxy wrote them.
func (b *Bucket) signature(values url.Values) string {
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte(values.Encode()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify reads the grant out of a query; ok is false for everything that this bucket's secret did not sign. It does
// not look at the time.
func (b *Bucket) verify(query string) (g grant, ok bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return grant{}, false
	}
	given := values[paramSignature]
	values.Del(paramSignature)
	if len(given) != 1 || !hmac.Equal([]byte(given[0]), []byte(b.signature(values))) {
		return grant{}, false
	}
	size, sizeErr := strconv.ParseInt(values.Get(paramSize), 10, 64)
	expires, expiresErr := strconv.ParseInt(values.Get(paramExpires), 10, 64)
	g = grant{
		method: values.Get(paramMethod), key: values.Get(paramKey), contentType: values.Get(paramContentType),
		size: size, sha256: values.Get(paramSHA256), fileName: values.Get(paramFileName), expires: time.Unix(expires, 0),
	}
	return g, expiresErr == nil && (g.method != http.MethodPut || sizeErr == nil && size >= 0)
}

func validContentType(text string) bool {
	mediaType, _, err := mime.ParseMediaType(text)
	printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	// Untrimmed, it could not arrive as it was signed.
	return err == nil && strings.Contains(mediaType, "/") && printable && len(text) <= maxContentType &&
		strings.TrimSpace(text) == text
}
