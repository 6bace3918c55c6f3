package storage_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	google "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

// TestSignedRequestIsGooglesText shows the very text that is signed, by Google's published rules.
func TestSignedRequestIsGooglesText(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	_, account := keyFile(t)
	verifier := fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: account.Public}, Now: b.clock}
	host := strings.TrimPrefix(b.server.URL, "http://")
	upload := b.signPut(t, storage.PutOptions{ContentType: "text/csv; charset=utf-8", Size: 1234})
	signed, err := verifier.Verify(unsent(t, upload))
	require.NoError(t, err)
	require.Equal(t, strings.Join([]string{
		"PUT", "/entrepot-test/some/prefix/org-1/grp-2/upload%203",
		"X-Goog-Algorithm=GOOG4-RSA-SHA256" +
			"&X-Goog-Credential=entrepot%40test.iam.gserviceaccount.com%2F20260301%2Fauto%2Fstorage%2Fgoog4_request" +
			"&X-Goog-Date=20260301T120000Z&X-Goog-Expires=900" +
			"&X-Goog-SignedHeaders=content-type%3Bhost%3Bx-goog-content-length-range%3Bx-goog-if-generation-match",
		"content-type:text/csv; charset=utf-8", "host:" + host, "x-goog-content-length-range:0,1234",
		"x-goog-if-generation-match:0", "",
		"content-type;host;x-goog-content-length-range;x-goog-if-generation-match", "UNSIGNED-PAYLOAD",
	}, "\n"), signed.CanonicalRequest)
	hash := sha256.Sum256([]byte(signed.CanonicalRequest))
	require.Equal(t, "GOOG4-RSA-SHA256\n20260301T120000Z\n20260301/auto/storage/goog4_request\n"+hex.EncodeToString(hash[:]),
		signed.StringToSign)
	require.Equal(t, b.clock().Add(15*time.Minute), upload.ExpiresAt)
	require.Equal(t, []storage.Header{
		{Name: "Content-Type", Value: "text/csv; charset=utf-8"},
		{Name: "x-goog-content-length-range", Value: "0,1234"},
		{Name: "x-goog-if-generation-match", Value: "0"},
	}, upload.Headers)
}

// unsent is a request as a server would get it.
func unsent(t *testing.T, r storage.Request) *http.Request {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), r.Method, r.URL, nil)
	for _, h := range r.Headers {
		request.Header.Set(h.Name, h.Value)
	}
	return request
}

// TestSignedURLsAreThoseOfGooglesLibrary compares every byte, the signature's too: RSA with PKCS #1 v1.5 has one for
// every text.
func TestSignedURLsAreThoseOfGooglesLibrary(t *testing.T) {
	t.Parallel()
	name, account := keyFile(t)
	var key struct {
		PrivateKey string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(account.KeyFile, &key))
	for _, address := range []string{"gs://bucket-1", "gs://bucket.with_dots/a/b%20c d/Ş"} {
		// The library takes the time from the machine's clock, so both sign within one second of it.
		now := time.Now()
		b, err := storage.OpenAt(t.Context(), storage.Config{
			URL: address, Now: func() time.Time { return now }, Getenv: env("GOOGLE_APPLICATION_CREDENTIALS", name),
		}, "https://storage.googleapis.com", "")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		bucket, prefix, _ := strings.Cut(strings.TrimPrefix(b.Path(""), "gs://"), "/")
		for _, object := range []string{
			"k", "org-1/grp-2/file.csv", "a b+c&d=e?f#g%h", "~-_.!*'();:@$,[]\"<>^`{|}\\", "Şubat 2024/日本/🎈", "%2F", "a/%2e/b",
		} {
			for _, one := range []struct {
				method  string
				headers []storage.Header
				query   map[string]string
			}{
				{"PUT", nil, nil},
				{"PUT", []storage.Header{
					{Name: "Content-Type", Value: "text/csv;  charset=\"utf-8\""},
					{Name: "x-goog-content-length-range", Value: "0,1"},
					{Name: "x-goog-if-generation-match", Value: "0"},
				}, nil},
				{"POST", []storage.Header{{Name: "x-goog-resumable", Value: "start"}}, nil},
				{"GET", nil, map[string]string{
					"response-content-disposition": `attachment; filename="a b_.csv"; filename*=UTF-8''a%20b%C5%9E.csv`,
					"response-content-type":        "text/csv; charset=utf-8", "generation": "17",
				}},
			} {
				query := url.Values{}
				for name, value := range one.query {
					query.Set(name, value)
				}
				options := google.SignedURLOptions{
					GoogleAccessID: account.Email, PrivateKey: []byte(key.PrivateKey), Method: one.method,
					QueryParameters: query, Scheme: google.SigningSchemeV4, Style: google.PathStyle(),
				}
				for _, h := range one.headers {
					if h.Name == "Content-Type" {
						options.ContentType = h.Value
					} else {
						options.Headers = append(options.Headers, h.Name+":"+h.Value)
					}
				}
				for {
					now = time.Now().Truncate(time.Second)
					options.Expires = now.Add(10*time.Minute + 500*time.Millisecond)
					theirs, err := google.SignedURL(bucket, prefix+object, &options)
					require.NoError(t, err)
					ours, err := b.SignV4(t.Context(), one.method, object, one.headers, one.query, expiresIn(t, theirs))
					require.NoError(t, err)
					if time.Now().Truncate(time.Second).Equal(now) { // and not another second by now
						require.Equal(t, pieces(theirs), pieces(ours))
						break
					}
				}
			}
		}
	}
}

