package hostile

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/klauspost/compress/zstd"

	"entrepot/definition"
)

// packedCases are files that were packed with gzip or zstd, or say so.
func packedCases() []Case {
	unreadable, limit := refused(definition.ErrorFileUnreadable), refused(definition.ErrorLimitExceeded)
	rows := head + strings.Repeat(row, 100_000)
	return []Case{
		{
			Name: "gzip/bomb", Cause: "Two gibibytes of one row in two megabytes.",
			Open: lazily(func() []byte { return gzipped(pack(head, times(strings.Repeat("S1", 500_000)+"\n", 2147))) }),
			Want: limit,
		},
		{
			Name: "gzip/bomb-of-blank-lines", Cause: "A gibibyte of line ends in a megabyte: nothing is ever given to the caller.",
			Open: lazily(func() []byte { return gzipped(pack(head, times("\n", gibi))) }), Want: limit,
		},
		{
			Name: "gzip/bomb-of-many-members", Cause: "Ten thousand members of a megabyte each.",
			Open: lazily(func() []byte {
				return append(gzipped(pack(head)), bytes.Repeat(gzipped(pack(times(strings.Repeat("S1", 500_000)+"\n", 1))),
					10_000)...)
			}),
			Want: limit,
		},
		{
			Name: "gzip/bomb-of-empty-members", Cause: "A million members with nothing in them.",
			Open: lazily(func() []byte {
				return append(bytes.Repeat(gzipped(pack()), 1_000_000), gzipped(pack(head+row))...)
			}),
			Want: accepted(1),
		},
		{
			Name: "gzip/below-the-ratio", Cause: "Two hundred times its size, which is allowed, up to more than may be unpacked.",
			Open: lazily(func() []byte {
				// Random bytes dilute what packs well: a line of a megabyte, 5 kB of which are noise.
				line := strings.Repeat("S1", 500_000) + hexNoise(4000) + "\n"
				return gzipped(pack(head, times(line, 2200)))
			}),
			Want: limit,
		},
		{
			Name: "gzip/in-gzip", Cause: "A packed file was packed again.",
			Open: lazily(func() []byte { return gzipped(pack(string(gzipped(pack(head + row))))) }), Want: unreadable,
		},
		{
			Name: "gzip/in-gzip-in-gzip-bomb", Cause: "Ten gigabytes of zeros, packed three times over into a few kilobytes.",
			Open: lazily(func() []byte {
				inner := gzipped(pack(times(strings.Repeat("\x00", mebi), 10)))
				return gzipped(pack(string(gzipped(pack(times(string(inner), 1000))))))
			}),
			Want: unreadable,
		},
		{
			Name: "gzip/truncated", Cause: "The second half of the file is missing.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); return p[:len(p)/2] }), Want: unreadable,
		},
		{
			Name: "gzip/without-its-trailer", Cause: "All rows are there, but the sum that proves it is not.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); return p[:len(p)-8] }), Want: unreadable,
		},
		{
			Name: "gzip/cut-in-its-trailer", Cause: "The last byte is missing.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); return p[:len(p)-1] }), Want: unreadable,
		},
		{
			Name: "gzip/cut-in-its-header", Cause: "Only the mark and the method are there.",
			Open: of(gzipHead[:3]), Want: unreadable,
		},
		{
			Name: "gzip/wrong-sum", Cause: "One bit of the check sum is wrong.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); p[len(p)-8] ^= 1; return p }), Want: unreadable,
		},
		{
			Name: "gzip/wrong-length", Cause: "The length behind the data is another.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); p[len(p)-1] ^= 1; return p }), Want: unreadable,
		},
		{
			Name: "gzip/garbage-behind", Cause: "Bytes that are no member follow the last one.",
			Open: lazily(func() []byte { return append(gzipped(pack(rows)), "garbage, 20 bytes long"...) }), Want: unreadable,
		},
		{
			Name: "gzip/changed-bits", Cause: "A byte in the middle of the packed data is another.",
			Open: lazily(func() []byte { p := gzipped(pack(rows)); p[len(p)/2] ^= 0x55; return p }), Want: unreadable,
		},
		{
			Name: "gzip/endless-name", Cause: "The name in the header does not end for 200 MB.",
			Open: of("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff", times("n", 200*mebi)), Want: unreadable,
		},
		{
			Name: "gzip/unknown-method", Cause: "The header names a method that does not exist.",
			Open: of("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\xff", row), Want: unreadable,
		},
		{
			Name: "gzip/of-nothing", Cause: "An empty file was packed.",
			Open: lazily(func() []byte { return gzipped(pack()) }), Want: refused(definition.ErrorNoHeader),
		},
		{
			Name: "zstd/bomb", Cause: "Ten gigabytes of one row in a few hundred kilobytes.",
			Open: lazily(func() []byte {
				return append(zstandard(head), bytes.Repeat(zstandard(strings.Repeat("S1", 500_000)+"\n"), 10_000)...)
			}),
			Want: limit,
		},
		{
			Name: "zstd/blocks-of-one-byte-repeated", Cause: "Blocks that say: this byte, 131,072 times. Four bytes for each.",
			Open: lazily(func() []byte { return append(zstandard(head), runs(100_000)...) }), Want: limit,
		},
		{
			Name: "zstd/huge-window", Cause: "The header asks for a window of an exbibyte.",
			Open: of("\x28\xb5\x2f\xfd\x00\xf8", "\x01\x00\x00"), Want: unreadable,
		},
		{
			Name: "zstd/window-of-two-gibibytes", Cause: "The header asks for a window of 2 GiB, for a file of one row.",
			Open: of("\x28\xb5\x2f\xfd\x00\xa8", zstdRaw(head+row)), Want: unreadable,
		},
		{
			Name: "zstd/lying-size", Cause: "The header promises 2^63 bytes.",
			Open: of("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x00\x00\x80", zstdRaw(head+row)), Want: unreadable,
		},
		{
			Name: "zstd/truncated", Cause: "The second half of the file is missing.",
			Open: lazily(func() []byte { p := zstandard(rows); return p[:len(p)/2] }), Want: unreadable,
		},
		{
			Name: "zstd/wrong-sum", Cause: "One bit of the check sum is wrong.",
			Open: lazily(func() []byte { p := zstandard(rows); p[len(p)-1] ^= 1; return p }), Want: unreadable,
		},
		{
			Name: "zstd/unknown-dictionary", Cause: "The data needs a dictionary that nobody has.",
			Open: of("\x28\xb5\x2f\xfd\x01\x58\x07", zstdRaw(head+row)), Want: unreadable,
		},
		{
			Name: "zstd/skippable-frames", Cause: "A million frames that are to be skipped, then a row.",
			Open: lazily(func() []byte {
				return append(bytes.Repeat([]byte("\x50\x2a\x4d\x18\x00\x00\x00\x00"), 1_000_000), zstandard(head+row)...)
			}),
			Want: accepted(1),
		},
		{
			Name: "zstd/garbage-behind", Cause: "Bytes that are no frame follow the last one.",
			Open: lazily(func() []byte { return append(zstandard(rows), "garbage"...) }), Want: unreadable,
		},
	}
}

func zstandard(text string) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer w.Close()
	return w.EncodeAll([]byte(text), nil)
}

// zstdRaw is a last block (RFC 8878, 3.1.1.2) of literal bytes.
func zstdRaw(text string) string {
	header := uint32(len(text))<<3 | 1
	return string([]byte{byte(header), byte(header >> 8), byte(header >> 16)}) + text
}

// runs is a zstd frame of blocks of one byte each, repeated as often as a block may say.
func runs(blocks int) []byte {
	out := []byte("\x28\xb5\x2f\xfd\x00\x58")
	const size, kind = 128 << 10, 1
	for i := range blocks {
		last := uint32(0)
		if i == blocks-1 {
			last = 1
		}
		header := binary.LittleEndian.AppendUint32(nil, size<<3|kind<<1|last)
		out = append(append(out, header[:3]...), '\n')
	}
	return out
}

// hexNoise is text that packs badly.
func hexNoise(n int) string {
	bytes := make([]byte, n)
	_, _ = noise(int64(n))().Read(bytes)
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"
	for i, b := range bytes {
		bytes[i] = digits[b%64]
	}
	return string(bytes)
}
