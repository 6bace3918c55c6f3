package tabular

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"entrepot/definition"
)

const (
	// encodingSample is how much of a file the encoding is told from. Most files whose first rows are ASCII have their
	// first name with an accent within it: what comes later and does not fit costs its row, which is a warning that
	// comes late, while reading this much ahead takes less than a millisecond. Once enoughHigh bytes are not ASCII,
	// more of them change nothing; a file that has proved to be UTF-8 is not read further either.
	encodingSample = 1 << 20
	firstSample    = 64 << 10
	enoughHigh     = 4 << 10
	// sureEnough is the confidence below which an encoding counts as guessed, and plausible the least that it takes to
	// read a file in an encoding that it does not name: below it, a file is UTF-8, and what is not costs its row.
	sureEnough = 0.8
	plausible  = 0.45
)

const utf8Name = "UTF-8"

// foundEncoding is how a file's characters are written.
type foundEncoding struct {
	name       string
	confidence float64 // from 0 to 1
	mark       bool    // a byte order mark says so
}

// marks are the byte order marks, longer ones first where one starts another. UTF-32 is not read.
var marks = []struct{ bytes, name string }{
	{"\xff\xfe\x00\x00", ""},
	{"\x00\x00\xfe\xff", ""},
	{"\xff\xfe", "UTF-16LE"},
	{"\xfe\xff", "UTF-16BE"},
	{"\xef\xbb\xbf", utf8Name},
}

// openText tells the encoding of what text starts with, and gives the text in UTF-8 without its byte order mark. Files
// that are UTF-8 pass as they are. The mark beats what is declared (WHATWG Encoding, “decode”).
func openText(text *peeker, declared string) (*peeker, foundEncoding, error) {
	head := text.peek(4)
	var found foundEncoding
	for _, m := range marks {
		if !bytes.HasPrefix(head, []byte(m.bytes)) {
			continue
		}
		if m.name == "" {
			return nil, found, unknownEncoding("UTF-32 text")
		}
		text.skip(len(m.bytes))
		found = foundEncoding{name: m.name, confidence: 1, mark: true}
		break
	}
	if name, known := definition.EncodingName(declared); found.name == "" && known {
		found = foundEncoding{name: name, confidence: 1}
	}
	if found.name == "" {
		found.name, found.confidence = detectEncoding(text)
	}
	if found.name == "" {
		return nil, found, &Error{
			Code:   definition.ErrorEncodingUnknown,
			Reason: "the file is not text in any encoding: save the table as CSV in UTF-8, or as a workbook (.xlsx)",
			Params: []definition.Param{{Name: "found", Value: "not text"}},
		}
	}
	if found.name == utf8Name {
		return text, found, nil
	}
	return &peeker{source: newDecoder(text, found.name)}, found, nil
}

// detectEncoding looks at as much of the text as it takes; the name is empty where it is no text.
func detectEncoding(text *peeker) (name string, confidence float64) {
	sample := text.peek(firstSample)
	if name, ok := wideText(sample); ok {
		return name, 0.9
	}
	ascii := asciiPrefix(sample) == len(sample)
	if !ascii && utf8.Valid(withoutTail(sample)) {
		return utf8Name, 1
	}
	if high := len(sample) - asciiCount(sample, enoughHigh); high < enoughHigh {
		sample = text.peek(encodingSample)
		if ascii && asciiPrefix(sample[min(firstSample, len(sample)):]) == max(0, len(sample)-firstSample) {
			return utf8Name, 1
		}
	}
	return tellEncoding(sample)
}

// tellEncoding chooses an encoding for a sample of text, and tells how sure that is.
func tellEncoding(sample []byte) (name string, confidence float64) {
	valid, invalid := countUTF8(withoutTail(sample))
	if invalid == 0 {
		return utf8Name, 1
	}
	// Text of another encoding is valid as UTF-8 in few places, by accident; UTF-8 with some damaged rows in most.
	if valid >= invalid {
		return utf8Name, float64(valid) / float64(valid+invalid)
	}
	if isNoise(sample) {
		return "", 0
	}
	name, confidence = tellLegacy(sample)
	if name == "" {
		return utf8Name, 0
	}
	return name, confidence
}

