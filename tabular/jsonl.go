package tabular

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"entrepot/definition"
)

// What the columns of JSON Lines are taken from.
const (
	jsonlSampleLines = 1_000
	jsonlSampleBytes = 1 << 20
)

// jsonlReader is the table of a file with one JSON object on each line. Its columns are the keys of the first thousand
// lines (or first MiB) in the order in which they appear; a row without a key has an empty cell there. Lines end with LF,
// before which a CR is white space.
type jsonlReader struct {
	source   io.Reader
	limits   Limits
	encoding string
	names    []string
	keys     []string // as names, not trimmed
	columns  map[string]int
	ending   string

	carry    []byte // read from the source and not yet part of a batch
	ended    bool
	failure  error
	line     int64
	row      int64
	blanks   int64
	skipping bool // inside a line that is too long, which is reported already

	filled  []int64 // by column, the line that filled it last
	scratch []byte
}

// openJSONL reads JSON Lines. source gives UTF-8 text without a byte order mark, and invalid bytes as they are; encoding
// is what it was in before. The source's errors are each an *Error, and passed on as they are. config is complete.
func openJSONL(source io.Reader, config Config, encoding string) (*jsonlReader, error) {
	r := &jsonlReader{
		source: source, limits: config.Limits, encoding: encoding, line: 1, columns: map[string]int{}, ending: LineLF,
	}
	var sample Batch
	most := max(jsonlSampleBytes, config.Limits.MaxRowBytes+1)
	for want := batchBytes; len(sample.data) < most && !r.ended && r.failure == nil; want *= 2 {
		r.load(&sample, min(want, most))
	}
	if err := r.readKeys(sample.data); err != nil {
		return nil, err
	}
	r.carry = sample.data
	r.filled = make([]int64, len(r.keys))
	return r, nil
}

// readKeys takes the columns from the first lines. Lines that are no objects are left for the rows to name.
func (r *jsonlReader) readKeys(sample []byte) error {
	lines, texts := 0, 0
	for ; lines < jsonlSampleLines && len(sample) > 0; lines++ {
		line, rest, whole := bytes.Cut(sample, []byte{'\n'})
		if !whole && !r.ended {
			break
		}
		if whole && lines == 0 && bytes.HasSuffix(line, []byte{'\r'}) {
			r.ending = LineCRLF
		}
		sample = rest
		if len(bytes.TrimSpace(line)) > 0 {
			texts++
		}
		if err := r.addKeys(line); err != nil {
			return err
		}
	}
	switch {
	case len(r.keys) > 0:
		return nil
	case r.failure != nil:
		return r.failure
	case texts == 0:
		return headerError(definition.ErrorNoHeader, 1,
			"the file has no line that could name the columns: each should be a JSON object")
	default:
		return headerError(definition.ErrorFileUnreadable, 1,
			fmt.Sprintf("none of the first %d lines is a JSON object with a key: each line should be one", lines))
	}
}

func (r *jsonlReader) addKeys(line []byte) error {
	var found []string
	scanner := jsonScanner{text: line}
	for scanner.member() {
		key := scanner.key
		if scanner.keyEscaped {
			var half, ok bool
			if key, half, ok = appendUnescaped(nil, key); !ok || half {
				return nil
			}
		}
		if textFault(key) != "" || len(key) > r.limits.MaxCellBytes {
			return nil
		}
		if len(found) <= r.limits.MaxColumns {
			found = append(found, string(key))
		}
	}
	if scanner.fault != "" {
		return nil
	}
	for _, key := range found {
		if _, exists := r.columns[key]; exists {
			continue
		}
		if len(r.keys) == r.limits.MaxColumns {
			return limitError(fmt.Sprintf("the first lines have more than %d different keys", r.limits.MaxColumns),
				"maxColumns", int64(r.limits.MaxColumns))
		}
		r.columns[key] = len(r.keys)
		r.keys = append(r.keys, key)
		r.names = append(r.names, strings.TrimSpace(key))
	}
	return nil
}

func (r *jsonlReader) header() []string { return r.names }

func (r *jsonlReader) detected() (definition.DetectedFormat, []definition.Warning) {
	return definition.DetectedFormat{Kind: definition.KindJSONL, LineEnding: r.ending}, nil
}