// pieces are what a URL is made of, the parameters in one order and with one way to write a space: the library puts the
// signature among the others, and sends a plus where it signs %20.
func pieces(address string) []string {
	path, query, _ := strings.Cut(address, "?")
	pairs := strings.Split(strings.ReplaceAll(query, "+", "%20"), "&")
	slices.Sort(pairs)
	return append([]string{path}, pairs...)
}

func expiresIn(t *testing.T, address string) time.Duration {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	d, err := time.ParseDuration(parsed.Query().Get("X-Goog-Expires") + "s")
	require.NoError(t, err)
	return d
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// TestVerifierRefusesWhatWasChanged makes sure that what verifies here would notice.
func TestVerifierRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	_, account := keyFile(t)
	verifier := fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: account.Public}, Now: b.clock}
	good := b.signPut(t, storage.PutOptions{ContentType: "text/csv", Size: 10})
	change := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			require.Contains(t, r.URL.RawQuery, old)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, old, with, 1)
		}
	}
	other, err := fakegcs.NewAccount()
	require.NoError(t, err)
	const mismatch, invalid = "SignatureDoesNotMatch", "InvalidArgument"
	for name, test := range map[string]struct {
		spoil func(*http.Request)
		code  string
	}{
		"nothing":                  {func(*http.Request) {}, ""},
		"escapes in small letters": {change("%3Bhost", "%3bhost"), ""},
		"method":                   {func(r *http.Request) { r.Method = http.MethodGet }, mismatch},
		"path":                     {func(r *http.Request) { r.URL.Path, r.URL.RawPath = r.URL.Path+"x", "" }, mismatch},
		"host":                     {func(r *http.Request) { r.Host = "storage.example" }, mismatch},
		"content type":             {func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, mismatch},
		"no content type":          {func(r *http.Request) { r.Header.Del("Content-Type") }, mismatch},
		"larger":                   {func(r *http.Request) { r.Header.Set("x-goog-content-length-range", "0,11") }, mismatch},
		"any size":                 {func(r *http.Request) { r.Header.Del("x-goog-content-length-range") }, mismatch},
		"overwriting":              {func(r *http.Request) { r.Header.Del("x-goog-if-generation-match") }, mismatch},
		"overwriting a known one":  {func(r *http.Request) { r.Header.Set("x-goog-if-generation-match", "7") }, mismatch},
		"a header twice":           {func(r *http.Request) { r.Header.Add("x-goog-if-generation-match", "7") }, mismatch},
		"a header more":            {func(r *http.Request) { r.Header.Set("x-goog-acl", "public-read") }, mismatch},
		"fewer headers signed":     {change("%3Bx-goog-if-generation-match", ""), mismatch},
		"host not signed":          {change("%3Bhost", ""), invalid},
		"a parameter more":         {func(r *http.Request) { r.URL.RawQuery += "&generation=1" }, mismatch},
		"a parameter twice":        {func(r *http.Request) { r.URL.RawQuery += "&X-Goog-Expires=900" }, invalid},
		"lasts longer":             {change("Expires=900", "Expires=901"), mismatch},
		"lasts too long":           {change("Expires=900", "Expires=604801"), invalid},
		"later":                    {change("T120000Z", "T120001Z"), mismatch},
		"tomorrow":                 {change("=20260301T", "=20260302T"), "RequestTimeTooSkewed"},
		"yesterday's scope":        {change("%2F20260301", "%2F20260228"), invalid},
		"another account":          {change("entrepot%40", "other%40"), invalid},
		"another algorithm":        {change("RSA-SHA256", "HMAC-SHA256"), invalid},
		"not signed at all":        {func(r *http.Request) { r.URL.RawQuery = "" }, invalid},
		"no signature": {func(r *http.Request) {
			r.URL.RawQuery, _, _ = strings.Cut(r.URL.RawQuery, "&X-Goog-Signature")
		}, mismatch},
		"one bit of the signature": {func(r *http.Request) {
			last := len(r.URL.RawQuery) - 1
			bit := map[bool]string{true: "1", false: "0"}[r.URL.RawQuery[last] == '0']
			r.URL.RawQuery = r.URL.RawQuery[:last] + bit
		}, mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			r := unsent(t, good)
			test.spoil(r)
			_, err := verifier.Verify(r)
			if test.code == "" {
				require.NoError(t, err)
				return
			}
			var refused *fakegcs.SignatureError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.code, refused.Code, refused.Message)
		})
	}
	_, err = fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: other.Public}, Now: b.clock}.Verify(unsent(t, good))
	require.ErrorContains(t, err, mismatch, "another key")
	b.advance(15*time.Minute - time.Nanosecond)
	_, err = verifier.Verify(unsent(t, good))
	require.NoError(t, err)
	b.advance(time.Nanosecond)
	_, err = verifier.Verify(unsent(t, good))
	require.ErrorContains(t, err, "ExpiredToken")
}

