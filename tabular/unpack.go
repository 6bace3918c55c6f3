package tabular

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"entrepot/definition"
)

const (
	// ratioFree is what any file may unpack to, whatever its packed size.
	ratioFree = 64 << 20
	// maxWindow is the memory that a zstd file may ask for: 32 MiB, four times what decoders must support (RFC 8878,
	// 3.1.1.1.2), and more than zstd itself uses at any level but --ultra.
	maxWindow = 32 << 20
)

// unpacker reads a packed file, with all of its members or frames, and ends only where the file does. Its errors are
// each an *Error besides io.EOF.
type unpacker struct {
	name    string
	packed  *fileReader
	limits  Limits
	source  io.Reader
	free    func()
	given   int64
	failure error
}

// packing tells how a file is packed by its first bytes; empty for not at all. A zstd file may start with a frame that
// is skipped.
func packing(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return "gzip"
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")),
		len(head) >= 4 && binary.LittleEndian.Uint32(head)&^0xf == 0x184d2a50:
		return "zstd"
	}
	return ""
}

// unpack starts to unpack what source gives, which comes from packed.
func unpack(name string, source io.Reader, packed *fileReader, limits Limits) (*unpacker, error) {
	u := &unpacker{name: name, packed: packed, limits: limits}
	if name == "gzip" {
		r, err := gzip.NewReader(source)
		if err != nil {
			return nil, u.broken(err)
		}
		u.source, u.free = r, func() {}
		return u, nil
	}
	r, err := zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, u.broken(err)
	}
	u.source, u.free = r, r.Close
	return u, nil
}

// Read implements io.Reader.
func (u *unpacker) Read(p []byte) (int, error) {
	if u.failure != nil {
		return 0, u.failure
	}
	n, err := u.source.Read(p)
	u.given += int64(n)
	switch most := u.limits.MaxUnpackedBytes; {
	case u.given > most:
		n -= int(u.given - most)
		u.failure = limitError(fmt.Sprintf("the file unpacks to more than %d bytes", most), "maxUnpackedBytes", most)
	case u.given > ratioFree && u.given/int64(u.limits.MaxUnpackRatio) > u.packed.read:
		most := int64(u.limits.MaxUnpackRatio)
		u.failure = limitError(fmt.Sprintf("the file unpacks to more than %d times its size", most), "maxUnpackRatio", most)
	case err == io.EOF: // itself: before the end, both give io.ErrUnexpectedEOF
		u.failure = err
	case err != nil:
		u.failure = u.broken(err)
	}
	return n, u.failure
}

// broken explains a failure. What the source itself said comes first: the rest follows from it.
func (u *unpacker) broken(err error) error {
	var failure *Error
	if errors.As(u.packed.err, &failure) {
		return failure
	}
	reason := "is damaged"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		reason = "ends too early"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		reason = fmt.Sprintf("needs more than %d MiB of memory to unpack (leave out --long and --ultra)", maxWindow>>20)
	case u.given > 0 && (errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch)):
		reason = "is followed by something else"
	}
	return &Error{
		Code: definition.ErrorFileUnreadable,
		Reason: fmt.Sprintf("the file is packed with %s and %s after %d unpacked bytes: pack and upload it again",
			u.name, reason, u.given),
		Params: []definition.Param{
			{Name: "compression", Value: u.name},
			{Name: "bytes", Value: strconv.FormatInt(u.given, 10)},
			{Name: "cause", Value: reason},
		},
	}
}

func (u *unpacker) close() { u.free() }
