package processor

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

// A run is a sorted part of the rows in the file: for each site that has rows in it, by key, the id, the number of bytes
// that follow, and its rows by order. Each row is the difference of its order to the one before (to 0 for the first of
// the site), its length, and its bytes. Numbers are varints.

// extent is a part of the file.
type extent struct{ from, to int64 }

const writeBuffer = 256 << 10

// writeRun writes rows as a run.
func (s *Spill) writeRun(rows *sortedRows) error {
	if err := s.file.open(s.dir); err != nil {
		return err
	}
	from := s.file.size
	w := bufio.NewWriterSize(s.file, int(min(writeBuffer, s.memory/8)))
	start := 0
	var head [2 * binary.MaxVarintLen64]byte
	for _, site := range rows.sites {
		some := rows.rows[start:site.end]
		start = site.end
		size, order := 0, int64(0)
		for i := range some {
			r := &some[i]
			size += varintLength(uint64(r.order-order)) + varintLength(uint64(r.length)) + int(r.length)
			order = r.order
		}
		b := binary.AppendUvarint(head[:0], uint64(site.site))
		if _, err := w.Write(binary.AppendUvarint(b, uint64(size))); err != nil {
			return err
		}
		order = 0
		for i := range some {
			r := &some[i]
			b := binary.AppendUvarint(head[:0], uint64(r.order-order))
			order = r.order
			_, _ = w.Write(binary.AppendUvarint(b, uint64(r.length))) // an error stays
			if _, err := w.Write(rows.bytes(r)); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.runs = append(s.runs, extent{from, s.file.size})
	return nil
}

func varintLength(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }

var (
	errRun = errors.New("what was read is not what was written")
	// errEnd tells that all was read, which the end of a file does not.
	errEnd = errors.New("end")
)

// runReader goes through the sites of a run.
type runReader struct {
	section *io.SectionReader
	buffer  *bufio.Reader
	left    int64 // bytes of the run behind body
	site    uint32
	body    extent // of the site's rows, in the file
}

func newRunReader(file io.ReaderAt, run extent, window int) *runReader {
	r := &runReader{
		section: io.NewSectionReader(file, run.from, run.to-run.from), left: run.to - run.from, body: extent{run.from, run.from},
	}
	r.buffer = bufio.NewReaderSize(r.section, window)
	return r
}

// next goes to the next site, when the rows of the last one were read or skipped; errEnd at the end. There are that many
// sites.
func (r *runReader) next(sites int) error {
	if r.left == 0 {
		return errEnd
	}
	site, n, err := r.varint()
	if err != nil {
		return err
	}
	size, m, err := r.varint()
	if err != nil {
		return err
	}
	r.left -= int64(n + m)
	if site >= uint64(sites) || size == 0 || size > uint64(r.left) {
		return errRun
	}
	r.site = uint32(site)
	r.body.from = r.body.to + int64(n+m)
	r.body.to = r.body.from + int64(size)
	r.left -= int64(size)
	return nil
}

// varint reads a number, and tells how many bytes it has.
func (r *runReader) varint() (number uint64, n int, err error) {
	b, err := r.buffer.Peek(binary.MaxVarintLen64)
	number, n = binary.Uvarint(b)
	if n <= 0 {
		return 0, 0, errors.Join(errRun, err)
	}
	_, err = r.buffer.Discard(n)
	return number, n, err
}

// size is how many bytes the site's rows have.
func (r *runReader) size() int64 { return r.body.to - r.body.from }

// read gives the site's rows.
func (r *runReader) read(room []byte) error {
	_, err := io.ReadFull(r.buffer, room[:r.size()])
	return err
}

// skip passes over the site's rows without reading them.
func (r *runReader) skip() error {
	size := r.size() - int64(r.buffer.Buffered())
	if size <= 0 {
		_, err := r.buffer.Discard(int(r.size()))
		return err
	}
	if _, err := r.section.Seek(size, io.SeekCurrent); err != nil {
		return err
	}
	r.buffer.Reset(r.section)
	return nil
}

// strand goes through the rows of one site in one run.
type strand struct {
	order int64
	row   []byte // until next is called
	left  []byte // read, and not yet gone through
	// rest is what was not read yet, and window where it is read to.
	file   io.ReaderAt
	rest   extent
	window []byte
}

// next goes to the next row; errEnd at the end.
func (s *strand) next() error {
	for {
		step, n := binary.Uvarint(s.left)
		if n > 0 {
			length, m := binary.Uvarint(s.left[n:])
			// No row is longer than what is left of its strand.
			if m < 0 || m > 0 && length > uint64(len(s.left)-n-m)+uint64(s.rest.to-s.rest.from) {
				return errRun
			}
			if m > 0 && length <= uint64(len(s.left)-n-m) {
				order := s.order + int64(step)
				if step == 0 || order <= s.order {
					return errRun
				}
				s.order, s.row = order, s.left[n+m:n+m+int(length)]
				s.left = s.left[n+m+int(length):]
				return nil
			}
			if m > 0 {
				if err := s.fill(n + m + int(length)); err != nil {
					return err
				}
				continue
			}
		}
		switch {
		case n < 0:
			return errRun
		case len(s.left) == 0 && s.rest.from == s.rest.to:
			return errEnd
		}
		if err := s.fill(2 * binary.MaxVarintLen64); err != nil {
			return err
		}
	}
}

// fill reads on, until that many bytes are there or nothing is left. It fails where it cannot get any further.
func (s *strand) fill(need int) error {
	if s.rest.from == s.rest.to {
		return errRun
	}
	if need > len(s.window) {
		window := make([]byte, need)
		copy(window, s.left)
		s.window = window
	} else {
		copy(s.window, s.left)
	}
	have := len(s.left)
	n := int(min(int64(len(s.window)-have), s.rest.to-s.rest.from))
	if _, err := s.file.ReadAt(s.window[have:have+n], s.rest.from); err != nil {
		return err
	}
	s.rest.from += int64(n)
	s.left = s.window[:have+n]
	return nil
}