func TestSignedUploadIsHeldToWhatWasSigned(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	request := b.signPut(t, storage.PutOptions{ContentType: "text/csv", Size: int64(len(text))})
	without := func(name string) storage.Request {
		changed := request
		changed.Headers = nil
		for _, h := range request.Headers {
			if h.Name != name {
				changed.Headers = append(changed.Headers, h)
			}
		}
		return changed
	}
	chunked := struct{ *strings.Reader }{strings.NewReader(text + "x")}
	require.Equal(t, http.StatusBadRequest, put(t, request, strings.NewReader(text+"x")).Status, "too large")
	require.Equal(t, http.StatusBadRequest, put(t, request, chunked).Status, "too large, without saying so")
	for _, h := range request.Headers {
		require.Equal(t, http.StatusForbidden, put(t, without(h.Name), strings.NewReader(text)).Status, h.Name)
	}
	require.Equal(t, http.StatusForbidden, send(t, http.MethodGet, request.URL, nil, nil).Status)
	require.Empty(t, b.keys(t))

	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader(text)).Status)
	require.Equal(t, http.StatusPreconditionFailed, put(t, request, strings.NewReader(strings.ToUpper(text))).Status, "overwriting")
	require.Equal(t, text, b.read(t, key))
	attributes, err := b.Attributes(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, "text/csv", attributes.ContentType)
	require.NotNil(t, attributes.CRC32C)

	require.NoError(t, b.Delete(t.Context(), key))
	b.advance(15 * time.Minute)
	require.Equal(t, http.StatusBadRequest, put(t, request, strings.NewReader(text)).Status, "expired")
}

// TestResumableUpload does what a client does with a large file and a bad line.
func TestResumableUpload(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	content := stream(3 << 18)
	start, err := b.SignPut(t.Context(), key, storage.PutOptions{
		ContentType: "text/csv", Size: int64(len(content)), Resumable: true,
	})
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, start.Method)
	require.Contains(t, start.Headers, storage.Header{Name: "x-goog-resumable", Value: "start"})
	begun := put(t, start, nil)
	require.Equal(t, http.StatusCreated, begun.Status, begun.Body)
	session := begun.Header.Get("Location")
	piece := func(from, to int, total string) answer {
		t.Helper()
		return sendBy(t, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			http.MethodPut, session, bytes.NewReader(content[from:to]),
			map[string]string{"Content-Range": fmt.Sprintf("bytes %d-%d/%s", from, to-1, total)})
	}
	require.Equal(t, http.StatusPermanentRedirect, piece(0, 1<<18, "*").Status)
	b.faults.set(times(1, always, fault{sendCut: 1<<18 + 5}))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, session, bytes.NewReader(content[1<<18:]))
	require.NoError(t, err)
	request.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", 1<<18, len(content)-1, len(content)))
	answered, err := http.DefaultClient.Do(request)
	if err == nil {
		require.NoError(t, answered.Body.Close())
	}
	require.Error(t, err, "the line broke")
	asked := send(t, http.MethodPut, session, nil, map[string]string{"Content-Range": fmt.Sprintf("bytes */%d", len(content))})
	require.Equal(t, http.StatusPermanentRedirect, asked.Status)
	require.Equal(t, fmt.Sprintf("bytes=0-%d", 2<<18-1), asked.Header.Get("Range"))
	require.Empty(t, b.keys(t), "there is no object before the last byte")
	require.Equal(t, http.StatusOK, piece(2<<18, len(content), fmt.Sprint(len(content))).Status)
	require.Equal(t, string(content), b.read(t, key))

	second := put(t, start, nil)
	require.Equal(t, http.StatusPreconditionFailed, second.Status, "it cannot be overwritten this way either")
	require.NoError(t, b.Delete(t.Context(), key))
	session = put(t, start, nil).Header.Get("Location")
	tooLarge := send(t, http.MethodPut, session, bytes.NewReader(append(content, 'x')), nil)
	require.Equal(t, http.StatusBadRequest, tooLarge.Status)
	require.Empty(t, b.keys(t))
}

