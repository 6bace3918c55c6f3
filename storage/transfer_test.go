package storage_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

// connection notes what the handler does with its deadlines, which no client can see without waiting for them.
type connection struct {
	*httptest.ResponseRecorder
	reads   int       // how often the read deadline was moved
	write   time.Time // the write deadline that stands
	flushed time.Time // the write deadline that stood when the answer was flushed
}

func (c *connection) SetReadDeadline(time.Time) error { c.reads++; return nil }

func (c *connection) SetWriteDeadline(deadline time.Time) error { c.write = deadline; return nil }

func (c *connection) FlushError() error { c.flushed = c.write; return nil }

func TestDeadlinesMoveWithTheTransfer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	upload := b.signPut(t, storage.PutOptions{Size: int64(len(text))})
	body := iotest.OneByteReader(strings.NewReader(text))
	put := httptest.NewRequestWithContext(t.Context(), upload.Method, upload.URL, body)
	put.Header.Set("Content-Type", "application/octet-stream")
	c := &connection{ResponseRecorder: httptest.NewRecorder()}
	b.Handler().ServeHTTP(c, put)
	require.Equal(t, http.StatusOK, c.Code)
	require.GreaterOrEqual(t, c.reads, len(text), "every piece that arrives moves it")
	require.Zero(t, c.write, "taken off for the connection's next request")

	get := httptest.NewRequestWithContext(t.Context(), http.MethodGet, b.signGet(t, storage.GetOptions{}), nil)
	c = &connection{ResponseRecorder: httptest.NewRecorder()}
	b.Handler().ServeHTTP(c, get)
	require.Equal(t, text, c.Body.String())
	require.NotZero(t, c.flushed, "the end of the answer is sent under a deadline too")
	require.Zero(t, c.write)
}

// endless counts what is taken from it.
type endless int

func (e *endless) Read(p []byte) (int, error) { *e += endless(len(p)); return len(p), nil }

func TestEndlessBodyIsNotReadOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: 1000})
	var body endless
	put := httptest.NewRequestWithContext(t.Context(), request.Method, request.URL, io.Reader(&body))
	require.EqualValues(t, -1, put.ContentLength)
	put.Header.Set("Content-Type", "application/octet-stream")
	recorder := httptest.NewRecorder() // without deadlines, which is no fault
	b.Handler().ServeHTTP(recorder, put)
	require.Equal(t, http.StatusBadRequest, recorder.Code)
	require.Contains(t, recorder.Body.String(), "SIZE_MISMATCH")
	require.LessOrEqual(t, int(body), 2001, "once to see that it is too long, once to let the client finish")
	require.Empty(t, b.files(t))
}

// atEnd calls when all was read.
type atEnd struct {
	io.Reader
	call func()
}

func (r atEnd) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil {
		r.call()
	}
	return n, err
}

// A client that closes its sending half looks to net/http like one that is gone, and still waits for the answer.
func TestWholeUploadIsKeptThoughTheClientStopsSending(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := b.signPut(t, storage.PutOptions{Size: int64(len(text))})
	ctx, cancel := context.WithCancel(t.Context())
	body := atEnd{strings.NewReader(text), cancel}
	put := httptest.NewRequestWithContext(ctx, request.Method, request.URL, body)
	put.Header.Set("Content-Type", "application/octet-stream")
	recorder := httptest.NewRecorder()
	b.Handler().ServeHTTP(recorder, put)
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	require.Equal(t, http.StatusOK, recorder.Code, recorder.Body)
	require.Equal(t, text, b.read(t, key))
}
