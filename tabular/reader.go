package tabular

import (
	"fmt"
	"io"
	"slices"

	"entrepot/definition"
)

// Reader reads the records of one file. It belongs to one goroutine at a time, and is to be closed.
type Reader struct {
	table    table
	encoding foundEncoding
	unpacker *unpacker // nil where the file is not packed

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
	// Kinds are those of the cells, nil where all of them are text.
	Kinds []definition.CellKind
	// Blank tells that the record has no text at all.
	Blank bool
	// Problem is why the record cannot be accepted, nil when it can.
	Problem *Problem
	// Raw is the record as it stands in the file, without its line end.
	Raw []byte
}

// Open reads as far as the header. A file that cannot be read is an *Error: NO_HEADER when there is none,
// ENCODING_UNKNOWN when the header is not text in any encoding that is known, FILE_UNREADABLE when the file is of
// another kind, the header is malformed or the source fails (then errors.Is finds the source's error), LIMIT_EXCEEDED
// when the header is too large. A Config that makes no sense is another error, naming everything wrong with it.
func Open(source io.Reader, config Config) (*Reader, error) {
	config, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	return open(source, config, batchBytes)
}

func open(source io.Reader, config Config, batchBytes int) (*Reader, error) {
	r := new(Reader)
	if err := r.open(source, config, batchBytes); err != nil {
		r.free()
		return nil, err
	}
	return r, nil
}

// open goes from the file as it is stored, through what it was packed with and the encoding of its text, to the reader
// for its kind. Each step tells by the first bytes what it has before it.
func (r *Reader) open(source io.Reader, config Config, batchBytes int) (err error) {
	stored := &fileReader{source: source, limit: config.Limits.MaxFileBytes}
	content := &peeker{source: stored}
	if name := packing(content.peek(longestSignature)); name != "" {
		if r.unpacker, err = unpack(name, content, stored, config.Limits); err != nil {
			return err
		}
		content = &peeker{source: r.unpacker}
	}
	workbook, err := isWorkbook(content.peek(longestSignature), config.Format.Kind)
	if err != nil {
		return err
	}
	if workbook {
		r.table, err = openWorkbook(content, config)
		return err
	}
	text, encoding, err := openText(content, config.Format.Encoding)
	if err != nil {
		return err
	}
	r.encoding = encoding
	if isJSONL(text, config.Format.Kind) {
		r.table, err = openJSONL(text, config, encoding.name)
		return err
	}
	r.table, err = openCSV(text, config, encoding.name, batchBytes)
	return err
}

// Header gives the names of the columns in the file's order, trimmed; they may be empty or occur twice.
func (r *Reader) Header() []string { return slices.Clone(r.table.header()) }

// Detected tells how the file is written. LineEnding is what was seen outside of quotes so far, the rest is settled by
// Open.
func (r *Reader) Detected() definition.DetectedFormat {
	detected, _ := r.table.detected()
	if r.unpacker != nil {
		detected.Compression = r.unpacker.name
	}
	if detected.Kind != definition.KindXLSX {
		detected.Encoding, detected.EncodingConfidence = r.encoding.name, r.encoding.confidence
		detected.ByteOrderMark = r.encoding.mark
	}
	return detected
}

// Warnings tells what is odd about the header, and what was guessed about how the file is written. It is settled by
// Open, and stops nothing.
func (r *Reader) Warnings() []definition.Warning {
	detected, warnings := r.table.detected()
	if detected.Kind != definition.KindXLSX && r.encoding.confidence < sureEnough {
		warnings = append([]definition.Warning{encodingGuessed(r.encoding)}, warnings...)
	}
	return append(warnings, headerWarnings(r.table.header())...)
}

// NextBatch fills batch with the next records, at least one; what it held before is gone. At the end of the file it
// returns io.EOF and an empty batch. Every other error is an *Error and final (LIMIT_EXCEEDED, or FILE_UNREADABLE when
// the source failed); records in front of it are given first. See Batch for who owns the memory.
func (r *Reader) NextBatch(batch *Batch) error { return r.table.nextBatch(batch) }

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
		Kinds:   r.own.AppendKinds(r.record.Kinds[:0], i),
		Blank:   r.own.Blank(i),
		Problem: r.own.Problem(i),
		Raw:     r.own.Raw(i),
	}
	return &r.record, nil
}

// Close removes temporary files and frees what else the Reader holds; the source stays open. It may be called again.
func (r *Reader) Close() error {
	err := r.table.close()
	r.free()
	if err != nil {
		return fmt.Errorf("close table: %w", err)
	}
	return nil
}

func (r *Reader) free() {
	if r.unpacker != nil {
		r.unpacker.close()
	}
}
