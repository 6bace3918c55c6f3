package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// maxTries is how often a call is made before the bucket counts as unavailable.
const maxTries = 5

// call is one request to the service.
type call struct {
	method, url string
	header      map[string]string
	body        []byte
}

func newTransport() *http.Transport {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // a test's; nobody else replaces it
		transport = &http.Transport{}
	}
	transport = transport.Clone()
	transport.DisableCompression = true // objects are read as they are stored
	transport.MaxIdleConnsPerHost = 16
	return transport
}

// send makes a call once. It ends, with what its answer's body still gives, when nothing has moved for c.stall. The
// caller closes the body.
func (c *cloud) send(ctx context.Context, r call) (*http.Response, error) {
	return c.sendBy(ctx, c.client, r)
}

func (c *cloud) sendBy(ctx context.Context, client *http.Client, r call) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := newWatch(ctx, c.stall)
	request, err := http.NewRequestWithContext(w.ctx, r.method, r.url, http.NoBody)
	if err != nil {
		w.end()
		return nil, &faultError{text: "the request cannot be made"} // the error would repeat the URL
	}
	if len(r.body) > 0 {
		request.ContentLength = int64(len(r.body))
		request.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(&sending{bytes.NewReader(r.body), w}), nil
		}
		request.Body, _ = request.GetBody()
	}
	for name, value := range r.header {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		w.end()
		return nil, faultOf(ctx, w, err)
	}
	w.rest()
	answer.Body = &received{body: answer.Body, watch: w, ctx: ctx}
	return answer, nil
}

// retry tries again, a little later each time, what may succeed then.
func (c *cloud) retry(ctx context.Context, try func() error) error {
	for tries := 1; ; tries++ {
		err := try()
		if err == nil || !isTransient(err) {
			return err
		}
		if tries == maxTries {
			return fmt.Errorf("%w (%d tries)", err, tries)
		}
		if err := c.pause(ctx, tries); err != nil {
			return err
		}
	}
}

// pause waits after the given number of failed tries: twice as long each time, with up to a half more by chance, so
// that many do not come back at once.
func (c *cloud) pause(ctx context.Context, tries int) error {
	wait := c.wait << (tries - 1)
	wait += rand.N(wait/2 + 1) //nolint:gosec // chance, not a secret
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// answerError is an answer that is not a success.
type answerError struct {
	status  int
	message string
}

func (e *answerError) Error() string {
	return fmt.Sprintf("Google Cloud Storage answered %d: %s", e.status, e.message)
}

// Is tells ErrNotFound by the status, and ErrUnavailable from the two that say something about the object.
func (e *answerError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.status == http.StatusNotFound
	case ErrUnavailable:
		return e.status != http.StatusNotFound && e.status != http.StatusPreconditionFailed
	}
	return false
}

// faultError is a call without a usable answer. It hides its cause, whose text may hold a signed address, and which may
// say of a connection what would be wrong of an object, as io.ErrUnexpectedEOF does.
type faultError struct {
	text   string
	passes bool // perhaps
}

func (e *faultError) Error() string { return e.text }

// Is tells ErrUnavailable.
func (e *faultError) Is(target error) bool { return target == ErrUnavailable }

// faultOf makes a faultError of what went wrong with a call, or tells that ctx has ended.
func faultOf(ctx context.Context, w *watch, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(context.Cause(w.ctx), errStalled) {
		return &faultError{text: "Google Cloud Storage did not answer in time", passes: true}
	}
	var token *oauth2.RetrieveError
	if errors.As(err, &token) {
		status := 0
		if token.Response != nil {
			status = token.Response.StatusCode
		}
		return &faultError{
			text:   fmt.Sprintf("the credentials were not accepted (%d): %s %s", status, token.ErrorCode, token.ErrorDescription),
			passes: status == 0 || passes(status),
		}
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return &faultError{text: "call Google Cloud Storage: " + err.Error(), passes: true}
}

// refusedBy makes an error of an answer, and ends it.
func refusedBy(answer *http.Response) error {
	defer discard(answer)
	refused := &answerError{status: answer.StatusCode, message: http.StatusText(answer.StatusCode)}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<10))
	var said struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err == nil && json.Unmarshal(text, &said) == nil && said.Error.Message != "" {
		refused.message = said.Error.Message
	}
	return refused
}

// status is that of the answer which an error tells, 0 for none.
func status(err error) int {
	var answer *answerError
	if errors.As(err, &answer) {
		return answer.status
	}
	return 0
}

// isTransient tells what may succeed when it is tried again.
func isTransient(err error) bool {
	var fault *faultError
	if errors.As(err, &fault) {
		return fault.passes
	}
	return passes(status(err))
}

func passes(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}

var errStalled = errors.New("nothing moved")

// watch ends a call when nothing moves for too long.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

func newWatch(ctx context.Context, limit time.Duration) *watch {
	w := &watch{limit: limit}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(limit, func() { w.cancel(errStalled) })
	return w
}

func (w *watch) moved() { w.timer.Reset(w.limit) }
func (w *watch) rest()  { w.timer.Stop() } // it is our turn, which may take long
func (w *watch) end()   { w.timer.Stop(); w.cancel(nil) }

// sending is a body on its way.
type sending struct {
	io.Reader
	watch *watch
}

func (s *sending) Read(p []byte) (int, error) {
	s.watch.moved()
	return s.Reader.Read(p)
}

// received is the body of an answer.
type received struct {
	body  io.ReadCloser
	watch *watch
	ctx   context.Context
}

func (r *received) Read(p []byte) (int, error) {
	r.watch.moved()
	n, err := r.body.Read(p)
	r.watch.rest()
	if err != nil && !errors.Is(err, io.EOF) {
		err = faultOf(r.ctx, r.watch, err)
	}
	return n, err
}

func (r *received) Close() error {
	err := r.body.Close()
	r.watch.end()
	return err
}
