package tabular

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// Cells are a few bytes long, so that a call of bytes.IndexByte for each costs more than the search. These functions
// look at eight bytes at a time in a register (as in Warren, Hacker's Delight, chapter 6, “Find first 0-byte”).

const (
	ones = 0x0101010101010101
	low  = 0x7f7f7f7f7f7f7f7f
)

// matches has the high bit of each byte of word that is the one repeated in pattern.
func matches(word, pattern uint64) uint64 {
	x := word ^ pattern
	return ^((x&low + low) | x | low)
}

// word is the eight bytes from pos on, with zeros beyond the end of data.
func word(data []byte, pos int) uint64 {
	if pos+8 <= len(data) {
		return binary.LittleEndian.Uint64(data[pos:])
	}
	var rest [8]byte
	copy(rest[:], data[pos:])
	return binary.LittleEndian.Uint64(rest[:])
}

// roomFor is how long a line may be for room to be made for as many cells as it has bytes; a longer one is unlikely to
// be cells of one byte.
const roomFor = 1 << 10

// split appends the cells of data[start:end], which has no quotes.
func split(cells []span, data []byte, start, end int, delimiter byte) []span {
	if end-start > roomFor {
		return splitLong(cells, data, start, end, delimiter)
	}
	n := len(cells)
	cells = slices.Grow(cells, end-start+1)
	cells = cells[:cap(cells)]
	pattern := ones * uint64(delimiter)
	for pos := start; pos < end; pos += 8 {
		found := matches(word(data, pos), pattern)
		if beyond := pos + 8 - end; beyond > 0 {
			found &= ^uint64(0) >> (8 * uint(beyond))
		}
		for ; found != 0; found &= found - 1 {
			at := pos + bits.TrailingZeros64(found)/8
			cells[n] = span{uint32(start), uint32(at)}
			n++
			start = at + 1
		}
	}
	cells[n] = span{uint32(start), uint32(end)}
	return cells[:n+1]
}

// splitLong is split a piece at a time: what ends a piece is no cell yet, and starts the next.
func splitLong(cells []span, data []byte, start, end int, delimiter byte) []span {
	for end-start > roomFor {
		pieceEnd := start + roomFor
		n := len(cells)
		if cells = split(cells, data, start, pieceEnd, delimiter); len(cells) == n+1 {
			// One cell is longer than a piece: it is looked through at once.
			i := pieceEnd + indexNear(data[pieceEnd:end], delimiter)
			cells[n].end = uint32(i)
			if i == end {
				return cells
			}
			start = i + 1
			continue
		}
		last := len(cells) - 1
		start = int(cells[last].start)
		cells = cells[:last]
	}
	return split(cells, data, start, end, delimiter)
}

// indexNear is the first place of char in data, len(data) when there is none; fast where it is near.
func indexNear(data []byte, char byte) int {
	const near = 24
	pattern := ones * uint64(char)
	pos := 0
	for ; pos+8 <= len(data) && pos < near; pos += 8 {
		if found := matches(binary.LittleEndian.Uint64(data[pos:]), pattern); found != 0 {
			return pos + bits.TrailingZeros64(found)/8
		}
	}
	if i := bytes.IndexByte(data[pos:], char); i >= 0 {
		return pos + i
	}
	return len(data)
}
