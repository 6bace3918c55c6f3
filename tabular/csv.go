package tabular

import (
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

// csvReader is the table of a CSV file. Its source gives UTF-8 without a byte order mark, and an *Error where it fails.
type csvReader struct {
	source io.Reader
	format Format
	dialect
	limits Limits
	// encoding is what the source's text was in before it came to be UTF-8.
	encoding string
	names    []string
	// headerRow and those beside it are what is found out about the file, dialect has the rest.
	headerRow        int
	delimiterGuessed bool
	preamble         bool // text before the header that nobody told of
	// width is the number of columns, -1 while the header is looked for; rows may leave out the cells from named on,
	// since the header gives them no names.
	width, named int

	batchBytes int
	carry      []byte // read from the source and not yet part of a batch
	ended      bool   // the source has no more
	seen       window // what the last scan found out, as long as nothing was loaded since
	failure    error  // given when the records in front of it have been
	line       int64  // the physical line of the next record
	row        int64
	blanks     int64 // those before the header included
	skipping   bool  // inside a line that is too long, which is reported already
	endings    uint8
}

// openCSV reads as far as the header.
func openCSV(source io.Reader, config Config, encoding string, batchBytes int) (*csvReader, error) {
	r := &csvReader{
		source: source, format: config.Format, limits: config.Limits,
		encoding: encoding, width: -1, line: 1, batchBytes: batchBytes,
	}
	head := Batch{encoding: encoding}
	r.load(&head, max(batchBytes, sampleBytes))
	r.skipSeparatorLine(&head)
	found, guessed := r.detectDialect(&head)
	r.dialect, r.delimiterGuessed = found.dialect, guessed
	if r.format.HeaderRow == 0 && found.preamble {
		r.format.HeaderRow, r.preamble = found.header+1, true
	}
	if err := r.readHeader(&head); err != nil {
		return nil, err
	}
	r.carry = append(r.carry, head.data[head.next:head.rawLen]...)
	r.row = 0
	return r, nil
}

func (r *csvReader) header() []string { return r.names }

func (r *csvReader) detected() (definition.DetectedFormat, []definition.Warning) {
	var warnings []definition.Warning
	if r.delimiterGuessed {
		warnings = append(warnings, delimiterGuessed(r.delimiter))
	}
	if r.preamble {
		warnings = append(warnings, preambleSkipped(r.headerRow))
	}
	found := definition.DetectedFormat{
		Kind:      definition.KindCSV,
		Delimiter: string(rune(r.delimiter)),
		LineEnding: [...]string{
			"", LineLF, LineCRLF, LineMixed, LineCR, LineMixed, LineMixed, LineMixed,
		}[r.endings],
		HeaderRow: r.headerRow,
	}
	if r.quoting {
		found.Quote = string(rune(r.quote))
	}
	if r.escape != 0 {
		found.Escape = string(rune(r.escape))
	}
	return found, warnings
}

func (r *csvReader) close() error { return nil }

func (r *csvReader) nextBatch(batch *Batch) error {
	batch.reset()
	batch.encoding = r.encoding
	batch.data = append(batch.data, r.carry...)
	r.carry = r.carry[:0]
	r.load(batch, r.batchBytes)
	err := r.fill(batch, batchRecords)
	r.carry = append(r.carry, batch.data[batch.next:batch.rawLen]...)
	return err
}

// fill scans until the batch has a record, reading more where one does not fit what was read.
func (r *csvReader) fill(b *Batch, records int) error {
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
func (r *csvReader) load(b *Batch, want int) {
	n := len(b.data)
	r.seen = window{}
	b.data = slices.Grow(b.data, max(0, want-n))
	for n < want && !r.ended && r.failure == nil {
		m, err := r.source.Read(b.data[n:want])
		n += m
		switch {
		case err == io.EOF:
			r.ended = true
		case err != nil:
			r.failure = err
		}
	}
	b.data = b.data[:n]
	b.rawLen = n
}
