package importer

import (
	"encoding/json"

	"entrepot/definition"
	"entrepot/processor"
)

// maxSampleBytes is how much of a file a preview shows at most, in whole batches, however large its rows are.
const maxSampleBytes = 4 << 20

// sample makes a run a preview: only the first rows of the file are read, and what they come to is kept here instead of
// being stored. A nil one is an import's, and takes nothing. It belongs to a run with one goroutine that computes.
type sample struct {
	rows     int64 // how many data rows are read at most
	size     int   // of the rows that were read
	columns  []definition.Column
	detected *definition.DetectedFormat // nil: the file could not be opened
	header   []string
	kept     []PreviewRow
	sites    []PreviewSite
}

// opened notes how the file is written.
func (s *sample) opened(p *part) {
	if s == nil {
		return
	}
	detected := p.table.Detected()
	s.detected, s.header = &detected, p.header
}

// full tells whether enough was read, b being the last batch and row the highest row number so far.
func (s *sample) full(b *batch, row int64) bool {
	if s == nil {
		return false
	}
	for i := range b.Len() {
		s.size += len(b.Raw(i))
	}
	return row >= s.rows || s.size >= maxSampleBytes
}

// beyond tells whether a row comes after the sample.
func (s *sample) beyond(row int64) bool { return s != nil && row > s.rows }

// keep notes what was read from a row; readable is false where it could not be cut into cells.
func (s *sample) keep(worker *processor.Worker, row *processor.Row, readable bool) {
	if s == nil {
		return
	}
	kept := PreviewRow{Row: row.Number, Line: row.Line, Values: []byte("{}")}
	if readable {
		values := []byte{'{'}
		for i := range s.columns {
			if i > 0 {
				values = append(values, ',')
			}
			name, _ := json.Marshal(s.columns[i].Name) // a text has no value that cannot be encoded
			values = append(append(values, name...), ':')
			values = worker.AppendJSON(values, i, row)
		}
		kept.Values = append(values, '}')
	}
	s.kept = append(s.kept, kept)
}

// grouped notes the sites of the rows that can be accepted.
func (s *sample) grouped(own *processor.Aggregation) {
	if s == nil {
		return
	}
	for _, site := range own.SiteRows() {
		if site.SiteKey != nil {
			s.sites = append(s.sites, PreviewSite{SiteKey: *site.SiteKey, SiteID: site.SiteID, Rows: site.Rows})
		}
	}
}
