package storage

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// pieceBytes is how much is sent at once; by the protocol a multiple of 256 KiB.
	pieceBytes = 8 << 20
	abortTime  = 5 * time.Second
	// contentTypeWritten is that of what the server writes itself. SignGet says what it is served as.
	contentTypeWritten = "application/octet-stream"
)

// upload is an object that is being written, by the resumable protocol: whatever happens to a transfer, it can be asked
// what arrived, and the object appears with the last piece or never.
type upload struct {
	cloud   *cloud
	ctx     context.Context
	key     string
	session string // the address that pieces go to; empty until there are any. Whoever has it may write
	piece   []byte // not sent yet
	sent    int64  // before piece
	crc     uint32 // of all bytes
}

func (c *cloud) create(ctx context.Context, key string) (sink, error) {
	return &upload{cloud: c, ctx: ctx, key: key}, nil
}

// Write implements io.Writer. The last bytes always stay for commit, so that the last piece says that it is the last.
func (u *upload) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if len(u.piece) == pieceBytes {
			if err := u.send(false); err != nil {
				return written, err
			}
			u.sent += int64(len(u.piece))
			u.piece = u.piece[:0]
		}
		n := min(len(p), pieceBytes-len(u.piece))
		u.piece = append(u.piece, p[:n]...)
		u.crc = crc32.Update(u.crc, castagnoli, p[:n])
		p = p[n:]
		written += n
	}
	return written, nil
}

func (u *upload) commit() error { return u.send(true) }

// abort takes an unfinished session back, which would last for a week otherwise.
func (u *upload) abort() {
	if u.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), abortTime)
	defer cancel()
	if answer, err := u.cloud.send(ctx, call{method: http.MethodDelete, url: u.session}); err == nil {
		discard(answer)
	}
	u.session = ""
}

// begin asks for a session that creates the object and refuses to replace one.
func (u *upload) begin() error {
	address := u.cloud.storage + "/upload/storage/v1/b/" + escape(u.cloud.name, "") + "/o?" + url.Values{
		"uploadType": {"resumable"}, "name": {u.cloud.prefix + u.key}, "ifGenerationMatch": {"0"},
	}.Encode()
	return u.cloud.retry(u.ctx, func() error {
		answer, err := u.cloud.send(u.ctx, call{ //nolint:bodyclose // expect ends it
			method: http.MethodPost, url: address, header: map[string]string{"X-Upload-Content-Type": contentTypeWritten},
		})
		if err != nil {
			return err
		}
		if err := expect(answer, http.StatusOK, http.StatusCreated); err != nil {
			return err
		}
		session, err := answer.Location()
		if err != nil {
			return &faultError{text: "the bucket began an upload without saying where", passes: true}
		}
		u.session = session.String()
		return nil
	})
}

// send sends u.piece; the last one makes the object.
func (u *upload) send(last bool) error {
	if u.session == "" {
		if err := u.begin(); err != nil {
			return u.meaning(err)
		}
	}
	arrived := int64(0)
	lost := false // whether it is unknown how much arrived
	tries := 0
	for {
		before, asked := arrived, lost
		done, err := u.try(&arrived, last, lost)
		switch lost = err != nil; {
		case lost && !isTransient(err):
			return u.meaning(err)
		case done, !lost && !last && arrived == int64(len(u.piece)):
			return nil
		case arrived > before:
			tries = 0
			continue
		case asked && !lost: // now it can be sent again
			continue
		case !lost:
			err = &faultError{text: "the bucket does not take the object"}
		}
		if tries++; tries >= maxTries {
			return fmt.Errorf("%w (%d tries)", err, tries)
		}
		if err := u.cloud.pause(u.ctx, tries); err != nil {
			return err
		}
	}
}

// try sends what of u.piece has not arrived, or asks how much has. done tells that there is the object.
func (u *upload) try(arrived *int64, last, lost bool) (done bool, err error) {
	total := "*"
	if last {
		total = strconv.FormatInt(u.sent+int64(len(u.piece)), 10)
	}
	rest := u.piece[*arrived:]
	part := "*"
	if lost {
		rest = nil
	} else if len(rest) > 0 {
		from := u.sent + *arrived
		part = fmt.Sprintf("%d-%d", from, from+int64(len(rest))-1)
	}
	answer, err := u.cloud.send(u.ctx, call{
		method: http.MethodPut, url: u.session, body: rest,
		header: map[string]string{"Content-Range": "bytes " + part + "/" + total},
	})
	if err != nil {
		return false, err
	}
	if answer.StatusCode != http.StatusPermanentRedirect { // 308: it wants more
		var made resource
		if err := read(answer, &made); err != nil {
			return false, err
		}
		u.session = ""
		return true, u.compare(&made, last)
	}
	defer discard(answer)
	until := int64(0)
	if text := answer.Header.Get("Range"); text != "" {
		end, err := strconv.ParseInt(strings.TrimPrefix(text, "bytes=0-"), 10, 64)
		if err != nil {
			return false, &faultError{text: "the bucket does not say how much of the object it has", passes: true}
		}
		until = end + 1
	}
	if until < u.sent || until > u.sent+int64(len(u.piece)) {
		return false, &faultError{text: "the bucket has lost what it had of the object"}
	}
	*arrived = until - u.sent
	return false, nil
}

// compare makes sure that the object is what was written, and takes it back when it is not.
func (u *upload) compare(made *resource, last bool) error {
	attributes, err := made.attributes()
	if err == nil && (!last || attributes.Size != u.sent+int64(len(u.piece)) ||
		attributes.CRC32C != nil && *attributes.CRC32C != u.crc) {
		err = &faultError{text: "the bucket has made another object than was written"}
	}
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), abortTime)
	defer cancel()
	return errors.Join(err, u.cloud.remove(ctx, u.key, attributes.Generation))
}

// meaning is ErrExists for the answer that says so, and a fault for one that has nothing to do with the key.
func (u *upload) meaning(err error) error {
	switch status(err) {
	case http.StatusPreconditionFailed:
		u.session = ""
		return ErrExists
	case http.StatusNotFound, http.StatusGone:
		return &faultError{text: "the upload's session, or its bucket, is not there: " + err.Error()}
	}
	return err
}
