package storage_test

import (
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

func (b *bundle) signGet(t *testing.T, options storage.GetOptions) string {
	t.Helper()
	address, expires, err := b.SignGet(t.Context(), key, options)
	require.NoError(t, err)
	require.True(t, expires.After(b.clock()))
	return address
}

func TestGetDownloads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, key, text)
	address := b.signGet(t, storage.GetOptions{FileName: "Şubat.csv", ContentType: "text/csv"})

	whole := send(t, http.MethodGet, address, nil, nil)
	require.Equal(t, http.StatusOK, whole.Status)
	require.Equal(t, text, whole.Body)
	for name, want := range map[string]string{
		"Content-Type":                "text/csv",
		"Content-Length":              fmt.Sprint(len(text)),
		"Content-Disposition":         `attachment; filename="_ubat.csv"; filename*=UTF-8''%C5%9Eubat.csv`,
		"X-Content-Type-Options":      "nosniff",
		"Content-Security-Policy":     "default-src 'none'; sandbox",
		"Cache-Control":               "private, no-store",
		"Access-Control-Allow-Origin": "*",
		"Accept-Ranges":               "bytes",
	} {
		require.Equal(t, want, whole.Header.Get(name), name)
	}

	head := send(t, http.MethodHead, address, nil, nil)
	require.Equal(t, http.StatusOK, head.Status)
	require.Empty(t, head.Body)
	require.Equal(t, whole.Header.Get("Content-Length"), head.Header.Get("Content-Length"))

	resume := map[string]string{"Range": "bytes=5-7", "If-Range": whole.Header.Get("ETag")}
	part := send(t, http.MethodGet, address, nil, resume)
	require.Equal(t, http.StatusPartialContent, part.Status)
	require.Equal(t, text[5:8], part.Body)
	require.Equal(t, fmt.Sprintf("bytes 5-7/%d", len(text)), part.Header.Get("Content-Range"))
	beyond := send(t, http.MethodGet, address, nil, map[string]string{"Range": "bytes=1000-"})
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, beyond.Status)

	require.NoError(t, b.Delete(t.Context(), key))
	b.write(t, key, strings.ToUpper(text))
	changed := send(t, http.MethodGet, address, nil, resume)
	require.Equal(t, http.StatusOK, changed.Status, "another generation is not continued")
}

func TestGetRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	address := b.signGet(t, storage.GetOptions{Expiry: time.Minute})
	missing := send(t, http.MethodGet, address, nil, nil)
	require.Equal(t, http.StatusNotFound, missing.Status)
	require.Equal(t, "NOT_FOUND", missing.Code)
	require.Equal(t, http.StatusNotFound, send(t, http.MethodHead, address, nil, nil).Status)

	b.write(t, key, text)
	upload := send(t, http.MethodPut, address, strings.NewReader("x"), nil)
	require.Equal(t, http.StatusForbidden, upload.Status)
	require.Equal(t, "METHOD_MISMATCH", upload.Code)
	require.Equal(t, http.StatusOK, send(t, http.MethodGet, address, nil, nil).Status)
	b.advance(time.Minute)
	require.Equal(t, "URL_EXPIRED", send(t, http.MethodGet, address, nil, nil).Code)
	require.Equal(t, http.StatusForbidden, send(t, http.MethodHead, address, nil, nil).Status)
}

func TestSignGetNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for field, sign := range map[string]func() error{
		"key": func() error { _, _, err := b.SignGet(t.Context(), "../x", storage.GetOptions{}); return err },
		"contentType": func() error {
			_, _, err := b.SignGet(t.Context(), key, storage.GetOptions{ContentType: "x"})
			return err
		},
		"expiry": func() error { _, _, err := b.SignGet(t.Context(), key, storage.GetOptions{Expiry: -1}); return err },
	} {
		var wrong *storage.OptionError
		require.ErrorAs(t, sign(), &wrong)
		require.Equal(t, field, wrong.Field)
	}
}

func TestDownloadNameIsSafeAndWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, key, text)
	for name, want := range map[string]string{
		"weather.csv":                     "weather.csv",
		"Elektrik tüketimi – Mart.csv":    "Elektrik tüketimi – Mart.csv",
		"日本 100%.csv":                     "日本 100%.csv",
		"می\u200cخواهم.csv":               "می\u200cخواهم.csv",
		`"; filename="evil.exe`:           `_; filename=_evil.exe`,
		"a\r\nSet-Cookie: x.csv":          "aSet-Cookie_ x.csv",
		`..\..\etc/passwd`:                "_.._etc_passwd",
		"invoice\u202Efdp.exe":            "invoicefdp.exe",
		"bad\xffutf8.csv":                 "bad\uFFFDutf8.csv",
		"":                                "download",
		" .. ":                            "download",
		strings.Repeat("ş", 300) + ".csv": strings.Repeat("ş", 251) + ".csv",
		strings.Repeat("ş", 300):          strings.Repeat("ş", 255),
	} {
		got := send(t, http.MethodHead, b.signGet(t, storage.GetOptions{FileName: name}), nil, nil)
		header := got.Header.Get("Content-Disposition")
		require.True(t, utf8.ValidString(header))
		_, parameters, err := mime.ParseMediaType(strings.Replace(header, `filename="`, `plain="`, 1))
		require.NoError(t, err, header)
		require.Equal(t, want, parameters["filename"], "%q", name)
		require.NotEmpty(t, parameters["plain"])
		require.Regexp(t, `^[ -~]+$`, header)
		require.Empty(t, got.Header.Get("Set-Cookie"))
	}
}

