package processor

import (
	"cmp"
	"slices"
)

// chunk is a piece of memory that one worker fills with encoded rows.
type chunk struct {
	worker  int32 // orders rise, as a rule, within the chunks of one
	data    []byte
	entries []entry
}

// entry is one row of a chunk; it ends where the next one begins.
type entry struct {
	order  int64
	site   uint32
	offset uint32
}

const (
	// maxChunk is the largest chunk of more than one row.
	maxChunk = 1 << offsetBits
	// bytesPerEntry is how many bytes of data there are for each entry that has room.
	bytesPerEntry = 32
	entryBytes    = 16
)

func newChunk(size int) *chunk {
	return &chunk{data: make([]byte, 0, size), entries: make([]entry, 0, max(size/bytesPerEntry, 1))}
}

func (c *chunk) reset() { c.data, c.entries = c.data[:0], c.entries[:0] }

// size is what the chunk takes of memory.
func (c *chunk) size() int64 { return int64(cap(c.data) + cap(c.entries)*entryBytes) }

// add takes a row, unless there is no room.
func (c *chunk) add(site uint32, order int64, row []byte) bool {
	if len(row) > cap(c.data)-len(c.data) || len(c.entries) == cap(c.entries) {
		return false
	}
	c.entries = append(c.entries, entry{order, site, uint32(len(c.data))})
	c.data = append(c.data, row...)
	return true
}

// end is where a row of the chunk ends.
func (c *chunk) end(at int) uint32 {
	if at+1 < len(c.entries) {
		return c.entries[at+1].offset
	}
	return uint32(len(c.data))
}

// sortedRows are the rows of chunks by site, and within each by order.
type sortedRows struct {
	chunks []*chunk
	sites  []sortedSite // by key
	rows   []sortedRow
}

// sortedSite is a site that has rows, and where they end; they begin where those of the site before end.
type sortedSite struct {
	site uint32
	end  int
}

// sortedRow is a row: its order, the index of its chunk and its place there, and its length. Whoever goes through many
// of them in another order than they were written waits for memory at every step; so it has all that can be had without
// looking at the chunk.
type sortedRow struct {
	order  int64
	at     uint32
	length uint32
}

// offsetBits are the bits of at that tell the place in the chunk.
const offsetBits = 16

func (s *sortedRows) bytes(r *sortedRow) []byte {
	offset := r.at & (1<<offsetBits - 1)
	return s.chunks[r.at>>offsetBits].data[offset : offset+r.length]
}

// sortRows sorts rows into the given order of sites.
func sortRows(chunks []*chunk, sites []uint32) *sortedRows {
	slices.SortStableFunc(chunks, func(a, b *chunk) int { return cmp.Compare(a.worker, b.worker) })
	ends, rows := make([]int, len(sites)), 0 // by id
	for _, c := range chunks {
		for i := range c.entries {
			ends[c.entries[i].site]++
		}
		rows += len(c.entries)
	}
	s := &sortedRows{chunks: chunks, rows: make([]sortedRow, rows)}
	next := 0
	for _, site := range sites {
		if n := ends[site]; n > 0 {
			ends[site] = next
			next += n
			s.sites = append(s.sites, sortedSite{site, next})
		}
	}
	for i, c := range chunks {
		for j := range c.entries {
			e := &c.entries[j]
			s.rows[ends[e.site]] = sortedRow{e.order, uint32(i)<<offsetBits | e.offset, c.end(j) - e.offset}
			ends[e.site]++
		}
	}
	start := 0
	byOrder := func(a, b sortedRow) int { return cmp.Compare(a.order, b.order) }
	for _, site := range s.sites {
		// Most stand in order already, for those of each worker do.
		if some := s.rows[start:site.end]; !slices.IsSortedFunc(some, byOrder) {
			slices.SortFunc(some, byOrder)
		}
		start = site.end
	}
	return s
}
