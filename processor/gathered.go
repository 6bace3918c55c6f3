package processor

import (
	"container/heap"
	"errors"
	"iter"
)

// gathered gives what a Spill holds, site by site in the order of their keys. It belongs to one goroutine, but the rows
// that it gives do not.
type gathered struct {
	spill *Spill
	// inMemory has all rows where there is no run; at is the next of its sites, and start where its rows begin.
	inMemory  *sortedRows
	at, start int

	rank    []int32 // of sites, by id
	readers []*runReader
	present []*runReader // those that have rows of the site at hand
}

const (
	minWindow = 4 << 10
	maxWindow = 256 << 10
	// streamedShare is the part of the memory that one site's rows may take; those of a larger one are read as they are
	// needed, with windows that take as much together.
	streamedShare = 8
)

// gathered ends the adding of rows; last are chunks that were not full. Where some of the rows are in the file the others
// go there too, for reading needs their memory.
func (s *Spill) gathered(last []*chunk) (*gathered, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, c := range last {
		s.seal(c)
	}
	if s.err != nil {
		return nil, s.err
	}
	g := &gathered{spill: s}
	if len(s.runs) == 0 {
		s.sort(s.keys)
		g.inMemory = sortRows(s.sealed, s.sorted)
		return g, nil
	}
	if len(s.sealed) > 0 {
		if s.write(); s.err != nil {
			return nil, s.err
		}
	}
	s.free = nil
	g.rank = make([]int32, len(s.keys))
	for rank, site := range s.sorted {
		g.rank[site] = int32(rank)
	}
	for _, run := range s.runs {
		r := newRunReader(s.file, run, s.window(s.memory/4))
		if err := g.push(r); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// window is how much of each run is read at once, so that all windows take the given memory together.
func (s *Spill) window(memory int64) int {
	return int(min(max(memory/int64(len(s.runs)), minWindow), maxWindow))
}

// push puts a reader back, at its next site.
func (g *gathered) push(r *runReader) error {
	switch err := r.next(len(g.rank)); {
	case errors.Is(err, errEnd):
		return nil
	case err != nil:
		return newSpillError("read", err)
	}
	heap.Push(g, r)
	return nil
}

// next goes to the next site, whose rows are to be taken then: rows gives them, and size is how many bytes of memory they
// take as long as they are used. At the end ok is false.
func (g *gathered) next() (site uint32, size int64, ok bool) {
	if g.inMemory != nil {
		if g.at == len(g.inMemory.sites) {
			return 0, 0, false
		}
		return g.inMemory.sites[g.at].site, 0, true
	}
	if len(g.present) == 0 && len(g.readers) > 0 {
		site := g.readers[0].site
		for len(g.readers) > 0 && g.readers[0].site == site {
			g.present = append(g.present, heap.Pop(g).(*runReader))
		}
	}
	if len(g.present) == 0 {
		return 0, 0, false
	}
	for _, r := range g.present {
		size += r.size()
	}
	if size > g.spill.memory/streamedShare {
		size = int64(len(g.present)) * int64(g.spill.window(g.spill.memory/streamedShare))
	}
	return g.present[0].site, size, true
}

// rows gives the rows of the site at hand by their order, each valid until the next. They may be gone through again, but
// not by two at a time, until the Spill is closed.
func (g *gathered) rows() (iter.Seq2[[]byte, error], error) {
	if rows := g.inMemory; rows != nil {
		end := rows.sites[g.at].end
		some := rows.rows[g.start:end]
		g.at, g.start = g.at+1, end
		return func(yield func([]byte, error) bool) {
			for i := range some {
				if !yield(rows.bytes(&some[i]), nil) {
					return
				}
			}
		}, nil
	}
	present := g.present
	g.present = g.present[:0]
	size := int64(0)
	for _, r := range present {
		size += r.size()
	}
	starts := make([]strand, len(present))
	streamed := size > g.spill.memory/streamedShare
	var room []byte
	if !streamed {
		room = make([]byte, size)
	}
	for i, r := range present {
		var err error
		if streamed {
			starts[i] = strand{file: g.spill.file, rest: r.body}
			err = r.skip()
		} else {
			n := r.size()
			starts[i].left = room[:n:n]
			err = r.read(room)
			room = room[n:]
		}
		if err != nil {
			return nil, newSpillError("read", err)
		}
		if err := g.push(r); err != nil {
			return nil, err
		}
	}
	window := 0
	if streamed {
		window = g.spill.window(g.spill.memory / streamedShare)
	}
	return merged(starts, window), nil
}

// Len, Less, Swap, Push and Pop keep the reader with the first site in front.
func (g *gathered) Len() int { return len(g.readers) }

// Less compares the sites that two readers stand at.
func (g *gathered) Less(i, j int) bool { return g.rank[g.readers[i].site] < g.rank[g.readers[j].site] }

// Swap exchanges two readers.
func (g *gathered) Swap(i, j int) { g.readers[i], g.readers[j] = g.readers[j], g.readers[i] }

// Push appends a reader.
func (g *gathered) Push(r any) { g.readers = append(g.readers, r.(*runReader)) }

// Pop takes the last reader away.
func (g *gathered) Pop() any {
	last := g.readers[len(g.readers)-1]
	g.readers = g.readers[:len(g.readers)-1]
	return last
}

// merged goes through strands by order, from where they start whenever it is asked to. With a window they are read as
// they go.
func merged(starts []strand, window int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		strands := make([]strand, 0, len(starts))
		for _, s := range starts {
			if window > 0 {
				s.window = make([]byte, window)
			}
			switch err := s.next(); {
			case err == nil:
				strands = append(strands, s)
			case !errors.Is(err, errEnd):
				yield(nil, newSpillError("read", err))
				return
			}
		}
		for i := len(strands)/2 - 1; i >= 0; i-- {
			sink(strands, i)
		}
		for len(strands) > 0 {
			first := &strands[0]
			if !yield(first.row, nil) {
				return
			}
			switch err := first.next(); {
			case errors.Is(err, errEnd):
				strands[0] = strands[len(strands)-1]
				strands = strands[:len(strands)-1]
			case err != nil:
				yield(nil, newSpillError("read", err))
				return
			}
			if len(strands) > 1 {
				sink(strands, 0)
			}
		}
	}
}

// sink lets a strand sink to its place in a heap by order (Knuth, The Art of Computer Programming, 5.2.3).
func sink(strands []strand, i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(strands); child++ {
			if strands[child].order < strands[least].order {
				least = child
			}
		}
		if least == i {
			return
		}
		strands[i], strands[least] = strands[least], strands[i]
		i = least
	}
}
