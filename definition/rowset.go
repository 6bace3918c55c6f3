package definition

import (
	"math/bits"
	"slices"
)

const (
	// maxSetRow bounds what a rowSet remembers: as bits, 128 KiB.
	maxSetRow = 1 << 20
	// maxRuns is how many runs a rowSet holds before it turns to bits: 8 KiB.
	maxRuns = 512
)

// rowSet is a set of row numbers from 1 to maxSetRow; others are ignored. It is exact, so that it comes out the same
// whatever the order of additions, and small where rows come in few runs.
type rowSet struct {
	runs []RowRange // sorted, with at least one row between two of them; nil once bits is in use
	bits []uint64
}

func (s *rowSet) add(row int64) {
	if row < 1 || row > maxSetRow {
		return
	}
	if s.bits != nil {
		s.bits[row/64] |= 1 << (row % 64)
		return
	}
	if n := len(s.runs); n > 0 && s.runs[n-1].Last+1 == row {
		s.runs[n-1].Last = row
		return
	}
	s.insert(row)
	if len(s.runs) > maxRuns {
		s.toBits()
	}
}

func (s *rowSet) insert(row int64) {
	// at is the first run that ends at the row before this one, or later.
	at, _ := slices.BinarySearchFunc(s.runs, row, func(r RowRange, row int64) int {
		if r.Last+1 < row {
			return -1
		}
		return 1
	})
	if at == len(s.runs) || row+1 < s.runs[at].First {
		s.runs = slices.Insert(s.runs, at, RowRange{row, row})
		return
	}
	r := &s.runs[at]
	r.First = min(r.First, row)
	r.Last = max(r.Last, row)
	if at+1 < len(s.runs) && s.runs[at+1].First <= r.Last+1 {
		r.Last = s.runs[at+1].Last
		s.runs = slices.Delete(s.runs, at+1, at+2)
	}
}

func (s *rowSet) toBits() {
	runs := s.runs
	s.runs, s.bits = nil, make([]uint64, maxSetRow/64+1)
	for _, r := range runs {
		s.fill(r)
	}
}

func (s *rowSet) fill(r RowRange) {
	for row := r.First; row <= r.Last; {
		if row%64 == 0 && row+63 <= r.Last {
			s.bits[row/64] = ^uint64(0)
			row += 64
			continue
		}
		s.bits[row/64] |= 1 << (row % 64)
		row++
	}
}

func (s *rowSet) merge(other *rowSet) {
	if s.bits == nil && other.bits == nil {
		s.runs = joinRuns(s.runs, other.runs)
		if len(s.runs) > maxRuns {
			s.toBits()
		}
		return
	}
	if s.bits == nil {
		s.toBits()
	}
	for _, r := range other.runs {
		s.fill(r)
	}
	for i, word := range other.bits {
		s.bits[i] |= word
	}
}

func joinRuns(a, b []RowRange) []RowRange {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y RowRange) int { return int(x.First - y.First) })
	joined := all[:0]
	for _, r := range all {
		if n := len(joined); n > 0 && r.First <= joined[n-1].Last+1 {
			joined[n-1].Last = max(joined[n-1].Last, r.Last)
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

// ranges returns the first runs.
func (s *rowSet) ranges(most int) []RowRange {
	if s.bits == nil {
		return slices.Clone(s.runs[:min(most, len(s.runs))])
	}
	var ranges []RowRange
	for row := s.next(0, true); row >= 0 && len(ranges) < most; {
		end := s.next(row, false)
		if end < 0 {
			end = int64(len(s.bits)) * 64
		}
		ranges = append(ranges, RowRange{row, end - 1})
		row = s.next(end, true)
	}
	return ranges
}

// next is the first row from here on that is in the set, or is not; -1 when there is none.
func (s *rowSet) next(from int64, in bool) int64 {
	for word := from / 64; word < int64(len(s.bits)); word++ {
		b := s.bits[word]
		if !in {
			b = ^b
		}
		if word == from/64 {
			b &= ^uint64(0) << (from % 64)
		}
		if b != 0 {
			return word*64 + int64(bits.TrailingZeros64(b))
		}
	}
	return -1
}
