package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The headers by which Google Cloud Storage holds an upload to what was signed.
const (
	headerLengthRange = "x-goog-content-length-range"
	headerGeneration  = "x-goog-if-generation-match"
	headerResumable   = "x-goog-resumable"
)

func (c *cloud) signPut(ctx context.Context, key string, options PutOptions) (Request, error) {
	r := Request{Method: http.MethodPut, Headers: []Header{
		{Name: "Content-Type", Value: options.ContentType},
		{Name: headerLengthRange, Value: "0," + strconv.FormatInt(options.Size, 10)},
		{Name: headerGeneration, Value: "0"}, // only where there is no object
	}}
	if options.Resumable {
		r.Method = http.MethodPost
		r.Headers = append(r.Headers, Header{Name: headerResumable, Value: "start"})
	}
	var err error
	r.URL, r.ExpiresAt, err = c.sign(ctx, r.Method, key, r.Headers, nil, options.Expiry)
	return r, err
}

func (c *cloud) signGet(ctx context.Context, key string, options GetOptions) (string, time.Time, error) {
	query := map[string]string{
		"response-content-disposition": disposition(options.FileName), "response-content-type": options.ContentType,
	}
	if options.Generation != 0 {
		query["generation"] = strconv.FormatInt(options.Generation, 10)
	}
	return c.sign(ctx, http.MethodGet, key, nil, query, options.Expiry)
}

const (
	signAlgorithm = "GOOG4-RSA-SHA256"
	signedTime    = "20060102T150405Z"
)

// sign makes a signed URL by Google's V4 rules:
// https://cloud.google.com/storage/docs/authentication/canonical-requests and …/signatures. The client sends the headers
// exactly so.
func (c *cloud) sign(
	ctx context.Context, method, key string, headers []Header, query map[string]string, expiry time.Duration,
) (string, time.Time, error) {
	began := c.now().UTC().Truncate(time.Second)
	seconds := (expiry + time.Second - 1) / time.Second
	scope := began.Format("20060102") + "/auto/storage/goog4_request"
	host, err := url.Parse(c.storage)
	if err != nil {
		return "", time.Time{}, &faultError{text: "the service's address cannot be read"}
	}
	sent := map[string]string{"host": host.Host}
	for _, h := range headers {
		sent[strings.ToLower(h.Name)] = strings.Join(strings.Fields(h.Value), " ")
	}
	names := slices.Sorted(maps.Keys(sent))
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + sent[name] + "\n")
	}
	parameters := map[string]string{
		"X-Goog-Algorithm":     signAlgorithm,
		"X-Goog-Credential":    c.signer.account() + "/" + scope,
		"X-Goog-Date":          began.Format(signedTime),
		"X-Goog-Expires":       strconv.FormatInt(int64(seconds), 10),
		"X-Goog-SignedHeaders": strings.Join(names, ";"),
	}
	maps.Copy(parameters, query)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		pairs = append(pairs, escape(name, "")+"="+escape(parameters[name], ""))
	}
	path, written := "/"+c.name+"/"+escape(c.prefix+key, "/"), strings.Join(pairs, "&")

	request := strings.Join(
		[]string{method, path, written, lines.String(), parameters["X-Goog-SignedHeaders"], "UNSIGNED-PAYLOAD"}, "\n")
	sum := sha256.Sum256([]byte(request))
	text := strings.Join([]string{signAlgorithm, parameters["X-Goog-Date"], scope, hex.EncodeToString(sum[:])}, "\n")
	signature, err := c.signer.sign(ctx, []byte(text))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign as %s: %w", c.signer.account(), err)
	}
	address := c.storage + path + "?" + written + "&X-Goog-Signature=" + hex.EncodeToString(signature)
	return address, began.Add(seconds * time.Second), nil
}

// escape writes every byte as %XX but letters, digits, - _ . ~ and those that are kept.
func escape(text, kept string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~"+kept, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString(string([]byte{'%', upperHex[c>>4], upperHex[c&15]}))
		}
	}
	return b.String()
}
