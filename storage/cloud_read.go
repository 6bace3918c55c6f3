package storage

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// cloudReader reads one generation of an object, over as many answers as that takes.
type cloudReader struct {
	cloud *cloud
	ctx   context.Context
	url   string
	Attributes
	body   io.ReadCloser // nil between answers
	offset int64         // of the next byte
	crc    uint32        // of the bytes before it
	tries  int           // that gave nothing, since one did
}

func (c *cloud) open(ctx context.Context, key string, generation int64) (Attributes, io.ReadCloser, error) {
	attributes, err := c.attributes(ctx, key)
	if err != nil {
		return Attributes{}, nil, err
	}
	if generation != 0 && generation != attributes.Generation {
		return Attributes{}, nil, ErrChanged
	}
	r := &cloudReader{cloud: c, ctx: ctx, Attributes: attributes, url: c.objectURL(key, url.Values{
		"alt": {"media"}, "ifGenerationMatch": {strconv.FormatInt(attributes.Generation, 10)},
	})}
	if r.Size > 0 {
		if err := c.retry(ctx, r.request); err != nil {
			return Attributes{}, nil, err
		}
	}
	return attributes, r, nil
}

// request asks for the object from r.offset on.
func (r *cloudReader) request() error {
	// Without this header, objects whose Content-Encoding is gzip would arrive unpacked: with another size and checksum,
	// and without ranges.
	header := map[string]string{"Accept-Encoding": "gzip"}
	if r.offset > 0 {
		header["Range"] = fmt.Sprintf("bytes=%d-", r.offset)
	}
	answer, err := r.cloud.send(r.ctx, call{method: http.MethodGet, url: r.url, header: header})
	if err != nil {
		return err
	}
	length := r.Size - r.offset
	switch answer.StatusCode {
	case http.StatusOK:
		length = r.Size // whatever was asked for
	case http.StatusPartialContent:
		if !strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", r.offset)) {
			discard(answer)
			return &faultError{text: "the bucket sent another part of the object than was asked for", passes: true}
		}
	case http.StatusPreconditionFailed:
		discard(answer)
		return ErrChanged
	default:
		return refusedBy(answer)
	}
	if is := answer.Header.Get("X-Goog-Generation"); is != "" && is != strconv.FormatInt(r.Generation, 10) {
		_ = answer.Body.Close()
		return ErrChanged
	}
	if answer.ContentLength >= 0 && answer.ContentLength != length {
		_ = answer.Body.Close()
		return &faultError{text: "the bucket sent another number of bytes than the object has", passes: true}
	}
	if skip := length - (r.Size - r.offset); skip > 0 {
		if _, err := io.CopyN(io.Discard, answer.Body, skip); err != nil {
			_ = answer.Body.Close()
			if errors.Is(err, io.EOF) {
				err = cut()
			}
			return err
		}
	}
	r.body = answer.Body
	return nil
}

func cut() error { return &faultError{text: "the bucket's answer ended early", passes: true} }

// Read implements io.Reader. It goes on with another answer where one ends early, as long as any gives something.
func (r *cloudReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if r.offset == r.Size {
			return 0, io.EOF
		}
		n, err := r.next(p)
		if n > 0 {
			r.tries = 0
			return n, r.advance(p[:n])
		}
		if err == nil {
			continue
		}
		r.release()
		if !isTransient(err) {
			return 0, err
		}
		if r.tries++; r.tries >= maxTries {
			return 0, fmt.Errorf("%w (%d tries)", err, r.tries)
		}
		if err := r.cloud.pause(r.ctx, r.tries); err != nil {
			return 0, err
		}
	}
}

// next reads from the answer that is open, or else a new one. An error that comes with bytes is met again.
func (r *cloudReader) next(p []byte) (int, error) {
	if r.body == nil {
		if err := r.request(); err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.Size-r.offset)])
	if n == 0 && errors.Is(err, io.EOF) {
		err = cut()
	}
	if n > 0 && err != nil {
		r.release()
	}
	return n, err
}

// advance counts bytes, and compares the checksum at the end.
func (r *cloudReader) advance(p []byte) error {
	r.offset += int64(len(p))
	r.crc = crc32.Update(r.crc, castagnoli, p)
	if r.offset < r.Size {
		return nil
	}
	if r.CRC32C != nil && *r.CRC32C != r.crc {
		return &faultError{text: "what was read has another checksum than the object"}
	}
	return nil
}

func (r *cloudReader) release() {
	if r.body != nil {
		_ = r.body.Close() // it was only read
		r.body = nil
	}
}

// Close implements io.Closer.
func (r *cloudReader) Close() error {
	r.release()
	return nil
}