func TestBrowsersOfAnyOriginMayAsk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: 1})
	got := send(t, http.MethodOptions, request.URL, nil, map[string]string{
		"Origin": "https://app.example", "Access-Control-Request-Method": "PUT",
		"Access-Control-Request-Headers": "content-type",
	})
	require.Equal(t, http.StatusNoContent, got.Status)
	require.Equal(t, "*", got.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, got.Header.Get("Access-Control-Allow-Methods"), "PUT")
	require.Contains(t, got.Header.Get("Access-Control-Allow-Headers"), "Content-Type")
	require.Empty(t, got.Header.Get("Access-Control-Allow-Credentials"))
	refused := send(t, http.MethodPut, b.server.URL, nil, nil)
	require.Equal(t, "*", refused.Header.Get("Access-Control-Allow-Origin"), "so that a page can read the reason")
}

func TestFaultOfTheFolderIsLoggedNotShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, os.Remove(filepath.Join(b.folder, ".tmp")))
	got := put(t, b.signPut(t, storage.PutOptions{Size: int64(len(text))}), strings.NewReader(text))
	require.Equal(t, http.StatusServiceUnavailable, got.Status)
	require.Equal(t, "STORAGE_UNAVAILABLE", got.Code)
	require.Equal(t, "10", got.Header.Get("Retry-After"))
	require.NotContains(t, got.Body, ".tmp")
	<-b.served
	require.Contains(t, b.log.String(), ".tmp")
	require.Equal(t, 1, strings.Count(b.log.String(), "\n"))
}

func TestClientThatStopsReadingIsCut(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *storage.Config, _ *http.Server) { config.StallTimeout = 50 * time.Millisecond })
	b.write(t, key, strings.Repeat("x", 32<<20)) // more than the kernel holds for a client
	address, err := url.Parse(b.signGet(t, storage.GetOptions{}))
	require.NoError(t, err)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", address.RequestURI())
	require.NoError(t, err)
	<-b.served // without a deadline this waits as long as the client does
}

func TestDeadlineDoesNotOutliveItsRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *storage.Config, _ *http.Server) { config.StallTimeout = 30 * time.Millisecond })
	b.write(t, key, text)
	connected := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(60 * time.Millisecond) // longer than the bucket's limit, on the real clock
			_, _ = w.Write([]byte(text))
			return
		}
		b.Handler().ServeHTTP(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connected++
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	require.NoError(t, b.SetPublicURL(server.URL))
	// The default client's connections are closed by whatever other test closes its server.
	client := server.Client()
	require.Equal(t, text, sendBy(t, client, http.MethodGet, b.signGet(t, storage.GetOptions{}), nil, nil).Body)
	require.Equal(t, text, sendBy(t, client, http.MethodGet, server.URL+"/slow", nil, nil).Body)
	require.Equal(t, 1, connected, "both requests must use one connection, or this shows nothing")
}

// FuzzQuery looks for a query that is let in without having been signed.
func FuzzQuery(f *testing.F) {
	b, err := storage.Open(f.Context(), storage.Config{
		URL: storage.FileURL(f.TempDir()), Secret: secret, PublicURL: "http://localhost/",
		Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, b.Close()) })
	address, _, err := b.SignGet(f.Context(), "k", storage.GetOptions{})
	require.NoError(f, err)
	signed, err := url.Parse(address)
	require.NoError(f, err)
	f.Add(signed.RawQuery)
	f.Add(strings.Replace(signed.RawQuery, "method=GET", "method=PUT", 1))
	f.Add("key=..%2Fx&method=GET&expires=9999999999&signature=")
	f.Add("&&&;=%")
	f.Fuzz(func(t *testing.T, query string) {
		recorder := httptest.NewRecorder()
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		request.URL.RawQuery = query
		b.Handler().ServeHTTP(recorder, request)
		values, err := url.ParseQuery(query)
		if err == nil && values.Encode() == signed.Query().Encode() {
			require.Equal(t, http.StatusNotFound, recorder.Code)
			return
		}
		require.Equal(t, http.StatusForbidden, recorder.Code)
		require.Contains(t, recorder.Body.String(), "SIGNATURE_INVALID")
	})
}
