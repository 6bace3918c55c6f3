package walk_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// bill is what a utility charges, as people of one country write it.
type bill struct {
	name, locale, encoding, delimiter string
	encoder                           encoding.Encoding
	header                            [4]string // site, period, use, cost
	lines                             []billLine
}

type billLine struct {
	site, period string
	month        int
	use, cost    string // as people write them
	plain        [2]string
}

var bills = []bill{
	{
		name: "elektrik-faturası", locale: "tr", encoding: "windows-1254", delimiter: ";", encoder: charmap.Windows1254,
		header: [4]string{"Tesis Adı", "Dönem", "Tüketim (kWh)", "Tutar (TL)"},
		lines: []billLine{
			{"Şişli Çağrı Merkezi", "Ocak 2024", 1, "1.234,56", "12.345,678", [2]string{"1234.56", "12345.678"}},
			{"Iğdır Şubesi", "Ocak 2024", 1, "0,5", "-17,25", [2]string{"0.5", "-17.25"}},
			{"Şişli Çağrı Merkezi", "Ocak 2024", 1, "765,44", "1.000.000,01", [2]string{"765.44", "1000000.01"}},
			{"Şişli Çağrı Merkezi", "Şubat 2024", 2, "1.500", "2.250,75", [2]string{"1500", "2250.75"}},
			{"Iğdır Şubesi", "Ağustos 2024", 8, "42", "0,1", [2]string{"42", "0.1"}},
			{"Iğdır Şubesi", "Ağustos 2024", 8, "8", "0,2", [2]string{"8", "0.2"}},
		},
	},
	{
		name: "電気料金", locale: "ja", encoding: "Shift_JIS", delimiter: ",", encoder: japanese.ShiftJIS,
		header: [4]string{"拠点名", "年月", "使用量(kWh)", "金額(税込)"},
		lines: []billLine{
			{"東京本社", "2024年1月", 1, `"1,234.5"`, `"￥12,345"`, [2]string{"1234.5", "12345"}},
			{"大阪支店", "2024年1月", 1, "980", `"￥9,800"`, [2]string{"980", "9800"}},
			{"東京本社", "2024年1月", 1, "65.5", "￥655", [2]string{"65.5", "655"}},
			{"能登営業所", "2024年2月", 2, "0.1", "￥1", [2]string{"0.1", "1"}},
			{"東京本社", "2024年12月", 12, `"1,000"`, `"￥10,000"`, [2]string{"1000", "10000"}},
		},
	},
}

func (b bill) file(t *testing.T) []byte {
	t.Helper()
	text := strings.Join(b.header[:], b.delimiter) + "\r\n"
	for _, line := range b.lines {
		text += strings.Join([]string{line.site, line.period, line.use, line.cost}, b.delimiter) + "\r\n"
	}
	encoded, err := b.encoder.NewEncoder().String(text)
	require.NoError(t, err)
	return []byte(encoded)
}

func (b bill) jsonLines(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, line := range b.lines {
		object := "{"
		for i, value := range []any{line.site, line.period, json.Number(line.plain[0]), json.Number(line.plain[1])} {
			name, err := json.Marshal(b.header[i])
			require.NoError(t, err)
			text, err := json.Marshal(value)
			require.NoError(t, err)
			object += fmt.Sprintf("%s: %s, ", name, text)
		}
		out.WriteString(strings.TrimSuffix(object, ", ") + "}\n")
	}
	return out.Bytes()
}

// workbook is a smallest one: texts in their cells, numbers as spreadsheets keep them.
func (b bill) workbook(t *testing.T) []byte {
	t.Helper()
	text := func(s string) string {
		return `<c t="inlineStr"><is><t>` + html.EscapeString(s) + `</t></is></c>`
	}
	rows := "<row>"
	for _, name := range b.header {
		rows += text(name)
	}
	rows += "</row>"
	for _, line := range b.lines {
		rows += "<row>" + text(line.site) + text(line.period) +
			"<c><v>" + line.plain[0] + "</v></c><c><v>" + line.plain[1] + "</v></c></row>"
	}
	const (
		main      = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		packages  = "http://schemas.openxmlformats.org/package/2006/"
	)
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + packages +
			`content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ` +
			`ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packages + `relationships"><Relationship Id="r1" Type="` + relations +
			`/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + main + `" xmlns:r="` + relations +
			`"><sheets><sheet name="2024" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packages + `relationships"><Relationship Id="r1" Type="` +
			relations + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet xmlns="` + main + `"><sheetData>` + rows + `</sheetData></worksheet>`},
	} {
		w, err := archive.Create(part[0])
		require.NoError(t, err)
		_, err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+part[1])
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

func zipped(t *testing.T, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(file)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// TestBillsAsPeopleWriteThem imports a Turkish and a Japanese bill through the API: as CSV in the encoding of the
// country, told or detected, packed, and as a workbook and JSON Lines. All must come to the sums that are made here.
func TestBillsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	each(t, testBills)
}

