package tabular

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// byteTable is what the bytes from 0x80 on stand for, each in UTF-8; empty where a byte stands for none. The C1
// controls that the standard puts in the gaps of the Windows encodings are no text, and left out.
type byteTable [128]string

func (t *byteTable) decode(dst, src []byte, _ bool) (text []byte, used int) {
	for pos := 0; ; pos++ {
		n := asciiPrefix(src[pos:])
		dst = append(dst, src[pos:pos+n]...)
		if pos += n; pos == len(src) {
			return dst, pos
		}
		dst = t.append(dst, src[pos])
	}
}

func (t *byteTable) append(dst []byte, c byte) []byte {
	if c < utf8.RuneSelf {
		return append(dst, c)
	}
	if char := t[c-utf8.RuneSelf]; char != "" {
		return append(dst, char...)
	}
	return appendInvalid(dst, c)
}

// rune is what a byte stands for, utf8.RuneError where it stands for nothing.
func (t *byteTable) rune(c byte) rune {
	if c < utf8.RuneSelf {
		return rune(c)
	}
	r, _ := utf8.DecodeRuneInString(t[c-utf8.RuneSelf])
	return r
}

// singleByte is the table of a Windows encoding; ISO-8859-9 is read as windows-1254, as the standard has it.
func singleByte(name string) *byteTable {
	switch name {
	case "windows-1252":
		return western()
	case "windows-1258":
		return vietnamese()
	default:
		return turkish()
	}
}

var (
	western    = sync.OnceValue(func() *byteTable { return tableOf(charmap.Windows1252) })
	turkish    = sync.OnceValue(func() *byteTable { return tableOf(charmap.Windows1254) })
	vietnamese = sync.OnceValue(func() *byteTable { return tableOf(charmap.Windows1258) })
)

func tableOf(c *charmap.Charmap) *byteTable {
	var t byteTable
	for i := range t {
		if r := c.DecodeByte(byte(i + utf8.RuneSelf)); r != utf8.RuneError && !unicode.IsControl(r) {
			t[i] = string(r)
		}
	}
	return &t
}

// maxTones bounds the tone marks of one letter; a word of any language has one.
const maxTones = 16

// decodeVietnamese reads windows-1258, which writes most tones behind their letters, and composes them (NFC), so that
// a word is spelled as everywhere else.
func decodeVietnamese(dst, src []byte, final bool) (text []byte, used int) {
	t := vietnamese()
	var letter [4 * (maxTones + 1)]byte
	for pos := 0; pos < len(src); {
		end := pos + 1
		for end < len(src) && end-pos <= maxTones && isTone(src[end]) {
			end++
		}
		if end == len(src) && end-pos <= maxTones && !final {
			return dst, pos
		}
		switch {
		case end == pos+1:
			dst = t.append(dst, src[pos])
		case end == pos+2 && t.rune(src[pos]) != utf8.RuneError:
			dst = append(dst, toned()[src[pos]][toneIndex(src[pos+1])]...)
		default:
			plain := letter[:0]
			for _, c := range src[pos:end] {
				plain = t.append(plain, c)
			}
			dst = append(dst, norm.NFC.Bytes(plain)...)
		}
		pos = end
	}
	return dst, len(src)
}

// tones are the combining marks of windows-1258: grave, hook above, tilde, acute and dot below.
const tones = "\xcc\xd2\xde\xec\xf2"

func isTone(c byte) bool { return c >= 0xcc && toneIndex(c) >= 0 }

func toneIndex(c byte) int { return strings.IndexByte(tones, c) }

// toned is each character of windows-1258 with each tone, composed.
var toned = sync.OnceValue(func() *[256][len(tones)]string {
	var all [256][len(tones)]string
	t := vietnamese()
	for c := range all {
		for i := range all[c] {
			all[c][i] = norm.NFC.String(string(t.append(t.append(nil, byte(c)), tones[i])))
		}
	}
	return &all
})

// pairs are the characters of two bytes in Shift_JIS, by lead byte from 0x81 (with a gap that no lead byte is in) and
// trail byte from 0x40; 0 where there is none.
type pairs [0xfd - 0x81][0xfd - 0x40]rune

var shiftJIS = sync.OnceValue(func() *pairs {
	var table pairs
	decode := japanese.ShiftJIS.NewDecoder()
	for lead := range table {
		for trail := range table[lead] {
			pair := []byte{byte(lead + 0x81), byte(trail + 0x40)}
			if !isLead(pair[0]) || pair[1] == 0x7f {
				continue
			}
			text, err := decode.Bytes(pair)
			if r, size := utf8.DecodeRune(text); err == nil && r != utf8.RuneError && size == len(text) {
				table[lead][trail] = r
			}
		}
	}
	return &table
})

func isLead(c byte) bool { return c >= 0x81 && c <= 0x9f || c >= 0xe0 && c <= 0xfc }

// pair is the character that two bytes stand for, 0 for none.
func (t *pairs) pair(lead, trail byte) rune {
	if !isLead(lead) || trail < 0x40 || trail > 0xfc {
		return 0
	}
	return t[lead-0x81][trail-0x40]
}

// decodeShiftJIS reads windows-31j. As the standard has it, a lead byte that ASCII follows in vain takes nothing of it
// with it: a delimiter or a line end stays one.
func decodeShiftJIS(dst, src []byte, final bool) (text []byte, used int) {
	t := shiftJIS()
	for pos := 0; pos < len(src); {
		n := asciiPrefix(src[pos:])
		dst = append(dst, src[pos:pos+n]...)
		if pos += n; pos == len(src) {
			break
		}
		c := src[pos]
		switch {
		case c >= 0xa1 && c <= 0xdf: // katakana of half width
			dst = utf8.AppendRune(dst, 0xff61-0xa1+rune(c))
			pos++
		case !isLead(c) || pos+1 == len(src) && final:
			dst = appendInvalid(dst, c)
			pos++
		case pos+1 == len(src):
			return dst, pos
		default:
			if r := t.pair(c, src[pos+1]); r != 0 {
				dst = utf8.AppendRune(dst, r)
				pos += 2
				continue
			}
			dst = appendInvalid(dst, c)
			if pos++; src[pos] >= utf8.RuneSelf {
				dst = appendInvalid(dst, src[pos])
				pos++
			}
		}
	}
	return dst, len(src)
}
