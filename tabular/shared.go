package tabular

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"entrepot/definition"
)

const (
	// maxSharedBytes bounds the memory of a workbook's shared strings: a million different ones of 120 bytes.
	maxSharedBytes = 128 << 20
	sharedChunk    = 1 << 20
	sharedIndex    = 1 << 14
)

// sharedStrings are the texts that cells name by number. They are kept one after the other in chunks that are never
// moved, each with its length in front, since a Go string for each would cost three times as much.
type sharedStrings struct {
	chunks [][]byte
	places [][]uint64 // chunk and offset, by number
	count  int
	bytes  int64
}

// text is a string that cells share. fault is empty, or why no cell can have it.
type text struct {
	bytes []byte
	size  int // more than there are bytes of one that is too large
	fault definition.RowErrorCode
}

// at is the string of a number; false where there is none.
func (s *sharedStrings) at(number int) (text, bool) {
	if number < 0 || number >= s.count {
		return text{}, false
	}
	place := s.places[number/sharedIndex][number%sharedIndex]
	chunk := s.chunks[place>>32][uint32(place):]
	length, n := binary.Uvarint(chunk)
	chunk = chunk[n:]
	size := length >> 2
	fault := [...]definition.RowErrorCode{
		"", definition.RowEncodingInvalid, definition.RowNULByte, definition.RowCellTooLarge,
	}[length&3]
	if fault == definition.RowCellTooLarge {
		kept, n := binary.Uvarint(chunk)
		return text{chunk[n : n+int(kept) : n+int(kept)], int(size), fault}, true
	}
	return text{chunk[:size:size], int(size), fault}, true
}

// add keeps a string; size is its length where value is only its start.
func (s *sharedStrings) add(value []byte, size int) error {
	fault := uint64(0)
	switch {
	case size > len(value):
		fault = 3
	case bytes.IndexByte(value, 0) >= 0:
		fault = 2
	case !utf8.Valid(value):
		fault = 1
	}
	var head [2 * binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(size)<<2|fault)
	if fault == 3 {
		n += binary.PutUvarint(head[n:], uint64(len(value)))
	}
	s.bytes += int64(n + len(value) + 8)
	if s.bytes > maxSharedBytes {
		return limitError(fmt.Sprintf("the workbook's different texts are larger than %d bytes: split it, or save it as CSV",
			maxSharedBytes), "sharedStringBytes", maxSharedBytes)
	}
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < n+len(value) {
		// The first chunk is small: most workbooks have few texts.
		size := sharedChunk
		if last < 0 {
			size = sharedChunk / 16
		}
		s.chunks = append(s.chunks, make([]byte, 0, max(size, n+len(value))))
		last++
	}
	if s.count%sharedIndex == 0 {
		s.places = append(s.places, make([]uint64, 0, sharedIndex))
	}
	index := &s.places[len(s.places)-1]
	*index = append(*index, uint64(last)<<32|uint64(len(s.chunks[last])))
	s.chunks[last] = append(append(s.chunks[last], head[:n]...), value...)
	s.count++
	return nil
}

// readSharedStrings reads the part that they stand in, cutting those that are larger than a cell may be.
func readSharedStrings(x *xmlReader, limits Limits) (*sharedStrings, error) {
	s := new(sharedStrings)
	r := richText{limit: limits.MaxCellBytes}
	for {
		token, err := x.next()
		if err != nil {
			return nil, err
		}
		if token == xmlEOF {
			return s, nil
		}
		if token != xmlStart || x.depth() != 2 {
			continue
		}
		if string(x.name) != "si" {
			if err := x.skip(); err != nil {
				return nil, err
			}
			continue
		}
		r.value, r.size = r.value[:0], 0
		if err := r.read(x); err != nil {
			return nil, err
		}
		if err := s.add(r.value, r.size); err != nil {
			return nil, err
		}
	}
}

// richText collects the text of an element such as <si> or <is>, without what is written above or beside it to tell how
// it is pronounced.
type richText struct {
	limit int
	value []byte // at most limit bytes of what follows earlier content
	size  int
	piece []byte
}

// read reads to the end of the element whose start was just read.
func (r *richText) read(x *xmlReader) error {
	depth := x.depth()
	for {
		token, err := x.next()
		switch {
		case err != nil:
			return err
		case token == xmlEnd && x.depth() < depth:
			return nil
		case token != xmlStart:
			continue
		}
		switch string(x.name) {
		case "t":
			if err := r.readPiece(x); err != nil {
				return err
			}
		case "r":
		default:
			if err := x.skip(); err != nil {
				return err
			}
		}
	}
}

// readPiece reads the text up to the end of the element whose start was just read.
func (r *richText) readPiece(x *xmlReader) error {
	depth := x.depth()
	r.piece = r.piece[:0]
	cut := 0
	for {
		token, err := x.next()
		if err != nil {
			return err
		}
		switch token {
		case xmlText:
			if r.piece, err = x.appendText(r.piece); err != nil {
				return err
			}
			// Escapes only make a piece shorter, each by 6 bytes of 7 at most.
			if most := 7 * (r.limit + 1); len(r.piece) > most {
				cut += len(r.piece) - most
				r.piece = r.piece[:most]
			}
		case xmlStart:
			if err := x.skip(); err != nil {
				return err
			}
		case xmlEnd:
			if x.depth() < depth {
				r.piece = unescapeText(r.piece)
				r.size += len(r.piece) + cut
				r.value = append(r.value, r.piece[:min(len(r.piece), max(0, r.limit-len(r.value)))]...)
				return nil
			}
		}
	}
}

// unescapeText replaces, in place, _xHHHH_ by the character that it stands for: XML cannot say some characters, and
// spreadsheets escape them so (ECMA-376-1, 22.9.2.19), "_x005F_" being the underscore that starts no escape.
func unescapeText(piece []byte) []byte {
	if !bytes.Contains(piece, []byte("_x")) {
		return piece
	}
	out := piece[:0]
	for len(piece) > 0 {
		char, ok := escapedUnit(piece)
		if !ok {
			out = append(out, piece[0])
			piece = piece[1:]
			continue
		}
		piece = piece[len("_xHHHH_"):]
		if char >= 0xd800 && char < 0xdc00 {
			if low, ok := escapedUnit(piece); ok && low >= 0xdc00 && low < 0xe000 {
				char = (char-0xd800)<<10 + (low - 0xdc00) + 0x10000
				piece = piece[len("_xHHHH_"):]
			}
		}
		if char >= 0xd800 && char < 0xe000 {
			// Half of a character: three bytes that are not valid UTF-8, and found to be so.
			out = append(out, 0xed, 0x80|byte(char>>6&0x3f), 0x80|byte(char&0x3f))
			continue
		}
		out = utf8.AppendRune(out, char)
	}
	return out
}

// escapedUnit reads the escape that text starts with.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < len("_xHHHH_") || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	return hexadecimal(text[2:6])
}
