package storage_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

const (
	key  = "org-1/grp-2/upload 3"
	text = "site,kWh\nAnkara,12\n"
)

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}

func (b *bundle) signPut(t *testing.T, options storage.PutOptions) storage.Request {
	t.Helper()
	request, err := b.SignPut(t.Context(), key, options)
	require.NoError(t, err)
	require.Equal(t, http.MethodPut, request.Method)
	return request
}

// put sends the request as a client should that knows nothing but the request.
func put(t *testing.T, request storage.Request, body io.Reader) answer {
	t.Helper()
	header := map[string]string{}
	for _, h := range request.Headers {
		header[h.Name] = h.Value
	}
	return send(t, request.Method, request.URL, body, header)
}

func TestPutStoresOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, options := range map[string]storage.PutOptions{
		"csv/1": {ContentType: "text/csv; charset=utf-8", Size: int64(len(text)), SHA256: strings.ToUpper(sum(text))},
		"any/2": {Size: int64(len(text))},
	} {
		request, err := b.SignPut(t.Context(), name, options)
		require.NoError(t, err)
		require.Equal(t, b.clock().Add(15*time.Minute), request.ExpiresAt)
		first := put(t, request, strings.NewReader(text))
		require.Equal(t, http.StatusOK, first.Status, first.Body)
		require.Equal(t, "*", first.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, text, b.read(t, name))
		second := put(t, request, strings.NewReader(text))
		require.Equal(t, http.StatusPreconditionFailed, second.Status)
		require.Equal(t, "ALREADY_EXISTS", second.Code)
		require.Contains(t, second.Message, "new address")
	}
	empty := b.signPut(t, storage.PutOptions{})
	require.Equal(t, http.StatusOK, put(t, empty, nil).Status)
	require.Empty(t, b.read(t, key))
	require.Len(t, b.files(t), 3)
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	type attempt struct {
		method      string
		contentType string
		body        io.Reader
		later       time.Duration
	}
	chunked := func(text string) io.Reader { return struct{ io.Reader }{strings.NewReader(text)} }
	for name, test := range map[string]struct {
		attempt attempt
		status  int
		code    string
	}{
		"expired":              {attempt{later: time.Minute}, 403, "URL_EXPIRED"},
		"GET":                  {attempt{method: "GET"}, 403, "METHOD_MISMATCH"},
		"HEAD":                 {attempt{method: "HEAD"}, 403, ""},
		"POST":                 {attempt{method: "POST"}, 405, "METHOD_NOT_ALLOWED"},
		"DELETE":               {attempt{method: "DELETE"}, 405, "METHOD_NOT_ALLOWED"},
		"another type":         {attempt{contentType: "text/html"}, 403, "CONTENT_TYPE_MISMATCH"},
		"type with parameters": {attempt{contentType: "text/csv; charset=utf-8"}, 403, "CONTENT_TYPE_MISMATCH"},
		"no type":              {attempt{contentType: "-"}, 403, "CONTENT_TYPE_MISMATCH"},
		"too short":            {attempt{body: strings.NewReader(text[1:])}, 400, "SIZE_MISMATCH"},
		"too long":             {attempt{body: strings.NewReader(text + "x")}, 400, "SIZE_MISMATCH"},
		"empty":                {attempt{body: http.NoBody}, 400, "SIZE_MISMATCH"},
		"chunked, too short":   {attempt{body: chunked(text[1:])}, 400, "SIZE_MISMATCH"},
		"chunked, far too long": {
			attempt{body: chunked(strings.Repeat(text, 10_000))}, 400, "SIZE_MISMATCH",
		},
		"another content": {attempt{body: strings.NewReader(strings.ToUpper(text))}, 400, "CHECKSUM_MISMATCH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			request := b.signPut(t, storage.PutOptions{
				ContentType: "text/csv", Size: int64(len(text)), SHA256: sum(text), Expiry: time.Minute,
			})
			b.advance(test.attempt.later)
			method, contentType, body := request.Method, "text/csv", io.Reader(strings.NewReader(text))
			if test.attempt.method != "" {
				method = test.attempt.method
			}
			if test.attempt.contentType != "" {
				contentType = test.attempt.contentType
			}
			if test.attempt.body != nil {
				body = test.attempt.body
			}
			header := map[string]string{"Content-Type": contentType}
			if contentType == "-" {
				delete(header, "Content-Type")
			}
			got := send(t, method, request.URL, body, header)
			require.Equal(t, test.status, got.Status, got.Body)
			require.Equal(t, test.code, got.Code)
			require.NotContains(t, got.Body, b.folder)
			require.Empty(t, b.files(t), "nothing is left")

			b.advance(-test.attempt.later)
			again := put(t, request, strings.NewReader(text))
			require.Equal(t, http.StatusOK, again.Status, "the address works on: "+again.Body)
			require.Empty(t, b.log.String(), "what a client does wrong is not logged")
		})
	}
}

func TestURLWorksUntilItExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: 1, Expiry: 1500 * time.Millisecond})
	require.Equal(t, b.clock().Add(2*time.Second), request.ExpiresAt, "rounded up to whole seconds")
	b.advance(2 * time.Second)
	late := put(t, request, strings.NewReader("x"))
	require.Equal(t, "URL_EXPIRED", late.Code)
	require.Contains(t, late.Message, "2026-03-01T12:00:02Z")
	b.advance(-time.Nanosecond)
	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader("x")).Status)
}

func TestTamperedURLIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, key, "here")
	get, _, err := b.SignGet(t.Context(), key, storage.GetOptions{FileName: "a.csv"})
	require.NoError(t, err)
	signedPut := b.signPut(t, storage.PutOptions{ContentType: "text/csv", Size: int64(len(text)), SHA256: sum(text)}).URL

	for method, signed := range map[string]string{http.MethodPut: signedPut, http.MethodGet: get} {
		parsed, err := url.Parse(signed)
		require.NoError(t, err)
		query := parsed.Query()
		require.Len(t, query, map[string]int{http.MethodPut: 7, http.MethodGet: 6}[method])
		refused := func(what, rawQuery string) {
			t.Helper()
			changed := *parsed
			changed.RawQuery = rawQuery
			got := send(t, method, changed.String(), nil, map[string]string{"Content-Type": "text/csv"})
			require.Equal(t, http.StatusForbidden, got.Status, what)
			require.Equal(t, "SIGNATURE_INVALID", got.Code, what)
		}
		clone := func() url.Values {
			values := url.Values{}
			for name, list := range query {
				values[name] = append([]string(nil), list...)
			}
			return values
		}
		for name := range query {
			for _, other := range []string{"", "0", "1", "GET", "../x", query.Get(name) + "0", query.Get(name) + " "} {
				values := clone()
				values.Set(name, other)
				if other != query.Get(name) {
					refused(name+" changed to "+other, values.Encode())
				}
			}
			values := clone()
			values.Del(name)
			refused(name+" left out", values.Encode())
			values = clone()
			values.Add(name, query.Get(name))
			refused(name+" twice", values.Encode())
		}
		values := clone()
		values.Set("extra", "1")
		refused("a parameter more", values.Encode())
		refused("not a query", parsed.RawQuery+"&%zz")
		refused("semicolons", parsed.RawQuery+";x=1")
		refused("nothing", "")
	}
	require.Equal(t, []string{"org-1/grp-2/upload%203"}, b.files(t))
}

func TestAnotherSecretSignsNothingHere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := setup(t, func(config *storage.Config, _ *http.Server) { config.Secret = bytes.Repeat([]byte("z"), 32) })
	require.NoError(t, other.SetPublicURL(b.server.URL))
	require.Equal(t, "SIGNATURE_INVALID", put(t, other.signPut(t, storage.PutOptions{}), nil).Code)
}

func TestProxyMayRewriteEscapesOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: int64(len(text))})
	rewritten := strings.ReplaceAll(strings.ReplaceAll(request.URL, "%2F", "/"), "+", "%20")
	require.NotEqual(t, request.URL, rewritten)
	request.URL = strings.Replace(rewritten, "/bucket?", "/elsewhere/files?", 1)
	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader(text)).Status)
}

func TestSignPutNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *storage.Config, _ *http.Server) { config.MaxBytes = 100 })
	for name, test := range map[string]struct {
		options storage.PutOptions
		field   string
	}{
		"negative":              {storage.PutOptions{Size: -1}, "size"},
		"too large":             {storage.PutOptions{Size: 101}, "size"},
		"short hash":            {storage.PutOptions{SHA256: "abcd"}, "sha256"},
		"not a hash":            {storage.PutOptions{SHA256: strings.Repeat("x", 64)}, "sha256"},
		"type without subtype":  {storage.PutOptions{ContentType: "text"}, "contentType"},
		"type with line break":  {storage.PutOptions{ContentType: "text/csv\r\nX: y"}, "contentType"},
		"type with space round": {storage.PutOptions{ContentType: " text/csv"}, "contentType"},
		"type not ASCII":        {storage.PutOptions{ContentType: `text/csv; x="é"`}, "contentType"},
		"endless type":          {storage.PutOptions{ContentType: "text/" + strings.Repeat("x", 255)}, "contentType"},
		"expired already":       {storage.PutOptions{Expiry: -1}, "expiry"},
		"lasts too long":        {storage.PutOptions{Expiry: 8 * 24 * time.Hour}, "expiry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.SignPut(t.Context(), key, test.options)
			var wrong *storage.OptionError
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, test.field, wrong.Field)
			require.NotEmpty(t, wrong.Reason)
		})
	}
	_, err := b.SignPut(t.Context(), key, storage.PutOptions{Size: 100})
	require.NoError(t, err)
}

func TestExactlyOneOfTwoPutsWins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: 2})
	var answers [2]answer
	var ready, done sync.WaitGroup
	ready.Add(2)
	for i := range answers {
		done.Go(func() {
			// Neither sends its last byte before the other has begun, so that both are past the first look.
			body, send := io.Pipe()
			go func() {
				_, _ = fmt.Fprint(send, i)
				ready.Done()
				ready.Wait()
				_, _ = fmt.Fprint(send, i)
				_ = send.Close()
			}()
			answers[i] = put(t, request, body)
		})
	}
	done.Wait()
	statuses := []int{answers[0].Status, answers[1].Status}
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, statuses)
	winner := 0
	if answers[1].Status == http.StatusOK {
		winner = 1
	}
	require.Equal(t, fmt.Sprint(winner, winner), strings.Join(strings.Split(b.read(t, key), ""), " "))
	require.Len(t, b.files(t), 1)
}

// dial begins a PUT by hand: the head, and as much of the body as given.
func (b *bundle) dial(t *testing.T, request storage.Request, size int, body string) net.Conn {
	t.Helper()
	address, err := url.Parse(request.URL)
	require.NoError(t, err)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"+
		"Content-Length: %d\r\n\r\n%s", address.RequestURI(), size, body)
	require.NoError(t, err)
	return connection
}

func TestBrokenTransferLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: int64(len(text))})
	connection := b.dial(t, request, len(text), text[:5])
	require.NoError(t, connection.Close())
	<-b.served
	require.Empty(t, b.files(t))
	_, err := b.Attributes(t.Context(), key)
	require.ErrorIs(t, err, storage.ErrNotFound)
	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader(text)).Status)
	require.Equal(t, text, b.read(t, key))
}

func TestStalledTransferIsCut(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *storage.Config, _ *http.Server) { config.StallTimeout = 50 * time.Millisecond })
	connection := b.dial(t, b.signPut(t, storage.PutOptions{Size: int64(len(text))}), len(text), text[:5])
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "TRANSFER_STALLED")
	require.NoError(t, response.Body.Close())
	require.Empty(t, b.files(t))
}

func TestMovingTransferOutlivesServerTimeouts(t *testing.T) {
	t.Parallel()
	const limit = 100 * time.Millisecond
	b := setup(t, func(_ *storage.Config, server *http.Server) { server.ReadTimeout, server.WriteTimeout = limit, limit })
	body, send := io.Pipe()
	go func() {
		_, _ = io.WriteString(send, text[:5])
		time.Sleep(2 * limit) // the server's limits are on the real clock
		_, _ = io.WriteString(send, text[5:])
		_ = send.Close()
	}()
	got := put(t, b.signPut(t, storage.PutOptions{Size: int64(len(text))}), body)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
}

func TestSecondPutIsAnsweredWhateverTheClientSends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const size = 8 << 20
	b.write(t, key, "here")
	request := b.signPut(t, storage.PutOptions{Size: size})

	// A client that sends everything before it reads the answer.
	connection := b.dial(t, request, size, strings.Repeat("x", size))
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusPreconditionFailed, response.StatusCode)
	require.NoError(t, response.Body.Close())

	// A client that asks first sends nothing.
	body := strings.NewReader(strings.Repeat("x", size))
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodPut, request.URL, body)
	require.NoError(t, err)
	ask.Header.Set("Content-Type", "application/octet-stream")
	ask.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	t.Cleanup(transport.CloseIdleConnections)
	response, err = transport.RoundTrip(ask)
	require.NoError(t, err)
	require.Equal(t, http.StatusPreconditionFailed, response.StatusCode)
	require.Equal(t, size, body.Len())
	require.NoError(t, response.Body.Close())
}
