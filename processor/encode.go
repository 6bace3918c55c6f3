package processor

import (
	"math"
	"strconv"
	"time"

	"entrepot/processor/script"
)

// gather keeps the row at hand for its site's call.
func (w *Worker) gather(site int32, when period, row *Row) {
	w.encoded = w.appendRow(w.encoded[:0], when, row)
	for next := len(w.spillSites); next <= int(site); next++ {
		w.spillSites = append(w.spillSites, w.spill.site(w.sites[next].key))
	}
	id := w.spillSites[site]
	if w.chunk != nil && w.chunk.add(id, row.Order, w.encoded) {
		return
	}
	if len(w.encoded) > w.spill.chunkSize {
		large := newChunk(len(w.encoded))
		large.worker = w.spillID
		large.add(id, row.Order, w.encoded)
		w.err = w.spill.keep(large)
		return
	}
	if w.err = w.spill.keep(w.chunk); w.err != nil {
		w.chunk = nil
		return
	}
	w.chunk = w.spill.chunk()
	w.chunk.worker = w.spillID
	w.chunk.add(id, row.Order, w.encoded)
}

// The number of a row as scripts' errors name it has its file above the number within that, of which there are 2^fileShift
// at most.
const (
	fileShift = 40
	maxFile   = 1<<16 - 1
)

// appendRow encodes the row at hand as scripts see it: a cell for each column of the version.
func (w *Worker) appendRow(b []byte, when period, row *Row) []byte {
	b = script.AppendRowNumber(b, int64(w.plan.file)<<fileShift|row.Number)
	for _, at := range w.plan.present {
		if at < 0 || !w.values[at].filled {
			b = script.AppendNull(b)
			continue
		}
		c, v := &w.plan.columns[at], &w.values[at]
		switch c.reading {
		case asNumber, asInteger:
			b = script.AppendNumber(b, v.float())
		case asBoolean:
			b = script.AppendBool(b, v.m == 1)
		case asText:
			text := v.text
			if c.isPeriod {
				v.written = when.append(v.written[:0])
				text = v.written
			}
			b = script.AppendText(b, text)
		default:
			b = script.AppendText(b, v.written)
		}
	}
	return b
}

// tens are powers of ten that a double holds exactly.
var tens = func() (p [fastDigits + 1]float64) {
	for i := range p {
		p[i] = float64(pow10[i])
	}
	return p
}()

// float is the nearest double; an infinity where the number is beyond all of them.
func (d *decimal) float() float64 {
	if d.big == nil {
		if d.m <= maxInteger && d.m >= -maxInteger {
			return float64(d.m) / tens[d.scale] // of two exact numbers, rounded once
		}
		var room [32]byte
		f, _ := strconv.ParseFloat(string(appendDecimal(room[:0], d.m, d.scale)), 64) // at most 1e18
		return f
	}
	f, err := strconv.ParseFloat(string(appendAPD(nil, d.big)), 64)
	if err != nil { // it is out of range, for its syntax is right
		return math.Inf(d.big.Sign())
	}
	return f
}

// append writes a period as far as it is known: 2024, 2024-Q1 or 2024-03.
func (p period) append(b []byte) []byte {
	b = appendTwo(appendTwo(b, p.year/100), p.year%100)
	switch {
	case p.month > 0:
		return appendTwo(append(b, '-'), p.month)
	case p.quarter > 0:
		return append(b, '-', 'Q', byte('0'+p.quarter))
	}
	return b
}

// append writes a date.
func (m *moment) append(b []byte) []byte {
	return appendTwo(append(monthOf(m.year, m.month).append(b), '-'), m.day)
}

// appendTime writes a time of a day as RFC 3339 in a location, as results have it.
func (m *moment) appendTime(b []byte, location *time.Location) []byte {
	if location != time.UTC || m.offset != 0 {
		return time.Unix(m.unix(location), int64(m.nanosecond)).In(location).AppendFormat(b, time.RFC3339Nano)
	}
	b = appendTwo(append(m.append(b), 'T'), m.hour)
	b = appendTwo(append(b, ':'), m.minute)
	b = appendTwo(append(b, ':'), m.second)
	if m.nanosecond > 0 {
		b = append(b, '.')
		for unit, rest := 100_000_000, m.nanosecond; rest > 0; unit /= 10 {
			b = append(b, byte('0'+rest/unit))
			rest %= unit
		}
	}
	return append(b, 'Z')
}

// appendTwo writes a number of two digits.
func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