func (r *jsonlReader) close() error { return nil }

func (r *jsonlReader) nextBatch(b *Batch) error {
	b.reset()
	b.encoding = r.encoding
	b.data = append(b.data, r.carry...)
	r.carry = r.carry[:0]
	r.load(b, batchBytes)
	for {
		r.scan(b)
		if len(b.records) > 0 {
			break
		}
		if r.failure != nil {
			return r.failure
		}
		if r.ended {
			return io.EOF
		}
		rest := copy(b.data, b.data[b.next:b.rawLen])
		b.data, b.next = b.data[:rest], 0
		r.load(b, max(batchBytes, 2*rest))
	}
	r.carry = append(r.carry, b.data[b.next:b.rawLen]...)
	return nil
}

// load reads until the batch has want bytes or the source gives no more; a failure is kept for later.
func (r *jsonlReader) load(b *Batch, want int) {
	n := len(b.data)
	b.data = slices.Grow(b.data, max(0, want-n))
	for empty := 0; n < want && !r.ended && r.failure == nil; {
		m, err := r.source.Read(b.data[n:want])
		n += m
		if empty++; m > 0 {
			empty = 0
		}
		switch {
		case err == io.EOF:
			r.ended = true
		case err != nil:
			r.failure = err
		case empty == emptyReads:
			r.failure = sourceError(io.ErrNoProgress, int64(n))
		}
	}
	b.data = b.data[:n]
	b.rawLen = n
}

// scan makes records of the lines from batch.next on that were read to their end.
func (r *jsonlReader) scan(b *Batch) {
	text := b.data[:b.rawLen]
	for b.next < len(text) && len(b.records) < batchRecords && len(b.cells) < batchCells {
		end := bytes.IndexByte(text[b.next:], '\n')
		next := b.next + end + 1
		switch {
		case end >= 0:
			end += b.next
		case r.ended:
			end, next = len(text), len(text)
		case r.skipping || len(text)-b.next > r.limits.MaxRowBytes+1 && r.failure == nil:
			if !r.skipping && !r.setAside(b, b.next, len(text)) {
				return
			}
			r.skipping = true
			b.next = len(text)
			return
		default:
			return
		}
		start := b.next
		if r.skipping {
			r.skipping = false
		} else {
			if end > start && text[end-1] == '\r' {
				end--
			}
			if end-start > r.limits.MaxRowBytes {
				if !r.setAside(b, start, end) {
					return
				}
			} else if !r.readLine(b, text[start:end], start) {
				return
			}
		}
		r.line++
		b.next = next
	}
}

// setAside adds a record for a line that is too large, of which the start is kept.
func (r *jsonlReader) setAside(b *Batch, start, end int) bool {
	raw := span{uint32(start), uint32(min(end, start+r.limits.MaxRowBytes))}
	at := uint32(len(b.cells))
	return r.add(b, record{raw: raw, first: at, end: at}, &Problem{
		Code: definition.RowRowTooLarge, Column: -1, Expected: r.limits.MaxRowBytes, raw: b.data[raw.start:raw.end],
	})
}

// addBlank adds a record without text, of which a file may have as many as rows, and a million in any case.
func (r *jsonlReader) addBlank(b *Batch, record record) bool {
	limit := max(r.limits.MaxRows, manyBlankRows)
	if r.blanks == limit {
		r.failure = limitError(fmt.Sprintf("the file has more than %d blank rows", limit), "maxRows", limit)
		return false
	}
	r.blanks++
	b.records = append(b.records, record)
	return true
}

// add numbers a record; false where the limit of rows does not allow one more.
func (r *jsonlReader) add(b *Batch, record record, problem *Problem) bool {
	if r.row == r.limits.MaxRows {
		r.failure = limitError(fmt.Sprintf("the file has more than %d rows", r.limits.MaxRows), "maxRows", r.limits.MaxRows)
		return false
	}
	r.row++
	record.row, record.line = r.row, r.line
	if problem != nil {
		problem.Line = r.line
		record.problem = b.addProblem(*problem)
	}
	b.records = append(b.records, record)
	return true
}
