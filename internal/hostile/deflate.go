package hostile

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// packed is deflated content: bombs of any size at the price of packing each piece once.
type packed struct {
	data []byte
	size uint64
	crc  uint32
}

// pack deflates texts and repeated texts. Each piece is packed on its own and ends on a byte (as a flush does), so that
// its bits can stand anywhere, any number of times.
func pack(parts ...any) packed {
	var out packed
	sum := crc32.NewIEEE()
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			out.data = append(out.data, deflate(part)...)
			out.size += uint64(len(part))
			_, _ = io.WriteString(sum, part)
		case repeated:
			const block = 1 << 20
			piece := repeated{part.text, max(1, min(part.times, int64(block/len(part.text))))}
			text, _ := io.ReadAll(&repeatReader{repeated: piece})
			bits := deflate(string(text))
			for range part.times / piece.times {
				out.data = append(out.data, bits...)
				_, _ = sum.Write(text)
			}
			text = text[:int(part.times%piece.times)*len(part.text)]
			out.data = append(out.data, deflate(string(text))...)
			_, _ = sum.Write(text)
			out.size += uint64(part.times) * uint64(len(part.text))
		}
	}
	out.data = append(out.data, 1, 0, 0, 0xff, 0xff) // an empty stored block, marked as the last
	out.crc = sum.Sum32()
	return out
}

func deflate(text string) []byte {
	if text == "" {
		return nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// gzipped is one member of a gzip file.
func gzipped(p packed) []byte {
	out := append([]byte(gzipHead), p.data...)
	out = binary.LittleEndian.AppendUint32(out, p.crc)
	return binary.LittleEndian.AppendUint32(out, uint32(p.size))
}
