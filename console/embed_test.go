package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/console"
)

const navigation = "text/html,application/xhtml+xml,*/*;q=0.8"

func serve(t *testing.T, config console.Config) http.Handler {
	t.Helper()
	h, err := console.Handler(config)
	require.NoError(t, err)
	return h
}

func ask(t *testing.T, h http.Handler, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Result(), string(body)
}

var asset = regexp.MustCompile(`(?:src|href)="(/[^"]+\.(?:js|css|svg))"`)

// assetsOf are the files that a page names.
func assetsOf(t *testing.T, page string) []string {
	t.Helper()
	var paths []string
	for _, match := range asset.FindAllStringSubmatch(page, -1) {
		paths = append(paths, match[1])
	}
	require.NotEmpty(t, paths, "the page names no assets: %s", page)
	return paths
}

func TestPageIsNeverKeptAndLoadsFromItsOwnOriginOnly(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/graphiql"} {
		response, body := ask(t, serve(t, console.Config{GraphiQL: true}), http.MethodGet, path)
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
		require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		require.Empty(t, response.Header.Get("ETag"))
		policy := response.Header.Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
		} {
			require.Contains(t, policy, part)
		}
		require.NotContains(t, policy, "http")
		require.NotContains(t, policy, "*")
		require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, body, "a page must name no other origin")
		require.NotRegexp(t, `<script(?:>| [^>]*[^>/]>[^<])`, body, "the policy refuses inline scripts")
	}
}

// directives are those of a policy, by name.
func directives(t *testing.T, response *http.Response) map[string]string {
	t.Helper()
	all := map[string]string{}
	for part := range strings.SplitSeq(response.Header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		require.NotContains(t, all, name)
		all[name] = value
	}
	return all
}

func TestTheAppAloneMaySendToWhereUploadsGo(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{
		"https://storage.googleapis.com", "http://127.0.0.1:4443", "http://localhost:65535", "http://fake_gcs:4443",
	} {
		plain := serve(t, console.Config{GraphiQL: true})
		remote := serve(t, console.Config{GraphiQL: true, UploadOrigin: bucket})
		for _, path := range []string{"/", "/graphiql", "/favicon.svg", "/missing.js"} {
			without, _ := ask(t, plain, http.MethodGet, path)
			with, _ := ask(t, remote, http.MethodGet, path)
			want := directives(t, without)
			if path == "/" {
				require.Equal(t, "'self'", want["connect-src"])
				want["connect-src"] = "'self' " + bucket
			}
			require.Equal(t, want, directives(t, with), path)
		}
	}
}

func TestWhatIsNoOriginCannotGetIntoAPolicy(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		"https://storage.googleapis.com; script-src *", "https://a.example;script-src", "https://a.example https://b.example",
		"https://a.example,https://b.example", "https://*.example", "*", "https:", "https://", "'unsafe-inline'", "data:",
		"https://a.example/", "https://a.example/path", "https://a.example?x", "https://a.example\nx", "a.example",
		"ftp://a.example", "https://user@a.example", "https://a.example:port", "https://[::1]:4443", " https://a.example",
		"https://a.example\n", "https://ä.example",
	} {
		h, err := console.Handler(console.Config{UploadOrigin: wrong})
		require.ErrorContains(t, err, "must be like https://storage.googleapis.com", wrong)
		require.Nil(t, h)
	}
}

func TestOnlyGraphiQLMayWriteStyles(t *testing.T) {
	t.Parallel()
	h := serve(t, console.Config{GraphiQL: true})
	app, _ := ask(t, h, http.MethodGet, "/")
	require.NotContains(t, app.Header.Get("Content-Security-Policy"), "unsafe")
	editor, _ := ask(t, h, http.MethodGet, "/graphiql")
	require.Equal(t, 1, strings.Count(editor.Header.Get("Content-Security-Policy"), "unsafe"))
}

func TestGraphiQLIsServedAndLinkedOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	on, off := serve(t, console.Config{GraphiQL: true}), serve(t, console.Config{})

	response, body := ask(t, on, http.MethodGet, "/graphiql", "Accept", navigation)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, body, "GraphiQL")
	_, page := ask(t, on, http.MethodGet, "/")
	require.Contains(t, page, "entrepot-graphiql")

	response, _ = ask(t, off, http.MethodGet, "/graphiql", "Accept", navigation)
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	_, page = ask(t, off, http.MethodGet, "/")
	require.NotContains(t, page, "graphiql")
}

func TestHashedAssetsAreKeptForEverAndOthersAreAskedAbout(t *testing.T) {
	t.Parallel()
	h := serve(t, console.Config{GraphiQL: true})
	types := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	}
	for _, page := range []string{"/", "/graphiql"} {
		_, html := ask(t, h, http.MethodGet, page)
		for _, path := range assetsOf(t, html) {
			response, body := ask(t, h, http.MethodGet, path)
			require.Equal(t, http.StatusOK, response.StatusCode, path)
			require.NotEmpty(t, body)
			require.Equal(t, types[path[strings.LastIndex(path, "."):]], response.Header.Get("Content-Type"), path)
			want := "no-cache"
			if strings.HasPrefix(path, "/assets/") {
				want = "public, max-age=31536000, immutable"
			}
			require.Equal(t, want, response.Header.Get("Cache-Control"), path)

			tag := response.Header.Get("ETag")
			require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
			response, body = ask(t, h, http.MethodGet, path, "If-None-Match", tag)
			require.Equal(t, http.StatusNotModified, response.StatusCode)
			require.Empty(t, body)
		}
	}
}

func TestEveryAnswerCarriesTheSafetyHeaders(t *testing.T) {
	t.Parallel()
	h := serve(t, console.Config{})
	for _, path := range []string{"/", "/favicon.svg", "/missing.js", "/graphiql"} {
		response, _ := ask(t, h, http.MethodGet, path)
		require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"), path)
		require.Contains(t, response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.Empty(t, response.Header.Get("Set-Cookie"), path)
	}
}

func TestUnknownPathsAreThePageForBrowsersAndMissingForOthers(t *testing.T) {
	t.Parallel()
	h := serve(t, console.Config{})
	for _, test := range []struct {
		path, accept string
		status       int
	}{
		{"/imports/imp-1", navigation, http.StatusOK},
		{"/imports", navigation, http.StatusOK},
		{"/imports", "application/json", http.StatusNotFound},
		{"/imports", "*/*", http.StatusNotFound},
		{"/imports", "", http.StatusNotFound},
		{"/missing.js", navigation, http.StatusNotFound},
		{"/assets/", navigation, http.StatusNotFound},
		{"/assets/missing", navigation, http.StatusNotFound},
		{"/assets/../index.html", navigation, http.StatusNotFound},
		{"/index.html", navigation, http.StatusNotFound},
		{"/graphiql.html", navigation, http.StatusNotFound},
		{"/embed.go", navigation, http.StatusNotFound},
	} {
		response, body := ask(t, h, http.MethodGet, test.path, "Accept", test.accept)
		require.Equal(t, test.status, response.StatusCode, "%s for %q", test.path, test.accept)
		require.Equal(t, test.status == http.StatusOK, strings.Contains(body, `<div id="root">`), test.path)
	}
}

func TestOnlyGetAndHeadAreAnswered(t *testing.T) {
	t.Parallel()
	h := serve(t, console.Config{})
	response, body := ask(t, h, http.MethodHead, "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotEqual(t, "0", response.Header.Get("Content-Length"))
	require.Empty(t, body)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "BREW"} {
		response, _ = ask(t, h, method, "/")
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
		require.Equal(t, "GET, HEAD", response.Header.Get("Allow"), method)
	}
}