// isNoise tells that more than a twentieth of the bytes are control characters that no text has, besides those that move
// a printer or begin a terminal's sequences. Of random bytes a tenth are.
func isNoise(sample []byte) bool {
	controls := 0
	for _, c := range sample {
		if c < ' ' && (c < '\b' || c > '\r') && c != 0x1a && c != 0x1b {
			controls++
		}
	}
	return controls*20 > len(sample)
}

// wideText tells UTF-16 without a mark by its zero bytes, which are the upper halves of ASCII characters.
func wideText(sample []byte) (name string, ok bool) {
	if bytes.IndexByte(sample, 0) < 0 {
		return "", false
	}
	var zeros, lines [2]int // by place: even, odd
	for i, c := range sample {
		if c != 0 {
			continue
		}
		zeros[i%2]++
		if other := i ^ 1; other < len(sample) && (sample[other] == '\n' || sample[other] == '\r') {
			lines[i%2]++
		}
	}
	total := zeros[0] + zeros[1]
	for place, name := range []string{"UTF-16BE", "UTF-16LE"} {
		if zeros[place]*5 >= total*4 && total*10 >= len(sample) && total > 1 && (lines[place] > 0 || total*10 >= len(sample)*3) {
			return name, true
		}
	}
	return "", false
}

// asciiCount is how many bytes are ASCII, or len(data)-most where more than most are not.
func asciiCount(data []byte, most int) int {
	high := 0
	for pos := asciiPrefix(data); pos < len(data); pos += 1 + asciiPrefix(data[pos+1:]) {
		if high++; high == most {
			break
		}
	}
	return len(data) - high
}

// withoutTail leaves out a character that the end of the sample cuts.
func withoutTail(sample []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(sample); n++ {
		if c := sample[len(sample)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(sample[len(sample)-n:]) {
				return sample[:len(sample)-n]
			}
			break
		}
	}
	return sample
}

// countUTF8 counts the characters beyond ASCII, and the bytes that belong to none. Characters that are written as in
// UTF-8 but must not be (overlong, halves of surrogates, beyond U+10FFFF) count for neither: they are damage to a file
// in UTF-8, and no words of another encoding.
func countUTF8(data []byte) (valid, invalid int) {
	for {
		data = data[asciiPrefix(data):]
		if len(data) == 0 {
			return valid, invalid
		}
		r, size := utf8.DecodeRune(data)
		switch {
		case r != utf8.RuneError || size > 1:
			valid++
		case forbidden(data) > 0:
			size = forbidden(data)
		default:
			invalid++
		}
		data = data[size:]
	}
}

// forbidden is the length of a sequence with the shape of UTF-8 that stands for nothing, 0 where there is none.
func forbidden(data []byte) int {
	size := 0
	switch c := data[0]; {
	case c&0xfe == 0xc0:
		size = 2
	case c == 0xe0 || c == 0xed:
		size = 3
	case c == 0xf0 || c >= 0xf4 && c <= 0xf7:
		size = 4
	}
	if size == 0 || len(data) < size {
		return 0
	}
	for _, c := range data[1:size] {
		if c&0xc0 != 0x80 {
			return 0
		}
	}
	return size
}

func unknownEncoding(found string) *Error {
	return &Error{
		Code:   definition.ErrorEncodingUnknown,
		Reason: fmt.Sprintf("the file is %s, which is not read: save it as UTF-8", found),
		Params: []definition.Param{{Name: "found", Value: found}},
	}
}

func encodingGuessed(found foundEncoding) definition.Warning {
	return definition.Warning{
		Code: definition.WarningEncodingGuessed,
		Message: fmt.Sprintf("The file does not say how its characters are written, and was taken to be %s; "+
			"look whether letters with accents are right, and name the encoding in the format if they are not.", found.name),
		Params: []definition.Param{
			{Name: "encoding", Value: found.name}, {Name: "confidence", Value: fmt.Sprintf("%.2f", found.confidence)},
		},
	}
}

// newDecoder turns text of an encoding other than UTF-8 into UTF-8.
func newDecoder(source io.Reader, name string) io.Reader {
	d := &decoder{source: source}
	switch name {
	case "UTF-16LE":
		d.step = decodeLittleEndian
	case "UTF-16BE":
		d.step = decodeBigEndian
	case "Shift_JIS":
		d.step = decodeShiftJIS
	case "windows-1258":
		d.step = decodeVietnamese
	default:
		d.step = singleByte(name).decode
	}
	return d
}
