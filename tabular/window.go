package tabular

import (
	"bytes"
	"encoding/binary"
)

// window is the raw bytes of a batch with what was found out about them. Most rows have no quote, no CR, no NUL and
// nothing but ASCII: finders remember where the next such byte is, so that those rows pay nothing for looking.
type window struct {
	data []byte
	// final tells that nothing follows data.
	final                    bool
	lf, cr, quote, nul, high finder
	// The quoted path looks ahead and goes back, so it has finders of its own.
	aheadLF, aheadCR finder
}

func newWindow(data []byte, final bool) window {
	unknown := finder{from: -1, at: -1}
	return window{data, final, unknown, unknown, unknown, unknown, unknown, unknown, unknown}
}

// shows tells that the window is one on these bytes.
func (w *window) shows(data []byte, final bool) bool {
	return len(data) > 0 && len(w.data) == len(data) && &w.data[0] == &data[0] && w.final == final
}

// lineEnd is the first LF or CR from pos on, len(data) when there is none.
func (w *window) lineEnd(pos int) int {
	return min(w.lf.find(w.data, pos, '\n'), w.cr.find(w.data, pos, '\r'))
}

// lineEndAhead is lineEnd for positions that may go back again.
func (w *window) lineEndAhead(pos int) int {
	return min(w.aheadLF.find(w.data, pos, '\n'), w.aheadCR.find(w.data, pos, '\r'))
}

// after is the start of the line after one that ends at end, and whether that is certain: a CR at the end of what was
// read may belong to a CRLF.
func (w *window) after(end int) (next int, certain bool) {
	switch {
	case end == len(w.data):
		return end, w.final
	case w.data[end] == '\n':
		return end + 1, true
	case end+1 == len(w.data):
		return end + 1, w.final
	case w.data[end+1] == '\n':
		return end + 2, true
	default:
		return end + 1, true
	}
}

// finder remembers that there is no wanted byte in [from, at), and one at at unless that is the end of the data.
type finder struct{ from, at int }

// find is the first place of char from pos on, len(data) when there is none.
func (f *finder) find(data []byte, pos int, char byte) int {
	if f.at >= pos && pos >= f.from {
		return f.at
	}
	return f.search(data, pos, char)
}

func (f *finder) search(data []byte, pos int, char byte) int {
	f.from, f.at = pos, len(data)
	if i := bytes.IndexByte(data[pos:], char); i >= 0 {
		f.at = pos + i
	}
	return f.at
}

// findHigh is the first byte from pos on that is not ASCII.
func (f *finder) findHigh(data []byte, pos int) int {
	if f.at < pos || pos < f.from {
		f.from, f.at = pos, pos+asciiPrefix(data[pos:])
	}
	return f.at
}

// asciiPrefix is the number of leading bytes below 0x80.
func asciiPrefix(data []byte) int {
	const high = 0x8080808080808080
	n := 0
	for ; len(data)-n >= 32; n += 32 {
		d := data[n : n+32]
		if (binary.LittleEndian.Uint64(d)|binary.LittleEndian.Uint64(d[8:])|
			binary.LittleEndian.Uint64(d[16:])|binary.LittleEndian.Uint64(d[24:]))&high != 0 {
			break
		}
	}
	for n < len(data) && data[n] < 0x80 {
		n++
	}
	return n
}

// countLines counts the line ends in data, a CRLF as one.
func countLines(data []byte) int {
	lines := bytes.Count(data, []byte{'\n'})
	for {
		i := bytes.IndexByte(data, '\r')
		if i < 0 {
			return lines
		}
		data = data[i+1:]
		if len(data) == 0 || data[0] != '\n' {
			lines++
		}
	}
}
