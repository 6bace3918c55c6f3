package tabular

import (
	"bufio"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
)

// The ways of packing that workbooks use.
const (
	zipStored   = 0
	zipDeflated = 8
)

// open unpacks an entry. Reading it ends with an *Error where it is damaged or holds more than the directory says, so
// that what all parts unpack to stays below what was checked there.
func (a *zipArchive) open(entry *zipEntry) (*partReader, error) {
	packed := io.NewSectionReader(a.file, entry.data, entry.packed)
	p := &partReader{entry: entry, left: entry.size}
	switch entry.method {
	case zipStored:
		p.source = packed
	case zipDeflated:
		p.source = flate.NewReader(bufio.NewReaderSize(packed, int(min(64<<10, entry.packed))))
	default:
		return nil, p.damaged(fmt.Sprintf("is packed in a way (%d) that is not supported: save the workbook again", entry.method))
	}
	return p, nil
}

// partReader reads one part of a workbook and checks its size and checksum.
type partReader struct {
	entry    *zipEntry
	source   io.Reader
	left     int64
	checksum uint32
	failure  error
}

// Read reads unpacked bytes; the part's end is told only when size and checksum are right.
func (p *partReader) Read(buffer []byte) (int, error) {
	if p.failure != nil {
		return 0, p.failure
	}
	n, err := p.source.Read(buffer)
	if int64(n) > p.left {
		p.failure = p.damaged("unpacks to more than the zip directory says")
		return 0, p.failure
	}
	p.left -= int64(n)
	p.checksum = crc32.Update(p.checksum, crc32.IEEETable, buffer[:n])
	switch {
	case err == nil:
	case err != io.EOF:
		p.failure = p.damaged("cannot be unpacked")
	case p.left > 0:
		p.failure = p.damaged("unpacks to less than the zip directory says")
	case p.checksum != p.entry.checksum:
		p.failure = p.damaged("has the wrong checksum")
	default:
		p.failure = io.EOF
	}
	return n, p.failure
}

// damaged leaves out what the unpacking library says: it tells offsets of packed bytes, which help nobody.
func (p *partReader) damaged(what string) *Error {
	return unreadable(p.entry.name, "the workbook's part %s %s", quoteName(p.entry.name), what)
}
