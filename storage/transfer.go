package storage

import (
	"io"
	"net/http"
	"os"
	"time"
)

// transfer reads a request's body and moves the connection's deadlines along while bytes move. Servers have one
// deadline for a whole request, which either cuts large files or lets idle clients stay.
type transfer struct {
	body       io.Reader
	connection *http.ResponseController
	stall      time.Duration
	err        error // why the body could not be read to its end
}

func newTransfer(w http.ResponseWriter, r *http.Request, stall time.Duration) *transfer {
	t := &transfer{body: r.Body, connection: http.NewResponseController(w), stall: stall}
	t.moved()
	return t
}

// Read reads the body.
func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	if n > 0 {
		t.moved()
	}
	if err != nil && err != io.EOF { // by io.Reader's contract, io.EOF alone is a whole body
		t.err = err
	}
	return n, err
}

// moved gives the client as long again. Where a connection has no deadlines there is nothing to move.
func (t *transfer) moved() {
	deadline := time.Now().Add(t.stall)
	_ = t.connection.SetReadDeadline(deadline)
	_ = t.connection.SetWriteDeadline(deadline)
}

// end takes the write deadline off: a server without one of its own would leave it on for the next request.
func (t *transfer) end() { _ = t.connection.SetWriteDeadline(time.Time{}) }

// content is a file that moves its transfer along whenever the answer asks for more of it. It is deliberately no
// *os.File, all of which would be sent under one deadline.
type content struct {
	file     *os.File
	transfer *transfer
}

// Read reads the file.
func (c content) Read(p []byte) (int, error) {
	c.transfer.moved()
	return c.file.Read(p)
}

// Seek seeks in the file.
func (c content) Seek(offset int64, whence int) (int64, error) { return c.file.Seek(offset, whence) }
