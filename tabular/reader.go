package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"entrepot/definition"
)

const (
	// batchBytes is how much of the file one batch takes: large enough that handing it over costs nothing per row,
	// small enough to stay in a core's cache with its cells.
	batchBytes = 128 << 10
	// batchRecords bounds the records of a batch where rows are tiny, such as blank lines.
	batchRecords = 8192
	// emptyReads is how often a source may give neither bytes nor an error before it counts as broken.
	emptyReads = 100
)

// Reader reads the records of one file. It belongs to one goroutine at a time.
type Reader struct {
	source   io.Reader
	format   Format
	limits   Limits
	detected Detected
	header   []string
	// width is the number of columns, -1 while the header is looked for; rows may leave out the cells from named on,
	// since the header gives them no names.
	width, named int

	batchBytes int
	carry      []byte // read from the source and not yet part of a batch
	read       int64
	ended      bool  // the source has no more
	failure    error // given when the records in front of it have been
	line       int64 // the physical line of the next record
	row        int64
	skipping   bool // inside a line that is too long, which is reported already
	endings    uint8

	own      Batch // what Next reads from
	ownIndex int
	record   Record
}

// Record is one record as Next gives it. It and everything in it is valid until the next call.
type Record struct {
	// Row counts data rows from 1; blank ones are not counted and have 0.
	Row int64
	// Line is the physical line that the record starts on, from 1, the header's lines included.
	Line int64
	// Cells are as many as the header has columns, unless the record is blank or has a problem.
	Cells [][]byte
	// Blank tells that the record has no text at all.
	Blank bool
	// Problem is why the record cannot be accepted, nil when it can.
	Problem *Problem
	// Raw is the record as it stands in the file, without its line end.
	Raw []byte
}

// Open reads as far as the header. A file that cannot be read is an *Error: NO_HEADER when there is none,
// ENCODING_UNKNOWN when it is not UTF-8 text (or packed, or a workbook), FILE_UNREADABLE when the header is malformed
// or the source fails (then errors.Is finds the source's error), LIMIT_EXCEEDED when the header is too large. A Config
// that makes no sense is another error, naming everything wrong with it.
func Open(source io.Reader, config Config) (*Reader, error) {
	config, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	return open(source, config, batchBytes)
}

func open(source io.Reader, config Config, batchBytes int) (*Reader, error) {
	r := &Reader{
		source: source, format: config.Format, limits: config.Limits,
		width: -1, line: 1, batchBytes: batchBytes,
	}
	head := &r.own
	sample := 0
	if config.Format.Delimiter == 0 {
		sample = sampleBytes
	}
	r.load(head, max(batchBytes, sample))
	if err := r.sniff(head); err != nil {
		return nil, err
	}
	if err := r.readHeader(head); err != nil {
		return nil, err
	}
	r.carry = append(r.carry[:0], head.data[head.next:head.rawLen]...)
	head.reset()
	r.row = 0
	return r, nil
}

// Header gives the names of the columns in the file's order, trimmed; they may be empty or occur twice.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// Detected tells how the file is written. LineEnding is what was seen so far, the rest is settled by Open.
func (r *Reader) Detected() Detected {
	detected := r.detected
	detected.LineEnding = [...]LineEnding{"", LF, CRLF, Mixed, CR, Mixed, Mixed, Mixed}[r.endings]
	return detected
}

// NextBatch fills batch with the next records, at least one; what it held before is gone. At the end of the file it
// returns io.EOF and an empty batch. Every other error is an *Error and final (LIMIT_EXCEEDED, or FILE_UNREADABLE when
// the source failed); records in front of it are given first. See Batch for who owns the memory.
func (r *Reader) NextBatch(batch *Batch) error {
	batch.reset()
	batch.data = append(batch.data, r.carry...)
	r.carry = r.carry[:0]
	r.load(batch, r.batchBytes)
	err := r.fill(batch, batchRecords)
	r.carry = append(r.carry, batch.data[batch.next:batch.rawLen]...)
	return err
}

// Next gives the next record, or an error as NextBatch does. A caller uses Next or NextBatch, not both.
func (r *Reader) Next() (*Record, error) {
	if r.ownIndex == r.own.Len() {
		r.ownIndex = 0
		if err := r.NextBatch(&r.own); err != nil {
			return nil, err
		}
	}
	i := r.ownIndex
	r.ownIndex++
	r.record = Record{
		Row:     r.own.Row(i),
		Line:    r.own.Line(i),
		Cells:   r.own.AppendCells(r.record.Cells[:0], i),
		Blank:   r.own.Blank(i),
		Problem: r.own.Problem(i),
		Raw:     r.own.Raw(i),
	}
	return &r.record, nil
}

// fill scans until the batch has a record, reading more where one does not fit what was read.
func (r *Reader) fill(b *Batch, records int) error {
	for {
		r.scan(b, records)
		switch {
		case len(b.records) > 0:
			return nil
		case r.failure != nil:
			return r.failure
		case r.ended:
			return io.EOF
		}
		rest := copy(b.data, b.data[b.next:b.rawLen])
		b.data, b.rawLen, b.next = b.data[:rest], 0, 0
		r.load(b, max(r.batchBytes, 2*rest))
	}
}

// load reads until the batch has want bytes or the source gives no more; a failure is kept for later.
func (r *Reader) load(b *Batch, want int) {
	n := len(b.data)
	b.data = slices.Grow(b.data, max(0, want-n))
	empty := 0
	for n < want && !r.ended && r.failure == nil {
		m, err := r.source.Read(b.data[n:want])
		n += m
		r.read += int64(m)
		if m == 0 && err == nil {
			if empty++; empty == emptyReads {
				err = io.ErrNoProgress
			}
		} else {
			empty = 0
		}
		switch {
		case err == io.EOF:
			r.ended = true
		case err != nil:
			r.failure = sourceError(err, r.read)
		}
		if r.read > r.limits.MaxFileBytes {
			n -= int(r.read - r.limits.MaxFileBytes)
			r.ended = false
			r.failure = limitError(fmt.Sprintf("the file is larger than %d bytes", r.limits.MaxFileBytes),
				"maxFileBytes", r.limits.MaxFileBytes)
		}
	}
	b.data = b.data[:n]
	b.rawLen = n
}

// sourceError wraps what the source said. Only a plain io.EOF is the end of a file: an error with one inside tells of a
// transfer cut short, and must not look like the end to whoever asks errors.Is.
func sourceError(err error, read int64) *Error {
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s", io.ErrUnexpectedEOF, err.Error())
	}
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: fmt.Sprintf("the file could not be read beyond byte %d", read),
		Err:    err,
	}
}
