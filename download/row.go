package download

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/tabular"
)

// row is one value of one result.
type row struct {
	result *ent.ImportResult
	site   string // its name; empty where it is not known
	output *definition.Output
	value  json.RawMessage
}

// rowWriter writes rows in one format.
type rowWriter interface {
	head() []byte
	append(line []byte, r *row) ([]byte, error)
}

func newRows(format Format) rowWriter {
	if format == JSONL {
		return jsonRows{}
	}
	return csvRows{tabular.CellWriter{Delimiter: ',', Quote: '"'}}
}

// csvRows are CSV for spreadsheets: RFC 4180 with CRLF, a byte order mark, and no cell that would be computed.
type csvRows struct{ cells tabular.CellWriter }

func (csvRows) head() []byte {
	return []byte("\uFEFFsite_key,site_name,year,period_unit,period,output,label,unit,value,rows_processed,rows_rejected\r\n")
}

func (c csvRows) append(line []byte, r *row) ([]byte, error) {
	text := func(cell string) { line = append(c.cells.Append(line, []byte(cell)), ',') }
	number := func(n int64) { line = append(strconv.AppendInt(line, n, 10), ',') }
	text(r.result.SiteKey)
	text(r.site)
	number(int64(r.result.Year))
	text(string(r.result.PeriodUnit))
	number(int64(r.result.Period))
	text(r.output.Key)
	text(r.output.Label)
	text(r.output.Unit)
	value := r.value
	switch {
	case len(value) > 0 && value[0] == '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return nil, fmt.Errorf("read value of %q: %w", r.output.Key, err)
		}
		text(s)
	case string(value) == "null":
		text("")
	default: // a number or a boolean, spelled as in processedData
		text(string(value))
	}
	number(r.result.RowsProcessed)
	return append(strconv.AppendInt(line, r.result.RowsRejected, 10), "\r\n"...), nil
}

// jsonRows are JSON Lines; the keys are the columns of the CSV.
type jsonRows struct{}

func (jsonRows) head() []byte { return nil }

func (jsonRows) append(line []byte, r *row) ([]byte, error) {
	out := bytes.NewBuffer(line)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		SiteKey       *string               `json:"site_key"`
		SiteName      *string               `json:"site_name"`
		Year          int                   `json:"year"`
		PeriodUnit    definition.PeriodUnit `json:"period_unit"`
		Period        int                   `json:"period"`
		Output        string                `json:"output"`
		Label         string                `json:"label"`
		Unit          *string               `json:"unit"`
		Value         json.RawMessage       `json:"value"`
		RowsProcessed int64                 `json:"rows_processed"`
		RowsRejected  int64                 `json:"rows_rejected"`
	}{
		orNull(r.result.SiteKey), orNull(r.site), r.result.Year, r.result.PeriodUnit, r.result.Period,
		r.output.Key, r.output.Label, orNull(r.output.Unit), r.value, r.result.RowsProcessed, r.result.RowsRejected,
	})
	if err != nil {
		return nil, fmt.Errorf("write value of %q: %w", r.output.Key, err)
	}
	return out.Bytes(), nil
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
