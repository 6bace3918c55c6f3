package tabular

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"entrepot/definition"
)

const (
	// sampleBytes and sampleRecords bound what a dialect is detected from.
	sampleBytes   = 64 << 10
	sampleRecords = 300
	// qualityRecords and qualityCells bound the cells that are looked at one by one.
	qualityRecords = 200
	qualityCells   = 50
)

// delimiters are what is detected. Where two speak for themselves equally well, the one that is rarer in text and
// numbers comes first: a decimal comma in every row is common, a semicolon is not.
var delimiters = []byte{'\t', ';', '|', ',', '^', '~', ':'}

// dialect is how cells are told apart. Without quoting, quotes are text; escape is 0 where quotes are doubled.
type dialect struct {
	delimiter, quote, escape byte
	quoting                  bool
}

// candidate is how a sample reads in one dialect.
type candidate struct {
	dialect
	columns   int     // cells of the header
	agreement float64 // share of the records from the header on with as many cells as the header
	quality   float64 // share of the cells that look like cells
	covered   float64 // share of the records that are not preamble
	occurs    bool    // some record has more than one cell
	quoted    int     // cells in quotes
	broken    int     // records with quotes that cannot be read
	header    int     // its record, from 0
	preamble  bool    // whether what stands before it has text
}

// score prefers agreement, then columns: many columns that agree are no accident.
func (c *candidate) score() float64 {
	if c.columns < 2 {
		return 0
	}
	return c.agreement * c.agreement * (1 - 0.5/float64(c.columns)) * c.quality * c.covered
}

// detectDialect reads the start of the file in each dialect that is possible and takes the one that gives the most
// regular table. A file of one column gets a comma, or another where cells have commas in them. guessed tells that
// other delimiters were possible, or that many records speak against the choice.
func (r *csvReader) detectDialect(head *Batch) (found candidate, guessed bool) {
	sample, whole := head.data[head.next:], r.ended
	if len(sample) > sampleBytes {
		sample, whole = sample[:sampleBytes], false
	}
	if r.format.Delimiter != 0 {
		return r.bestQuoting(r.format.Delimiter, sample, whole), false
	}
	var best candidate
	var alone []byte // for a file of one column
	second := 0.0
	for _, delimiter := range delimiters {
		if bytes.IndexByte(sample, delimiter) < 0 {
			alone = append(alone, delimiter)
			continue
		}
		c := r.bestQuoting(delimiter, sample, whole)
		if !c.occurs {
			alone = append(alone, delimiter)
		}
		if c.score() > best.score() {
			second = max(second, best.score())
			best = c
		} else {
			second = max(second, c.score())
		}
	}
	if best.columns > 1 {
		return best, best.agreement < 0.9 || second > best.score()/2
	}
	for _, delimiter := range []byte{',', ';', '\t', '|', '^', '~', ':'} {
		if slices.Contains(alone, delimiter) {
			return r.bestQuoting(delimiter, sample, whole), delimiter != ','
		}
	}
	return r.bestQuoting(',', sample, whole), true
}

// bestQuoting tries the ways to quote that a sample has traces of. The usual one wins unless another is clearly better.
func (r *csvReader) bestQuoting(delimiter byte, sample []byte, whole bool) candidate {
	var best candidate
	for i, d := range r.quotings(delimiter, sample) {
		c := r.try(d, sample, whole)
		if i == 0 || c.worth() > best.worth()*1.02 {
			best = c
		}
	}
	const few = 3 // quotes that cannot be read in fewer records are mistakes
	if r.format.Quote == 0 && best.quote == '"' && best.quoted == 0 && best.broken >= few {
		if c := r.try(dialect{delimiter: delimiter}, sample, whole); c.worth() > best.worth() {
			return c
		}
	}
	return best
}

// worth compares ways to quote with the same delimiter, files of one column included.
func (c *candidate) worth() float64 { return c.agreement * c.agreement * c.quality }

func (r *csvReader) quotings(delimiter byte, sample []byte) []dialect {
	quotes := []byte{'"', '\''}
	if r.format.Quote != 0 {
		quotes = []byte{r.format.Quote}
	}
	var list []dialect
	for i, quote := range quotes {
		if i > 0 && (quote == delimiter || quote == r.format.Escape || bytes.IndexByte(sample, quote) < 0) {
			continue
		}
		switch {
		case r.format.Escape == quote:
			list = append(list, dialect{delimiter, quote, 0, true})
		case r.format.Escape != 0:
			list = append(list, dialect{delimiter, quote, r.format.Escape, true})
		default:
			list = append(list, dialect{delimiter, quote, 0, true})
			if bytes.Contains(sample, []byte{'\\', quote}) {
				list = append(list, dialect{delimiter, quote, '\\', true})
			}
		}
	}
	return list
}

