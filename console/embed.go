// Package console is the single-page app that the binary serves at "/": the data person's page and, where it is switched
// on, GraphiQL. The sources are TypeScript (src/, built by Vite); what they build to is committed in dist/ and embedded, so
// that `go build` needs no Node.
//
// It promises that nothing is loaded from another origin (a Content-Security-Policy says so to the browser), and sent to
// one only where files are uploaded there; that a hashed asset is cached for ever and a page never; and that an answer
// depends on nothing but the request's path and method.
// It imports the standard library only; the server mounts it below everything else, as what answers when no route did.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Config says what of the console is served. The zero value serves the app without GraphiQL.
type Config struct {
	// GraphiQL serves the query editor at /graphiql and shows its link in the app. Without it /graphiql is 404.
	GraphiQL bool
	// UploadOrigin is where the app sends files to by requests that the server signed, such as
	// https://storage.googleapis.com: scheme, host and perhaps port. Empty where that is the server itself.
	UploadOrigin string
}

// origin is one that a Content-Security-Policy can name: it knows no IPv6 addresses.
var origin = regexp.MustCompile(`^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?$`)

// Handler serves the embedded app: the page at "/" and at every unknown path that a browser navigates to, the assets at
// theirs. Everything else is 404, and every method but GET and HEAD 405. It is safe for concurrent use. The error says
// that Config.UploadOrigin is no origin, or that the binary was built without the app.
func Handler(config Config) (http.Handler, error) {
	if config.UploadOrigin != "" && !origin.MatchString(config.UploadOrigin) {
		return nil, fmt.Errorf("files cannot be sent from a page to %q: it must be like https://storage.googleapis.com, "+
			"http or https with a host name or an IPv4 address and perhaps a port", config.UploadOrigin)
	}
	h := &handler{assets: map[string]*file{}}
	err := fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		h.add(strings.TrimPrefix(name, "dist"), content, config)
		return nil
	})
	if err == nil && h.page == nil {
		err = fmt.Errorf("there is no dist/%s", strings.TrimPrefix(appPage, "/"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the embedded console: %w", err)
	}
	return h, nil
}

const (
	appPage      = "/index.html"
	graphiqlPage = "/graphiql.html"
	// graphiqlLink is the line of index.html that tells the app where GraphiQL is.
	graphiqlLink = `<meta name="entrepot-graphiql" content="/graphiql" />`

	never   = "no-store"
	forever = "public, max-age=31536000, immutable"
	asked   = "no-cache" // kept, but asked about each time: the ETag answers
)

// The policies name every kind of content that a page loads, from its own origin only; 'self' covers the WebSocket.
// Uploads alone may go to another one: the app's connect-src ends with it.
// GraphiQL's editor writes style elements and attributes, and its fonts and images are data: addresses in its style sheet.
const (
	appPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; connect-src 'self'"
	graphiqlPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	assetPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"
)

// contentTypes is fixed here: the operating system's table, which package mime asks, differs between machines.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".md":    "text/markdown; charset=utf-8",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff":  "font/woff",
	".woff2": "font/woff2",
}

type handler struct {
	page     *file // the app
	graphiql *file // nil: not served
	assets   map[string]*file
}

// file is one answer: its content and the headers that go with it.
type file struct {
	content     []byte
	contentType string
	cache       string
	policy      string
	tag         string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	f := h.find(r)
	if f == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cache)
	header.Set("Content-Security-Policy", f.policy)
	if f.cache != never {
		header.Set("ETag", f.tag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

// add keeps one file of dist under the path it is asked for at.
func (h *handler) add(name string, content []byte, config Config) {
	f := &file{content: content, contentType: contentTypes[path.Ext(name)], cache: asked, policy: assetPolicy}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	switch name {
	case appPage:
		f.cache, f.policy = never, strings.TrimSpace(appPolicy+" "+config.UploadOrigin)
		if !config.GraphiQL {
			f.content = bytes.Replace(content, []byte(graphiqlLink), nil, 1)
		}
		h.page = f
	case graphiqlPage:
		f.cache, f.policy = never, graphiqlPolicy
		if config.GraphiQL {
			h.graphiql = f
		}
	default:
		if strings.HasPrefix(name, "/assets/") {
			f.cache = forever
		}
		sum := sha256.Sum256(content)
		f.tag = `"` + hex.EncodeToString(sum[:16]) + `"`
		h.assets[name] = f
	}
}

// find answers with nil for what is not there.
func (h *handler) find(r *http.Request) *file {
	switch r.URL.Path {
	case "", "/":
		return h.page
	case "/graphiql":
		return h.graphiql
	}
	if f := h.assets[r.URL.Path]; f != nil {
		return f
	}
	if looksLikePage(r) {
		return h.page
	}
	return nil
}

// looksLikePage tells a browser that follows a link into the app from a script, a program or a missing asset, which must
// not be given a page and 200: a page's path has no dot in its last part, and only navigation asks for text/html by name.
func looksLikePage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/assets/") &&
		!strings.Contains(path.Base(r.URL.Path), ".") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Cache-Control", never)
	w.Header().Set("Content-Security-Policy", assetPolicy)
	http.Error(w, http.StatusText(status), status)
}
