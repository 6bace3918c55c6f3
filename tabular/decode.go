package tabular

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const decodeBytes = 32 << 10

// decoder reads text of another encoding as UTF-8.
type decoder struct {
	source io.Reader
	// step appends the UTF-8 of src to dst and tells how many bytes of src that took: all of them where src is the end
	// of the text, and all but the start of a character that goes on otherwise.
	step func(dst, src []byte, final bool) (text []byte, used int)

	in, out []byte
	given   int // of out
	err     error
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (int, error) {
	for d.given == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		d.fill()
	}
	n := copy(p, d.out[d.given:])
	d.given += n
	return n, nil
}

func (d *decoder) fill() {
	if d.in == nil {
		d.in = make([]byte, 0, decodeBytes)
	}
	rest := len(d.in)
	n, err := d.source.Read(d.in[rest:cap(d.in)])
	d.in, d.err = d.in[:rest+n], err
	var used int
	d.out, used = d.step(d.out[:0], d.in, err == io.EOF)
	d.given = 0
	d.in = d.in[:copy(d.in, d.in[used:])]
}

// appendInvalid appends a byte that stands for no character as two that are never part of UTF-8: a lead byte that does
// not exist and a continuation. So it cannot be taken for text, whatever stands beside it, and is still known.
func appendInvalid(dst []byte, raw ...byte) []byte {
	for _, c := range raw {
		dst = append(dst, 0xf8|c>>6, 0x80|c&0x3f)
	}
	return dst
}

// invalidByte is the byte that appendInvalid wrote at the start of text.
func invalidByte(text []byte) (raw byte, ok bool) {
	if len(text) < 2 || text[0]&^3 != 0xf8 || text[1]&0xc0 != 0x80 {
		return 0, false
	}
	return text[0]<<6 | text[1]&0x3f, true
}

func decodeLittleEndian(dst, src []byte, final bool) (text []byte, used int) {
	return decodeUTF16(dst, src, final, binary.LittleEndian)
}

func decodeBigEndian(dst, src []byte, final bool) (text []byte, used int) {
	return decodeUTF16(dst, src, final, binary.BigEndian)
}

// decodeUTF16 turns surrogate halves without their other half, and an odd byte at the end, into invalid bytes.
func decodeUTF16(dst, src []byte, final bool, order binary.ByteOrder) (text []byte, used int) {
	pos := 0
	for ; pos+2 <= len(src); pos += 2 {
		unit := rune(order.Uint16(src[pos:]))
		switch {
		case unit < utf8.RuneSelf:
			dst = append(dst, byte(unit))
		case !utf16.IsSurrogate(unit):
			dst = utf8.AppendRune(dst, unit)
		case pos+4 > len(src) && !final && unit < 0xdc00:
			return dst, pos
		default:
			if pos+4 <= len(src) {
				if r := utf16.DecodeRune(unit, rune(order.Uint16(src[pos+2:]))); r != utf8.RuneError {
					dst = utf8.AppendRune(dst, r)
					pos += 2
					continue
				}
			}
			dst = appendInvalid(dst, src[pos:pos+2]...)
		}
	}
	if final {
		return appendInvalid(dst, src[pos:]...), len(src)
	}
	return dst, pos
}