// TestResumableUploadInOnePiece is a transfer that nothing breaks, of a size that is no multiple of anything.
func TestResumableUploadInOnePiece(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	start, err := b.SignPut(t.Context(), key, storage.PutOptions{Size: int64(len(text)), Resumable: true})
	require.NoError(t, err)
	session := put(t, start, nil).Header.Get("Location")
	require.Equal(t, http.StatusOK, send(t, http.MethodPut, session, strings.NewReader(text), nil).Status)
	require.Equal(t, text, b.read(t, key))
}

func TestFolderAnswersAResumableUploadWithThePlainPut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request, err := b.SignPut(t.Context(), key, storage.PutOptions{Size: int64(len(text)), Resumable: true})
	require.NoError(t, err)
	require.Equal(t, http.MethodPut, request.Method)
	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader(text)).Status)
}

func TestSignedDownload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		b.write(t, key, text)
		attributes, err := b.Attributes(t.Context(), key)
		require.NoError(t, err)
		get := func(generation int64) answer {
			address, expires, err := b.SignGet(t.Context(), key, storage.GetOptions{
				FileName: "Şubat\r\n\".csv", ContentType: "text/csv", Generation: generation, Expiry: time.Minute,
			})
			require.NoError(t, err)
			require.Equal(t, b.clock().Add(time.Minute), expires)
			return send(t, http.MethodGet, address, nil, nil)
		}
		for _, generation := range []int64{0, attributes.Generation} {
			got := get(generation)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			require.Equal(t, text, got.Body)
			require.Equal(t, "text/csv", got.Header.Get("Content-Type"))
			require.Equal(t, `attachment; filename="_ubat_.csv"; filename*=UTF-8''%C5%9Eubat_.csv`,
				got.Header.Get("Content-Disposition"))
		}
		require.Equal(t, http.StatusNotFound, get(attributes.Generation+1).Status, "another object than was meant")
		address, _, err := b.SignGet(t.Context(), key, storage.GetOptions{Expiry: time.Minute})
		require.NoError(t, err)
		refused := send(t, http.MethodPut, address, strings.NewReader("x"), nil)
		require.Equal(t, http.StatusForbidden, refused.Status)
		b.advance(time.Minute)
		require.NotEqual(t, http.StatusOK, send(t, http.MethodGet, address, nil, nil).Status)
	})
}

// TestLifetimes holds every signed URL to 15 minutes.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		b.advance(333 * time.Millisecond)
		for expiry, good := range map[time.Duration]bool{
			0: true, 1: true, 15 * time.Minute: true, 15*time.Minute + 1: false, -1: false, 7 * 24 * time.Hour: false,
		} {
			request, err := b.SignPut(t.Context(), key, storage.PutOptions{Expiry: expiry})
			_, expires, getErr := b.SignGet(t.Context(), key, storage.GetOptions{Expiry: expiry})
			if !good {
				var wrong *storage.OptionError
				require.ErrorAs(t, err, &wrong)
				require.ErrorAs(t, getErr, &wrong)
				require.Equal(t, "expiry", wrong.Field)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, getErr)
			require.WithinDuration(t, b.clock().Add(15*time.Minute), request.ExpiresAt, 15*time.Minute)
			require.Equal(t, request.ExpiresAt, expires)
		}
	})
}

// TestSignaturesComeFromAnywhere signs at once: nothing of one request reaches another.
func TestSignaturesComeFromAnywhere(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	_, account := keyFile(t)
	verifier := fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: account.Public}, Now: b.clock}
	var signing sync.WaitGroup
	wrong := make([]error, 8)
	for n := range wrong {
		signing.Go(func() {
			var request storage.Request
			request, wrong[n] = b.SignPut(context.Background(), fmt.Sprint("k", n), storage.PutOptions{Size: int64(n)})
			if wrong[n] == nil {
				_, wrong[n] = verifier.Verify(unsent(t, request))
			}
		})
	}
	signing.Wait()
	require.NoError(t, errors.Join(wrong...))
}
