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
	maxChunk = 64 << 10
	// entryBits is how many bits number the entries of a chunk.
	entryBits = 11
	// bytesPerEntry is how many bytes of data there are for each entry that has room.
	bytesPerEntry = maxChunk >> entryBits
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

func (c *chunk) row(at int) []byte {
	end := len(c.data)
	if at+1 < len(c.entries) {
		end = int(c.entries[at+1].offset)
	}
	return c.data[c.entries[at].offset:end]
}

// sortedRows are the rows of chunks by site, and within each by order.
type sortedRows struct {
	chunks []*chunk
	sites  []sortedSite // by key
	refs   []ref
}

// sortedSite is a site that has rows, and where they end in refs; they begin where those of the site before end.
type sortedSite struct {
	site uint32
	end  int
}

// ref is a row: the index of its chunk, and in the lowest bits that of its entry.
type ref uint32

func (s *sortedRows) entry(r ref) *entry { return &s.chunks[r>>entryBits].entries[r&(1<<entryBits-1)] }

func (s *sortedRows) row(r ref) []byte {
	return s.chunks[r>>entryBits].row(int(r & (1<<entryBits - 1)))
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
	s := &sortedRows{chunks: chunks, refs: make([]ref, rows)}
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
			at := &ends[c.entries[j].site]
			s.refs[*at] = ref(i<<entryBits | j)
			*at++
		}
	}
	start := 0
	var scratch []orderedRef
	for _, site := range s.sites {
		scratch = s.order(s.refs[start:site.end], scratch)
		start = site.end
	}
	return s
}

type orderedRef struct {
	order int64
	ref   ref
}

// order sorts the rows of a site, most of which stand in order already: those of each worker do.
func (s *sortedRows) order(refs []ref, scratch []orderedRef) []orderedRef {
	scratch = scratch[:0]
	sorted := true
	for i, r := range refs {
		scratch = append(scratch, orderedRef{s.entry(r).order, r})
		sorted = sorted && (i == 0 || scratch[i-1].order < scratch[i].order)
	}
	if !sorted {
		slices.SortFunc(scratch, func(a, b orderedRef) int { return cmp.Compare(a.order, b.order) })
		for i := range scratch {
			refs[i] = scratch[i].ref
		}
	}
	return scratch
}