func testBills(t *testing.T, s *server) {
	t.Helper()
	token := strings.TrimSpace(s.run(t, s.binary, "token"))
	for _, b := range bills {
		definition := s.define(t, token, map[string]any{
			"name": b.name,
			"inputSchema": []any{
				map[string]any{"name": b.header[0], "type": "STRING", "role": "SITE_IDENTIFIER", "required": true},
				map[string]any{"name": b.header[1], "type": "STRING", "role": "PERIOD", "required": true},
				map[string]any{"name": b.header[2], "type": "NUMBER", "required": true},
				map[string]any{"name": b.header[3], "type": "NUMBER", "required": true},
			},
			"outputSchema": []any{
				map[string]any{"key": "use", "periodUnit": "MONTHLY", "aggregate": "SUM", "column": b.header[2]},
				map[string]any{"key": "cost", "periodUnit": "MONTHLY", "aggregate": "SUM", "column": b.header[3]},
			},
			"format": map[string]any{"locale": b.locale},
		})
		declared := map[string]any{"encoding": b.encoding, "delimiter": b.delimiter, "kind": "CSV"}
		csv := b.file(t)
		for _, way := range []struct {
			name   string
			file   []byte
			format map[string]any
			kind   string
		}{
			{b.name + ".csv", csv, nil, "CSV"},
			{b.name + "-told.csv", csv, declared, "CSV"},
			{b.name + ".csv.gz", zipped(t, csv), nil, "CSV"},
			{b.name + ".xlsx", b.workbook(t), nil, "XLSX"},
			{b.name + ".jsonl", b.jsonLines(t), nil, "JSONL"},
		} {
			history := s.upload(t, token, way.name, way.file)
			input := map[string]any{"uploadHistoryId": history, "importDefinitionId": definition}
			if way.format != nil {
				input["format"] = way.format
			}
			got := s.importFile(t, token, input)
			require.Equal(t, "COMPLETED", got.Status, "%s: %s %v", way.name, got.Error, got.RowErrors.Nodes)
			require.Equal(t, len(b.lines), got.AcceptedRowCount, way.name)
			require.Equal(t, b.sums(t), got.sums(t), way.name)
			if way.format == nil {
				found := got.UploadHistory.DetectedFormat
				require.Equal(t, way.kind, found.Kind, way.name)
				if way.kind == "CSV" {
					require.Equal(t, strings.ToLower(b.encoding), strings.ToLower(found.Encoding), way.name)
					require.Equal(t, b.delimiter, found.Delimiter, way.name)
					require.Positive(t, found.EncodingConfidence, way.name)
				}
			}
		}
	}
}

// sums are the results that there must be: by site and month, exactly.
func (b bill) sums(t *testing.T) map[string]string {
	t.Helper()
	totals := map[string][2]*big.Rat{}
	for _, line := range b.lines {
		group := fmt.Sprintf("%s 2024-%02d", line.site, line.month)
		if _, there := totals[group]; !there {
			totals[group] = [2]*big.Rat{new(big.Rat), new(big.Rat)}
		}
		for i, plain := range line.plain {
			totals[group][i].Add(totals[group][i], rat(t, plain))
		}
	}
	sums := map[string]string{}
	for group, each := range totals {
		sums[group] = each[0].RatString() + " " + each[1].RatString()
	}
	return sums
}

// outcome is an import as the API shows it.
type outcome struct {
	ID, Status, Error                                               string
	RowCount, AcceptedRowCount, RejectedRowCount, ProcessedRowCount int
	RowErrors                                                       struct {
		TotalCount int
		Nodes      []struct {
			Row, Line           int
			Column, Code, Value string
		}
	}
	RejectedRows  *struct{ URL string }
	ResultsFile   *struct{ URL string }
	SupersededBy  *struct{ ID string }
	CorrectionOf  *struct{ ID string }
	UploadHistory struct {
		DetectedFormat struct {
			Kind, Encoding, Delimiter string
			EncodingConfidence        float64
		}
	}
	Results struct {
		TotalCount int
		Nodes      []result
	}
}

type result struct {
	SiteKey                     string
	Year, Period                int
	PeriodUnit                  string
	RowsProcessed, RowsRejected int
	ProcessedData               map[string]json.Number
}

func (o outcome) sums(t *testing.T) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, r := range o.Results.Nodes {
		require.Len(t, r.ProcessedData, 2)
		sums[fmt.Sprintf("%s %d-%02d", r.SiteKey, r.Year, r.Period)] = rat(t, r.ProcessedData["use"].String()).RatString() +
			" " +
			rat(t, r.ProcessedData["cost"].String()).RatString()
	}
	require.Len(t, sums, o.Results.TotalCount)
	return sums
}

