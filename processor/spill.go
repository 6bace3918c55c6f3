package processor

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"entrepot/definition"
)

// SpillConfig is what NewSpill needs.
type SpillConfig struct {
	// Dir is the folder of the temporary file; empty is the system's own.
	Dir string
	// MaxBytes is the largest that the file may become, at most 512 times MemoryBytes; 0 means definition.DefaultLimits, or
	// as many as that.
	MaxBytes int64
	// MemoryBytes is about how many bytes of memory rows take until they go to the file; 0 is 32 MiB, or as many as MaxBytes
	// needs. Rows that are read back take as much at most. Each Worker may have up to 96 KiB beside it.
	MemoryBytes int64
}

const (
	defaultSpillMemory = 32 << 20
	minSpillMemory     = 16 << 10
	// maxSpillFactor keeps the runs in a file so few that all of them can be read at once.
	maxSpillFactor = 512
)

// Spill keeps the accepted rows of one import, by site, until its processor is called: in memory, and where that does not
// suffice in a temporary file. All Aggregations of the import share it. The file has no name where the system allows it
// (everywhere but on Windows), so that nothing is left behind however the process ends.
type Spill struct {
	dir       string
	memory    int64
	chunkSize int // bytes of rows in a chunk

	mutex sync.Mutex
	// written is told when a run was written.
	written *sync.Cond
	writing bool
	err     error // which stopped it, for good
	ids     map[string]uint32
	keys    []string // by id
	sealed  []*chunk
	size    int64 // of sealed
	free    []*chunk
	workers int32

	// What follows belongs to whoever writes or reads.
	file   *spillFile
	runs   []extent
	sorted []uint32 // ids by key
}

// SpillError tells that the temporary file could not be written or read, as when the disk is full. It is nobody's fault
// who may read Message.
type SpillError struct {
	Code    definition.ImportErrorCode
	Message string
	// Err is what the system said; it may name paths.
	Err error
}

// Error is for the log.
func (e *SpillError) Error() string { return "temporary file of rows: " + e.Err.Error() }

// Unwrap is Err.
func (e *SpillError) Unwrap() error { return e.Err }

func newSpillError(verb string, err error) error {
	return &SpillError{
		Code: definition.ErrorStorageUnavailable,
		Message: "the server could not keep the rows for the processor in its temporary folder; run the import again " +
			"later, and tell the operator if it goes on",
		Err: fmt.Errorf("%s: %w", verb, err),
	}
}

// NewSpill makes a Spill; its error names everything that is wrong with the config. The file is made when it is needed.
func NewSpill(c SpillConfig) (*Spill, error) {
	if c.MemoryBytes == 0 {
		c.MemoryBytes = max(defaultSpillMemory, (c.MaxBytes+maxSpillFactor-1)/maxSpillFactor)
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = min(definition.DefaultLimits().MaxSpillBytes, maxSpillFactor*c.MemoryBytes)
	}
	var wrong []error
	if c.MemoryBytes < minSpillMemory || c.MemoryBytes > 1<<30 {
		wrong = append(wrong, fmt.Errorf("MemoryBytes %d is not between %d and 1 GiB", c.MemoryBytes, minSpillMemory))
	}
	if c.MaxBytes < 0 || c.MaxBytes > maxSpillFactor*c.MemoryBytes {
		wrong = append(wrong, fmt.Errorf("MaxBytes %d is not between 1 and %d times MemoryBytes", c.MaxBytes, maxSpillFactor))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("new spill: %w", errors.Join(wrong...))
	}
	s := &Spill{
		dir: c.Dir, memory: c.MemoryBytes, chunkSize: int(min(c.MemoryBytes/64, maxChunk)),
		ids: make(map[string]uint32), file: &spillFile{max: c.MaxBytes},
	}
	s.written = sync.NewCond(&s.mutex)
	return s, nil
}

// Close forgets all rows and gives back the file. It may be called again, but not beside anything else.
func (s *Spill) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.err = errors.New("the spill is closed")
	s.sealed, s.free, s.runs = nil, nil, nil
	return s.file.close()
}