// try reads a sample in one dialect, under the same rules as the file.
func (r *csvReader) try(d dialect, sample []byte, whole bool) candidate {
	trial := &csvReader{format: r.format, dialect: d, limits: r.limits, width: -1, ended: whole}
	trial.limits.MaxRows = sampleRecords
	var b Batch
	b.data = bytes.Clone(sample)
	b.rawLen = len(sample)
	trial.scan(&b, sampleRecords)
	if b.next < b.rawLen && b.Len() == 0 {
		trial.ended = true
		trial.scan(&b, 1)
	}
	c := candidate{dialect: d, quality: 1, covered: 1}
	rows := shapes(&b)
	if len(rows) == 0 {
		return c
	}
	if r.format.HeaderRow > 0 {
		c.header = min(r.format.HeaderRow, len(rows)) - 1
	} else {
		c.header, c.preamble = findHeader(rows)
	}
	c.columns = rows[c.header].cells
	before, total, agreeing := 0, 0, 0
	for i, row := range rows {
		switch {
		case row.blank:
			continue
		case i < c.header:
			before++
			continue
		}
		c.occurs = c.occurs || row.cells > 1
		total++
		if row.broken {
			c.broken++
		} else if row.cells == c.columns || row.cells > c.columns && row.extent <= c.columns {
			agreeing++
		}
	}
	if total > 0 {
		c.agreement = float64(agreeing) / float64(total)
		if r.format.HeaderRow == 0 && c.preamble { // no preamble is likelier than one
			c.covered = 0.9 * float64(total+before) / float64(total+2*before)
		}
	}
	c.quality, c.quoted = quality(&b, c.header, d)
	return c
}

// quality is how much the cells from a record on look like cells: of a table that is read in the wrong dialect, many
// hold quotes around their text, or the delimiters of others.
func quality(b *Batch, from int, d dialect) (mean float64, quoted int) {
	sum, count := 0.0, 0
	for i := from; i < min(b.Len(), from+qualityRecords); i++ {
		if b.Blank(i) {
			continue
		}
		cells := b.cells[b.records[i].first:b.records[i].end]
		for _, at := range cells[:min(len(cells), qualityCells)] {
			if d.quoting && (int(at.start) >= b.rawLen || at.start > 0 && b.data[at.start-1] == d.quote) {
				quoted++
				sum++
				count++
				continue
			}
			sum += cellQuality(b.data[at.start:at.end], d)
			count++
		}
	}
	if count == 0 {
		return 1, quoted
	}
	return sum / float64(count), quoted
}

func cellQuality(cell []byte, d dialect) float64 {
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 {
		return 1
	}
	first, last := cell[0], cell[len(cell)-1]
	if len(cell) > 1 && first == last && (first == '"' || first == '\'') {
		return 0.3
	}
	if d.delimiter != ';' && bytes.IndexByte(cell, ';') >= 0 || d.delimiter != '|' && bytes.IndexByte(cell, '|') >= 0 ||
		d.delimiter != '\t' && bytes.IndexByte(cell, '\t') >= 0 {
		return 0.6
	}
	if first == '"' || last == '"' {
		return 0.7
	}
	return 1
}

// shape is what is known about one record of a sample.
type shape struct {
	cells  int
	extent int    // cells up to the last that has text
	filled int    // cells that have text
	values int    // cells that look like numbers and dates, but not like years
	column []bool // for each cell, whether it looks like a number, a date or a time
	blank  bool
	broken bool
}

func shapes(b *Batch) []shape {
	rows := make([]shape, b.Len())
	values := make([]bool, 0, len(b.cells))
	for i := range rows {
		row := &rows[i]
		row.blank = b.Blank(i)
		if p := b.Problem(i); p != nil &&
			(p.Code == definition.RowQuoteUnclosed || p.Code == definition.RowRowTooLarge) {
			row.broken = true
		}
		row.cells = b.Cells(i)
		first := len(values)
		for c := range min(row.cells, qualityCells) {
			text := bytes.TrimSpace(b.Cell(i, c))
			value := isValue(text)
			values = append(values, value)
			if len(text) == 0 {
				continue
			}
			row.extent = c + 1
			row.filled++
			if value && !isYear(text) {
				row.values++
			}
		}
		row.column = values[first:len(values):len(values)]
		if row.cells > qualityCells {
			row.extent = row.cells
		}
	}
	return rows
}

// isValue tells text that is most likely a number, a date or a time: digits and signs, no letters.
func isValue(text []byte) bool {
	digits := 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte(" +-.,:/%$'", c) < 0:
			return false
		}
	}
	return digits > 0
}

func isYear(text []byte) bool {
	return len(text) == 4 && (bytes.HasPrefix(text, []byte("19")) || bytes.HasPrefix(text, []byte("20"))) &&
		!slices.ContainsFunc(text, func(c byte) bool { return !unicode.IsDigit(rune(c)) })
}