// call sends a document with variables; the answer must have no errors.
func (s *server) call(t testing.TB, token, document string, variables map[string]any, data any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer := struct{ Data, Errors json.RawMessage }{}
	require.NoError(t, json.Unmarshal(fetch(t, request), &answer))
	require.Empty(t, string(answer.Errors), "%s", document)
	require.NoError(t, json.Unmarshal(answer.Data, data), "%s", answer.Data)
}

func fetch(t testing.TB, request *http.Request) []byte {
	t.Helper()
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s", text)
	return text
}

type userErrors []struct {
	Code, Message string
	Field         []string
}

func (s *server) define(t testing.TB, token string, input map[string]any) (id string) {
	t.Helper()
	var got struct {
		CreateImportDefinition struct {
			ImportDefinition struct{ ID string }
			UserErrors       userErrors
		}
	}
	s.call(t, token, `mutation ($input: CreateImportDefinitionInput!) { createImportDefinition(input: $input) {
		importDefinition { id } userErrors { code message field } } }`, map[string]any{"input": input}, &got)
	require.Empty(t, got.CreateImportDefinition.UserErrors)
	return got.CreateImportDefinition.ImportDefinition.ID
}

// upload puts a file into the bucket and records it, as a client does.
func (s *server) upload(t testing.TB, token, name string, file []byte) (history string) {
	t.Helper()
	return s.send(t, token, name, bytes.NewReader(file), int64(len(file)), false)
}

// send does that with what a reader gives, resumable where the bucket can.
func (s *server) send(
	t testing.TB, token, name string, file io.Reader, size int64, resumable bool,
) (history string) {
	t.Helper()
	var made struct {
		CreateUpload struct {
			GcsPath, Method, URL string
			Headers              []struct{ Name, Value string }
			UserErrors           userErrors
		}
	}
	s.call(t, token, `mutation ($input: CreateUploadInput!) { createUpload(input: $input) {
		gcsPath method url headers { name value } userErrors { code message field } } }`,
		map[string]any{"input": map[string]any{"fileName": name, "size": size, "resumable": resumable}}, &made)
	require.Empty(t, made.CreateUpload.UserErrors)
	body := file
	if made.CreateUpload.Method == http.MethodPost {
		body = http.NoBody
	}
	request, err := http.NewRequestWithContext(t.Context(), made.CreateUpload.Method, made.CreateUpload.URL, body)
	require.NoError(t, err)
	for _, header := range made.CreateUpload.Headers {
		request.Header.Set(header.Name, header.Value)
	}
	if request.Method == http.MethodPost {
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusCreated, response.StatusCode)
		request, err = http.NewRequestWithContext(t.Context(), http.MethodPut, response.Header.Get("Location"), file)
		require.NoError(t, err)
	}
	request.ContentLength = size
	fetch(t, request)
	var stored struct {
		StoreUploadHistory struct {
			UploadHistory struct{ ID string }
			UserErrors    userErrors
		}
	}
	s.call(t, token, `mutation ($input: StoreUploadHistoryInput!) { storeUploadHistory(input: $input) {
		uploadHistory { id } userErrors { code message field } } }`,
		map[string]any{"input": map[string]any{"fileName": name, "gcsPath": made.CreateUpload.GcsPath}}, &stored)
	require.Empty(t, stored.StoreUploadHistory.UserErrors)
	return stored.StoreUploadHistory.UploadHistory.ID
}

// importFile starts an import and returns it when it is final.
func (s *server) importFile(t testing.TB, token string, input map[string]any) outcome {
	t.Helper()
	var started struct {
		StartImport struct {
			Import     *struct{ ID string }
			UserErrors userErrors
		}
	}
	s.call(t, token, `mutation ($input: StartImportInput!) { startImport(input: $input) {
		import { id } userErrors { code message field } } }`, map[string]any{"input": input}, &started)
	require.Empty(t, started.StartImport.UserErrors)
	s.await(t, token, started.StartImport.Import.ID)
	return s.outcome(t, token, started.StartImport.Import.ID)
}

func (s *server) outcome(t testing.TB, token, id string) outcome {
	t.Helper()
	var got struct{ Import outcome }
	s.call(t, token, `query ($id: ID!) { import(id: $id) {
		id status error rowCount acceptedRowCount rejectedRowCount processedRowCount
		rowErrors(first: 10) { totalCount nodes { row line column code value } }
		rejectedRows { url } resultsFile(format: JSONL) { url }
		supersededBy { id } correctionOf { id }
		uploadHistory { detectedFormat { kind encoding delimiter encodingConfidence } }
		results(first: 100) { totalCount nodes { siteKey year period periodUnit rowsProcessed rowsRejected processedData } }
	} }`, map[string]any{"id": id}, &got)
	return got.Import
}