// worker is a number for one that fills chunks.
func (s *Spill) worker() int32 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.workers++
	return s.workers
}

// site is the id of a site.
func (s *Spill) site(key string) uint32 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id, known := s.ids[key]
	if !known {
		id = uint32(len(s.keys))
		s.keys = append(s.keys, key)
		s.ids[key] = id
	}
	return id
}

// keep takes a chunk whose rows are complete. Where such chunks have taken half of the memory the caller writes them, while
// others fill the other half.
func (s *Spill) keep(c *chunk) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seal(c)
	for s.err == nil && s.size >= s.memory/2 {
		if s.writing {
			s.written.Wait()
		} else {
			s.write()
		}
	}
	return s.err
}

// chunk gives an empty chunk.
func (s *Spill) chunk() *chunk {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := len(s.free)
	if n == 0 {
		return newChunk(s.chunkSize)
	}
	c := s.free[n-1]
	s.free = s.free[:n-1]
	return c
}

// seal notes a chunk; the mutex is held.
func (s *Spill) seal(c *chunk) {
	if c != nil && len(c.entries) > 0 {
		s.sealed = append(s.sealed, c)
		s.size += c.size()
	}
}

// write sorts the sealed chunks and writes them as a run. The mutex is held before and after, but not while it does.
func (s *Spill) write() {
	chunks, keys := s.sealed, s.keys
	s.sealed, s.size, s.writing = nil, 0, true
	s.mutex.Unlock()
	err := errors.New("a run was not written")
	defer func() {
		s.mutex.Lock()
		s.writing = false
		if err != nil && s.err == nil {
			s.err = err
		}
		for _, c := range chunks {
			if cap(c.data) == s.chunkSize {
				c.reset()
				s.free = append(s.free, c)
			}
		}
		s.written.Broadcast()
	}()
	s.sort(keys)
	err = s.writeRun(sortRows(chunks, s.sorted))
}

// sort brings the ids into the order of their keys. Those that came since the last time are merged in.
func (s *Spill) sort(keys []string) {
	old := s.sorted
	added := make([]uint32, 0, len(keys)-len(old))
	for id := len(old); id < len(keys); id++ {
		added = append(added, uint32(id))
	}
	if len(added) == 0 {
		return
	}
	slices.SortFunc(added, func(a, b uint32) int { return strings.Compare(keys[a], keys[b]) })
	s.sorted = make([]uint32, 0, len(keys))
	for len(old) > 0 && len(added) > 0 {
		if keys[old[0]] < keys[added[0]] {
			s.sorted, old = append(s.sorted, old[0]), old[1:]
		} else {
			s.sorted, added = append(s.sorted, added[0]), added[1:]
		}
	}
	s.sorted = append(append(s.sorted, old...), added...)
}

// spillFile is the temporary file.
type spillFile struct {
	file      *os.File // nil until it is needed
	name      string   // where it has one
	size, max int64
}

// Write appends to the file, or tells that it would become too large.
func (f *spillFile) Write(b []byte) (int, error) {
	if int64(len(b)) > f.max-f.size {
		return 0, limitError("spill", f.max, "the rows that wait for the processor take more than %d bytes of temporary file, "+
			"which is the most that those of one import may take")
	}
	n, err := f.file.Write(b)
	f.size += int64(n)
	if err != nil {
		return n, newSpillError("write", err)
	}
	return n, nil
}

// ReadAt reads what was written.
func (f *spillFile) ReadAt(b []byte, at int64) (int, error) { return f.file.ReadAt(b, at) }

// open makes the file, unless there is one.
func (f *spillFile) open(dir string) error {
	if f.file != nil {
		return nil
	}
	file, err := os.CreateTemp(dir, "entrepot-rows-*")
	if err != nil {
		return newSpillError("create", err)
	}
	f.file, f.name = file, file.Name()
	if os.Remove(f.name) == nil {
		f.name = "" // it lives as long as it is open
	}
	return nil
}

func (f *spillFile) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	f.file, f.name = nil, ""
	return err
}
