package tabular

import (
	"entrepot/definition"
)

// scanQuoted reads a record that has quotes, from start on. A quote that is not closed, by the end of the file or
// within Limits.MaxRowBytes of the record's start, or that is closed on a later line by one with text after it (which
// is most likely the opening quote of another cell), ends the record with the line that it opened on. A record that ends
// with what was read is complete only for a caller who knows that nothing follows.
func (r *csvReader) scanQuoted(b *Batch, w *window, start int) found {
	var (
		data    = w.data
		first   = len(b.cells)
		limit   = start + r.limits.MaxRowBytes
		lineEnd = w.lineEndAhead(start) // of the line that pos is in
		row     found
	)
	for pos := start; pos <= limit; {
		rest := pos // where the unquoted text of the cell starts
		if pos < len(data) && data[pos] == r.quote {
			closing, doubled, state := r.findClosing(w, pos+1, limit)
			if state == closed {
				if doubled {
					b.addUnquoted(data[pos+1:closing], r.quote, r.escape)
				} else {
					b.cells = append(b.cells, span{uint32(pos + 1), uint32(closing)})
				}
				if closing > lineEnd {
					row.spanning = true
					lineEnd = w.lineEndAhead(closing)
				}
				pos = closing + 1
				if pos < len(data) && data[pos] == r.delimiter {
					pos++
					continue
				}
				row.end = pos
				return row
			}
			if state == undecided {
				return found{verdict: incomplete}
			}
			if state == unclosed || closing > lineEnd {
				return r.setAsideUnclosed(b, w, row, start, pos, lineEnd, first)
			}
			rest = closing + 1
		}
		end, delimited := lineEnd, false
		if i := rest + indexNear(data[rest:lineEnd], r.delimiter); i < lineEnd {
			end, delimited = i, true
		} else if lineEnd > limit {
			break
		}
		b.cells = append(b.cells, span{uint32(pos), uint32(end)})
		if rest > pos && row.problem == 0 {
			row.problem = b.addProblem(Problem{
				Code: definition.RowQuoteUnclosed, Column: len(b.cells) - first - 1,
				Line: r.line + int64(countLines(data[start:pos])), raw: data[pos:end],
				reason: "text follows the quote that closes the cell",
			})
		}
		if !delimited {
			row.end = end
			return row
		}
		pos = end + 1
	}
	return found{verdict: tooLarge, end: lineEnd}
}

// setAsideUnclosed ends a record with the line on which a cell opens with a quote that nothing closes; the cell takes
// the rest of that line.
func (r *csvReader) setAsideUnclosed(b *Batch, w *window, row found, start, open, lineEnd, first int) found {
	if lineEnd > start+r.limits.MaxRowBytes {
		return found{verdict: tooLarge, end: lineEnd}
	}
	b.cells = append(b.cells, span{uint32(open), uint32(lineEnd)})
	row.end = lineEnd
	if row.problem == 0 {
		row.problem = b.addProblem(Problem{
			Code: definition.RowQuoteUnclosed, Column: len(b.cells) - first - 1,
			Line: r.line + int64(countLines(w.data[start:open])), raw: w.data[open:lineEnd],
			reason: "the quote that opens the cell is not closed",
		})
	}
	return row
}

type closing uint8

const (
	// closed: by a quote with a delimiter, a line end or the end of the file after it.
	closed closing = iota
	// followed: by a quote with text after it.
	followed
	// unclosed: by none within the limit, or to the end of the file.
	unclosed
	// undecided: more of the file must be read.
	undecided
)

// findClosing is the first quote from pos on, and before limit, that is neither doubled nor escaped; doubled tells of
// others.
func (r *csvReader) findClosing(w *window, pos, limit int) (at int, doubled bool, state closing) {
	if r.escape != 0 {
		return r.findUnescaped(w, pos, limit)
	}
	data, quote := w.data, r.quote
	stop := min(len(data), limit)
	for pos < stop {
		pos += indexNear(data[pos:stop], quote)
		if pos == stop {
			break
		}
		if pos+1 == len(data) {
			if w.final {
				return pos, doubled, closed
			}
			return pos, doubled, undecided
		}
		switch data[pos+1] {
		case quote:
			doubled = true
			pos += 2
		case r.delimiter, '\n', '\r':
			return pos, doubled, closed
		default:
			return pos, doubled, followed
		}
	}
	if len(data) >= limit || w.final {
		return 0, doubled, unclosed
	}
	return 0, doubled, undecided
}

// findUnescaped is findClosing where quotes may have an escape before them. What follows an escape is text, whatever it
// is.
func (r *csvReader) findUnescaped(w *window, pos, limit int) (at int, escaped bool, state closing) {
	data := w.data
	stop := min(len(data), limit)
	quote, escape := -1, -1 // the next of each, looked for where it was passed: each byte is looked at once
	for pos < stop {
		if quote < pos {
			quote = pos + indexNear(data[pos:stop], r.quote)
		}
		if escape < pos {
			escape = pos + indexNear(data[pos:stop], r.escape)
		}
		pos = min(quote, escape)
		switch {
		case pos == stop:
			continue
		case pos+1 == len(data) && !w.final:
			return pos, escaped, undecided
		case data[pos] == r.escape:
			escaped = true
			pos += 2
			continue
		case pos+1 == len(data):
			return pos, escaped, closed
		}
		switch data[pos+1] {
		case r.quote:
			escaped = true
			pos += 2
		case r.delimiter, '\n', '\r':
			return pos, escaped, closed
		default:
			return pos, escaped, followed
		}
	}
	if len(data) >= limit || w.final {
		return 0, escaped, unclosed
	}
	return 0, escaped, undecided
}

// addUnquoted adds a cell whose doubled quotes become single ones, in a copy: the raw bytes stay as they are. An escape
// (0 for none) goes where it stands before a quote or itself, and is text elsewhere.
func (b *Batch) addUnquoted(text []byte, quote, escape byte) {
	start := len(b.data)
	for i := 0; i < len(text); i++ {
		if i+1 < len(text) && (text[i] == quote && text[i+1] == quote ||
			escape != 0 && text[i] == escape && (text[i+1] == quote || text[i+1] == escape)) {
			i++
		}
		b.data = append(b.data, text[i])
	}
	b.cells = append(b.cells, span{uint32(start), uint32(len(b.data))})
}
