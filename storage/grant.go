package storage

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// grant is what one signed URL allows.
type grant struct {
	method, key, contentType string
	size                     int64  // PUT
	sha256                   string // PUT; empty: any
	fileName                 string // GET
	generation               int64  // GET; 0: any
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
	paramGeneration  = "generation"
	paramExpires     = "expires" // Unix seconds
	paramSignature   = "signature"
)

func (b *local) signPut(_ context.Context, key string, options PutOptions) (Request, error) {
	if _, err := fileName(key); err != nil {
		return Request{}, err
	}
	g := grant{
		method: http.MethodPut, key: key, contentType: options.ContentType, size: options.Size, sha256: options.SHA256,
	}
	address, err := b.sign(&g, options.Expiry)
	if err != nil {
		return Request{}, err
	}
	return Request{
		Method: g.method, URL: address, ExpiresAt: g.expires,
		Headers: []Header{{Name: "Content-Type", Value: g.contentType}},
	}, nil
}

func (b *local) signGet(_ context.Context, key string, options GetOptions) (string, time.Time, error) {
	g := grant{
		method: http.MethodGet, key: key, contentType: options.ContentType, fileName: options.FileName,
		generation: options.Generation,
	}
	address, err := b.sign(&g, options.Expiry)
	return address, g.expires, err
}

// sign fills in when the grant ends and gives its URL.
func (b *local) sign(g *grant, expiry time.Duration) (string, error) {
	public := b.public.Load()
	if public == nil {
		return "", &OptionError{"publicURL", "is not known yet: call SetPublicURL once the server listens"}
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
		if g.generation != 0 {
			values.Set(paramGeneration, strconv.FormatInt(g.generation, 10))
		}
	}
	return values
}

// signature is over the sorted, escaped parameters: one text for one set of parameters, however a proxy wrote them.
func (b *local) signature(values url.Values) string {
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte(values.Encode()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify reads the grant out of a query; ok is false for everything that this bucket's secret did not sign. It does
// not look at the time.
func (b *local) verify(query string) (g grant, ok bool) {
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
	generation, generationErr := strconv.ParseInt(cmp.Or(values.Get(paramGeneration), "0"), 10, 64)
	g = grant{
		method: values.Get(paramMethod), key: values.Get(paramKey), contentType: values.Get(paramContentType),
		size: size, sha256: values.Get(paramSHA256), fileName: values.Get(paramFileName), expires: time.Unix(expires, 0),
		generation: generation,
	}
	return g, expiresErr == nil && generationErr == nil && (g.method != http.MethodPut || sizeErr == nil && size >= 0)
}
