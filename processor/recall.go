package processor

import (
	"encoding/binary"
	"math/bits"
)

// recall remembers what short texts mean: in most files few different ones stand in a column that names sites or periods,
// and each row has one. It forgets a text for another that falls on its place, so it costs the same for any file, and
// what it holds is only ever what was computed for the same bytes. Its zero value is ready.
type recall[T any] struct{ places []place[T] }

// place is one remembered text, as the words that it was cut into.
type place[T any] struct {
	first, last uint64
	length      uint8 // 0 for none
	meaning     T
}

const (
	recallBits = 12
	// recallLength is how long a text may be that two words tell.
	recallLength = 16
)

// at is where a text is or would be remembered, and whether it is; nil for a text that is too long or empty. Whoever gets
// a place that is not known puts the meaning there, or the text must not be remembered and forget is called.
func (r *recall[T]) at(text []byte) (p *place[T], known bool) {
	n := len(text)
	if n == 0 || n > recallLength {
		return nil, false
	}
	var first, last uint64
	switch {
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		first = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	default:
		first = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	if r.places == nil {
		r.places = make([]place[T], 1<<recallBits)
	}
	// Multiplication spreads every bit to the upper ones (Knuth, The Art of Computer Programming, 6.4).
	hash := (first ^ bits.RotateLeft64(last, 29) ^ uint64(n)) * 0x9e3779b97f4a7c15
	p = &r.places[hash>>(64-recallBits)]
	if p.first == first && p.last == last && int(p.length) == n {
		return p, true
	}
	p.first, p.last, p.length = first, last, uint8(n)
	return p, false
}

// forget takes back what at has noted.
func (p *place[T]) forget() {
	if p != nil {
		p.length = 0
	}
}
