package tabular

import (
	"bytes"

	"entrepot/definition"
)

// found is what the scanner makes of the bytes that start a record.
type found struct {
	verdict  verdict
	end      int    // where the record's text ends, before its line end; where reading got to when it is too large
	spanning bool   // a quoted cell spans lines
	problem  uint32 // as in record.problem
}

type verdict uint8

const (
	_ verdict = iota // the record is complete
	// incomplete: what was read ends before the record does, or before it is clear that it does.
	incomplete
	// tooLarge: the record goes on beyond Limits.MaxRowBytes.
	tooLarge
)

// Bits of csvReader.endings.
const (
	seenLF uint8 = 1 << iota
	seenCRLF
	seenCR
)

// scan appends complete records from batch.next on, until there are as many as wanted or what follows is incomplete.
// Nothing is decided by where the bytes happen to end: a record is complete when what ends it was read. What was found
// out about the bytes is kept for the next scan of the same, or records that are wanted one at a time would each look
// for a quote as far as there is none.
func (r *csvReader) scan(b *Batch, records int) {
	w := r.seen
	if !w.shows(b.data[:b.rawLen], r.ended) {
		w = newWindow(b.data[:b.rawLen], r.ended)
	}
	defer func() { r.seen = w }()
	for b.next < len(w.data) && len(b.records) < records {
		if r.skipping {
			if !r.skipLine(b, &w) {
				return
			}
			continue
		}
		start, first, problems := b.next, len(b.cells), len(b.problems)
		row := found{end: w.lineEnd(start)}
		switch {
		case r.quoting && w.quote.find(w.data, start, r.quote) < row.end:
			row = r.scanQuoted(b, &w, start)
		case row.end-start > r.limits.MaxRowBytes:
			row.verdict = tooLarge
		default:
			b.cells = split(b.cells, w.data, start, row.end, r.delimiter)
		}
		if row.verdict == tooLarge {
			if !r.setAsideTooLarge(b, &w, row.end, first) {
				return
			}
			continue
		}
		next, certain := w.after(row.end)
		if row.verdict == incomplete || !certain || !r.finish(b, &w, row, first) {
			b.cells, b.problems = b.cells[:first], b.problems[:problems]
			return
		}
		if row.spanning {
			r.line += int64(countLines(w.data[start:row.end]))
		}
		r.endLine(w.data[row.end:next])
		b.next = next
	}
}

// endLine counts a line by what ended it, which is empty at the end of the file.
func (r *csvReader) endLine(ending []byte) {
	switch {
	case len(ending) == 0:
		return
	case len(ending) == 2:
		r.endings |= seenCRLF
	case ending[0] == '\n':
		r.endings |= seenLF
	default:
		r.endings |= seenCR
	}
	r.line++
}

// setAsideTooLarge adds a record for what starts at b.next and reaches beyond the limit. It ends with the physical line
// that pos is in, which is skipped without keeping it. It tells whether the limit of rows allows one more.
func (r *csvReader) setAsideTooLarge(b *Batch, w *window, pos, first int) bool {
	start := b.next
	b.cells = b.cells[:first]
	raw := w.data[start:min(len(w.data), start+r.limits.MaxRowBytes)]
	row := found{end: start + len(raw), problem: b.addProblem(Problem{
		Code: definition.RowRowTooLarge, Column: -1, Line: r.line, Expected: r.limits.MaxRowBytes, raw: raw,
	})}
	if !r.finish(b, w, row, first) {
		return false
	}
	r.line += int64(countLines(w.data[start:pos]))
	r.skipping = true
	b.next = pos
	return true
}

// skipLine goes on to the end of a line that is set aside already, and tells whether that was read.
func (r *csvReader) skipLine(b *Batch, w *window) bool {
	end := w.lineEnd(b.next)
	next, certain := w.after(end)
	if !certain {
		b.next = end
		return false
	}
	r.skipping = false
	r.endLine(w.data[end:next])
	b.next = next
	return true
}

// skipSeparatorLine takes the line with which Excel is told the delimiter (sep=;) for what it is: no record. Where the
// format names the delimiter, that is the one.
func (r *csvReader) skipSeparatorLine(b *Batch) {
	w := newWindow(b.data[:b.rawLen], r.ended)
	end := w.lineEnd(0)
	next, certain := w.after(end)
	line := bytes.Trim(w.data[:end], `"`)
	if !certain || len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) || !isDelimiter(line[4]) {
		return
	}
	if r.format.Delimiter == 0 {
		r.format.Delimiter = line[4]
	}
	b.next = next
	r.endLine(w.data[end:next])
}
