package tabular

import (
	"bytes"

	"entrepot/definition"
)

const (
	// sampleBytes and sampleRecords bound what the delimiter is detected from.
	sampleBytes   = 64 << 10
	sampleRecords = 500
)

// delimiters are what is detected. Where two speak for themselves equally well, the one that is rarer in text and
// numbers comes first: a decimal comma in every row is common, a semicolon is not.
var delimiters = [...]byte{'\t', ';', '|', ','}

// candidate is how a sample reads with one delimiter.
type candidate struct {
	delimiter byte
	columns   int     // cells of the header
	agreement float64 // share of the records with as many cells as the header
	occurs    bool    // some record has more than one cell
}

// score prefers agreement, then columns: many columns that agree are no accident.
func (c candidate) score() float64 {
	if c.columns < 2 {
		return 0
	}
	return c.agreement * c.agreement * (1 - 0.5/float64(c.columns))
}

// detectDelimiter reads the start of the file with each delimiter and takes the one that gives the most regular table.
// A file of one column gets a comma, or another where cells have commas in them. guessed tells that others were
// possible, or that some records speak against the choice.
func (r *csvReader) detectDelimiter(head *Batch) (delimiter byte, guessed bool) {
	sample, whole := head.data[head.next:], r.ended
	if len(sample) > sampleBytes {
		sample, whole = sample[:sampleBytes], false
	}
	var best, second candidate
	absent := byte(0)
	for _, d := range delimiters {
		c := r.try(d, sample, whole)
		if !c.occurs {
			absent = d
		}
		if c.score() > best.score() {
			best, second = c, best
		} else if c.score() > second.score() {
			second = c
		}
	}
	switch {
	case best.columns > 1:
		return best.delimiter, best.agreement < 1 || second.score() > best.score()/2
	case absent != 0:
		return absent, absent != ','
	default:
		return ',', true
	}
}

// try reads a sample with one delimiter, under the same rules as the file.
func (r *csvReader) try(delimiter byte, sample []byte, whole bool) candidate {
	trial := &csvReader{format: r.format, limits: r.limits, width: -1, ended: whole}
	trial.format.Delimiter = delimiter
	var b Batch
	b.data = bytes.Clone(sample)
	b.rawLen = len(sample)
	trial.scan(&b, sampleRecords)
	if b.next < b.rawLen && b.Len() == 0 {
		trial.ended = true
		trial.scan(&b, 1)
	}
	result := candidate{delimiter: delimiter}
	total, agreeing := 0, 0
	for i := range b.Len() {
		if i+1 < r.format.HeaderRow || b.Blank(i) {
			continue
		}
		cells := b.Cells(i)
		if result.columns == 0 {
			result.columns = cells
		}
		result.occurs = result.occurs || cells > 1
		total++
		if problem := b.Problem(i); cells == result.columns &&
			(problem == nil || problem.Code != definition.RowQuoteUnclosed && problem.Code != definition.RowRowTooLarge) {
			agreeing++
		}
	}
	if total > 0 {
		result.agreement = float64(agreeing) / float64(total)
	}
	return result
}
