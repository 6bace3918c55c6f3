package fakegcs

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verifier checks requests that are signed in their query by Google's V4 rules, as they are published at
// https://cloud.google.com/storage/docs/authentication/canonical-requests and …/signatures. It is written from those
// pages alone: it shares nothing with what signs.
type Verifier struct {
	// Keys are those of the accounts that may sign, by e-mail address.
	Keys map[string]*rsa.PublicKey
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Signed is what a signature is over.
type Signed struct {
	CanonicalRequest string
	StringToSign     string
}

// SignatureError is why a request was refused: one of Google's codes for it and a sentence.
type SignatureError struct{ Code, Message string }

// Error is code and sentence.
func (e *SignatureError) Error() string { return e.Code + ": " + e.Message }

func unsigned(code, format string, args ...any) error {
	return &SignatureError{code, fmt.Sprintf(format, args...)}
}

const (
	algorithm   = "GOOG4-RSA-SHA256"
	maxLifetime = 7 * 24 * time.Hour
	clockSkew   = 15 * time.Minute
)

// Verify tells what the request's signature is over; the error is a *SignatureError.
func (v Verifier) Verify(r *http.Request) (Signed, error) {
	query, encoded, err := signedQuery(r.URL.RawQuery)
	if err != nil {
		return Signed{}, err
	}
	if query["X-Goog-Algorithm"] != algorithm {
		return Signed{}, unsigned("InvalidArgument", "the algorithm is not %s", algorithm)
	}
	date, err := v.inTime(query)
	if err != nil {
		return Signed{}, err
	}
	account, scope, _ := strings.Cut(query["X-Goog-Credential"], "/")
	if want := date[:8] + "/auto/storage/goog4_request"; scope != want {
		return Signed{}, unsigned("InvalidArgument", "the credential's scope is %q and not %q", scope, want)
	}
	key := v.Keys[account]
	if key == nil {
		return Signed{}, unsigned("InvalidArgument", "nobody knows the account %q", account)
	}
	headers, err := signedHeaders(r, query["X-Goog-SignedHeaders"])
	if err != nil {
		return Signed{}, err
	}
	path, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		return Signed{}, err
	}
	var s Signed
	s.CanonicalRequest = r.Method + "\n" + path + "\n" + encoded + "\n" + headers + "\n" +
		query["X-Goog-SignedHeaders"] + "\n" + "UNSIGNED-PAYLOAD"
	hash := sha256.Sum256([]byte(s.CanonicalRequest))
	s.StringToSign = algorithm + "\n" + date + "\n" + scope + "\n" + hex.EncodeToString(hash[:])
	signature, err := hex.DecodeString(query["X-Goog-Signature"])
	if err != nil {
		return s, unsigned("InvalidArgument", "the signature is not hexadecimal")
	}
	digest := sha256.Sum256([]byte(s.StringToSign))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
		return s, unsigned("SignatureDoesNotMatch", "the signature is over something else than this request")
	}
	return s, nil
}

// inTime gives the date of a signature that counts now.
func (v Verifier) inTime(query map[string]string) (string, error) {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	date := query["X-Goog-Date"]
	began, err := time.Parse("20060102T150405Z", date)
	if err != nil {
		return "", unsigned("InvalidArgument", "the date is not like 20060102T150405Z")
	}
	seconds, err := strconv.Atoi(query["X-Goog-Expires"])
	if err != nil || seconds < 1 || time.Duration(seconds)*time.Second > maxLifetime {
		return "", unsigned("InvalidArgument", "it must expire after 1 second to 7 days")
	}
	if began.After(now().Add(clockSkew)) {
		return "", unsigned("RequestTimeTooSkewed", "it was signed in the future")
	}
	if !now().Before(began.Add(time.Duration(seconds) * time.Second)) {
		return "", unsigned("ExpiredToken", "it has expired")
	}
	return date, nil
}

// signedQuery gives the parameters, and the text of all but the signature in canonical order: by name, each name and
// value percent-encoded.
func signedQuery(raw string) (map[string]string, string, error) {
	query := map[string]string{}
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, "", unsigned("InvalidArgument", "the query cannot be read")
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, "", unsigned("InvalidArgument", "the query cannot be read")
		}
		if _, twice := query[name]; twice {
			return nil, "", unsigned("InvalidArgument", "%s stands twice in the query", name)
		}
		query[name] = value
		if name != "X-Goog-Signature" {
			pairs = append(pairs, encode(name, false)+"="+encode(value, false))
		}
	}
	slices.Sort(pairs)
	return query, strings.Join(pairs, "&"), nil
}

// signedHeaders gives the lines of the headers that were signed, as they were sent.
func signedHeaders(r *http.Request, list string) (string, error) {
	names := strings.Split(list, ";")
	if !slices.IsSorted(names) || strings.ToLower(list) != list || !slices.Contains(names, "host") {
		return "", unsigned("InvalidArgument", "the list of signed headers must be sorted, in lower case, and have host")
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-goog-") && !slices.Contains(names, name) {
			return "", unsigned("SignatureDoesNotMatch", "the header %s was sent and not signed", name)
		}
	}
	var lines strings.Builder
	for _, name := range names {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		lines.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	return lines.String(), nil
}

func canonicalPath(raw string) (string, error) {
	path, err := url.PathUnescape(raw)
	if err != nil {
		return "", unsigned("InvalidArgument", "the path cannot be read")
	}
	return encode(path, true), nil
}

func encode(text string, isPath bool) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '.', c == '_', c == '~', isPath && c == '/':
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
