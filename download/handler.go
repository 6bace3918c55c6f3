package download

import (
	"errors"
	"io"
	"net/http"
	"time"

	"entrepot/database"
	"entrepot/storage"
	"entrepot/viewer"
)

// refusal is an answer that tells a person why there is no file.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

var (
	errMethod    = &refusal{http.StatusMethodNotAllowed, "Use GET to download this file."}
	errSignature = &refusal{
		http.StatusForbidden, "This link is not one that was signed here, or it was changed. Ask for a new one.",
	}
	errExpired = &refusal{http.StatusGone, "This link has expired. Ask for a new one."}
	errNoFile  = &refusal{http.StatusNotFound, "There is no such file any more."}
	errAway    = &refusal{http.StatusServiceUnavailable, "The database does not answer. Try again in a moment."}
	errFault   = &refusal{http.StatusInternalServerError, "Something went wrong on the server."}
)

const allowedMethods = "GET, HEAD, OPTIONS"

// file is what a link leads to.
type file struct {
	name, contentType string
	// write writes the whole file. A file that cannot be finished is an error.
	write func(w io.Writer) error
}

// Handler serves signed links: GET, HEAD, and OPTIONS for browsers of any origin. It looks at the query only, so it may
// be mounted under any path; the public URL names that path. It needs no sign-in.
//
// A refusal is a sentence in plain text: 403 for what was not signed here, 410 for a link that has expired, 404 for what
// is not there any more, 405, and 503 while the database is away. A file that breaks off cuts the connection, so that
// nobody takes a part for the whole.
func (d *Downloads) Handler() http.Handler { return http.HandlerFunc(d.serve) }

func (d *Downloads) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*") // without credentials: there is nothing to send but the URL
	header.Set("Access-Control-Expose-Headers", "Content-Disposition")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-store")
	header.Set("Referrer-Policy", "no-referrer") // the address is the right
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", allowedMethods)
		header.Set("Access-Control-Max-Age", "3600")
		header.Set("Allow", allowedMethods)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	f, err := d.find(r)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Disposition", storage.Attachment(f.name))
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	body := newBody(w, d.stall)
	defer body.end()
	err = f.write(body)
	if err == nil {
		err = body.flush()
	}
	if err == nil {
		return
	}
	if body.err == nil { // ours, not the client's
		d.log.ErrorContext(r.Context(), "download broke off", "error", err)
	}
	panic(http.ErrAbortHandler)
}

// find gives what the request's link leads to.
func (d *Downloads) find(r *http.Request) (*file, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, errMethod
	}
	l, ok := d.verify(r.URL.RawQuery)
	if !ok || l.subject != subjectResults && l.subject != subjectTemplate {
		return nil, errSignature
	}
	if !d.now().Before(l.expires) {
		return nil, errExpired
	}
	ctx := viewer.NewContext(r.Context(), viewer.Worker("download", l.organization))
	if l.subject == subjectTemplate {
		return d.template(ctx, l.id)
	}
	return d.results(ctx, l.id, l.format)
}

func (d *Downloads) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var answer *refusal
	switch {
	case errors.As(err, &answer):
	case database.Unavailable(err):
		d.log.WarnContext(r.Context(), "database unavailable", "error", err)
		answer = errAway
		w.Header().Set("Retry-After", "10")
	default:
		d.log.ErrorContext(r.Context(), "download failed", "error", err)
		answer = errFault
	}
	if answer == errMethod {
		w.Header().Set("Allow", allowedMethods)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.message+"\n") // the client may be gone
}

// body is an answer whose client may take its time, but must take something.
type body struct {
	w          io.Writer
	connection *http.ResponseController
	stall      time.Duration
	err        error // why the client got no more
}

func newBody(w http.ResponseWriter, stall time.Duration) *body {
	return &body{w: w, connection: http.NewResponseController(w), stall: stall}
}

// Write gives the client as long again for each piece. Where a connection has no deadlines there is nothing to set.
func (b *body) Write(p []byte) (int, error) {
	_ = b.connection.SetWriteDeadline(time.Now().Add(b.stall))
	n, err := b.w.Write(p)
	if err != nil {
		b.err = err
	}
	return n, err
}

func (b *body) flush() error {
	err := b.connection.Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	b.err = err
	return err
}

// end takes the deadline off: a server without one of its own would leave it on for the next request.
func (b *body) end() { _ = b.connection.SetWriteDeadline(time.Time{}) }
