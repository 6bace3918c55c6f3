package tabular_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

var jsonLines = tabular.Format{Kind: definition.KindJSONL}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	const first = `{"site":"S1","reading":1.50,"open":true}` + "\n"
	for _, test := range []struct{ name, row, want string }{
		{"plain", `{"site":"S2","reading":-1.2E+05,"open":false}`, "T:S2|N:-1.2E+05|B:false"},
		{"another order, spaces", " {\t\"open\" : null , \"site\":\"x\" } ", "T:x||"},
		{"a key is missing", `{"reading":0}`, "|N:0|"},
		{"long number as it is written", `{"reading":12345678901234567890.10}`, "|N:12345678901234567890.10|"},
		{"escapes", `{"site":"\"\\\/\b\f\n\r\tü\ud83d\ude00"}`, "T:\"\\/\b\f\n\r\tü😀||"},
		{"key with an escape", `{"\u0073ite":"x"}`, "T:x||"},
		{"empty text", `{"site":"","reading":1}`, "|N:1|"},
		{"key twice", `{"site":"x","site":"y"}`, `! COLUMN_COUNT_MISMATCH column 0 "y"`},
		{"key twice, once with an escape", `{"site":"x","sit\u0065":"y"}`, `! COLUMN_COUNT_MISMATCH column 0 "y"`},
		{"list", `{"site":[1,"]",{"a":[]}]}`, `! CELL_ERROR column 0 "[1,\"]\",{\"a\":[]}]"`},
		{"object", `{"open":{}}`, `! CELL_ERROR column 2 "{}"`},
		{"half a character", `{"site":"\ud800x"}`, `! ENCODING_INVALID column 0 "\\ud800x"`},
		{"halves in the wrong order", `{"site":"\ude00\ud83d"}`, `! ENCODING_INVALID column 0 "\\ude00\\ud83d"`},
		{"NUL", `{"site":"\u0000"}`, `! NUL_BYTE column 0 "\\x00"`},
		{"not UTF-8", "{\"site\":\"\xc0\xaf\"}", `! ENCODING_INVALID column 0 "\\xc0\\xaf"`},
		{"unknown escape", `{"site":"\x41"}`, `! CELL_ERROR column 0 "\\x41"`},
		{"short escape", `{"site":"\u12"}`, `! CELL_ERROR column 0 "\\u12"`},
		{"number", `12`, `! CELL_ERROR column -1 "12"`},
		{"list of all", `[{"site":"x"}]`, `! CELL_ERROR column -1 "[{\"site\":\"x\"}]"`},
		{"cut", `{"site":"x`, `! CELL_ERROR column -1 "{\"site\":\"x"`},
		{"two objects", `{"site":"x"}{}`, `! CELL_ERROR column -1 "{\"site\":\"x\"}{}"`},
		{"comma at the end", `{"site":"x",}`, `! CELL_ERROR column -1 "{\"site\":\"x\",}"`},
		{"no comma", `{"site":"x" "open":true}`, `! CELL_ERROR column -1 "{\"site\":\"x\" \"open\":true}"`},
		{"no colon", `{"site" "x"}`, `! CELL_ERROR column -1 "{\"site\" \"x\"}"`},
		{"leading zero", `{"reading":01}`, `! CELL_ERROR column -1 "{\"reading\":01}"`},
		{"no digits", `{"reading":-}`, `! CELL_ERROR column -1 "{\"reading\":-}"`},
		{"no decimals", `{"reading":1.}`, `! CELL_ERROR column -1 "{\"reading\":1.}"`},
		{"no exponent", `{"reading":1e}`, `! CELL_ERROR column -1 "{\"reading\":1e}"`},
		{"NaN", `{"reading":NaN}`, `! CELL_ERROR column -1 "{\"reading\":NaN}"`},
		{"control character", "{\"site\":\"\x01\"}", `! CELL_ERROR column -1 "{\"site\":\"\\x01\"}"`},
		{"brackets that do not match", `{"site":[}]}`, `! CELL_ERROR column -1 "{\"site\":[}]}"`},
		{"NUL as it is", "{\"site\":\"\x00\"}", `! NUL_BYTE column -1 "{\"site\":\"\\x00\"}"`},
		{
			"too deep", `{"site":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + "}",
			`! CELL_ERROR column -1 "{\"site\":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := "2:2|" + test.want
			if problem, found := strings.CutPrefix(test.want, "! "); found {
				want = "2:2 " + problem
			}
			for _, end := range []string{"\n", "\r\n"} {
				r, lines := readSheet(t, strings.NewReader(strings.ReplaceAll(first+test.row+"\n"+first, "\n", end)),
					tabular.Config{Format: jsonLines})
				require.Equal(t, []string{"site", "reading", "open"}, r.Header())
				require.Equal(t, []string{"1:1|T:S1|N:1.50|B:true", want, "3:3|T:S1|N:1.50|B:true"}, lines)
				require.Equal(t, map[string]string{"\n": "LF", "\r\n": "CRLF"}[end], r.Detected().LineEnding)
			}
		})
	}
}

func TestJSONLinesWithoutColumns(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]definition.ImportErrorCode{
		"": definition.ErrorNoHeader, "\n \n": definition.ErrorNoHeader, "[1]\n": definition.ErrorFileUnreadable,
		"{\n  \"a\": 1\n}\n": definition.ErrorFileUnreadable, "{}\n": definition.ErrorFileUnreadable,
		`{"a":1,"b":2,"c":3}`: definition.ErrorLimitExceeded,
	} {
		_, err := tabular.Open(strings.NewReader(text), tabular.Config{Format: jsonLines, Limits: tabular.Limits{MaxColumns: 2}})
		var failure *tabular.Error
		require.ErrorAs(t, err, &failure, "%q", text)
		require.Equal(t, code, failure.Code, "%q", text)
	}
}

func TestJSONLinesBlankRowsAndLimits(t *testing.T) {
	t.Parallel()
	text := "\ufeff\n{\"a\":\"1\"}\n  \n{}\n{\"a\":null}\n{\"b\":\"" + strings.Repeat("x", 11) + "\"}\n{\"a\":\"" +
		strings.Repeat("y", 300_000) + "\"}\n{\"a\":\"2\"}"
	_, lines := readSheet(t, strings.NewReader(text), tabular.Config{
		Format: jsonLines, Limits: tabular.Limits{MaxCellBytes: 10, MaxRowBytes: 30},
	})
	require.Equal(t, []string{
		"0:1 blank", "1:2|T:1|", "0:3 blank", "0:4 blank", "0:5 blank", `2:6 CELL_TOO_LARGE column 1 "xxxxxxxxxxx"`,
		`3:7 ROW_TOO_LARGE column -1 "{\"a\":\"` + strings.Repeat("y", 24) + `"`, "4:8|T:2|",
	}, lines)

	err := failure(t, strings.NewReader("{\"a\":1}\n{\"a\":2}\n"),
		tabular.Config{Format: jsonLines, Limits: tabular.Limits{MaxRows: 1}})
	require.Equal(t, "maxRows", err.Params[0].Value)

	err = failure(t, strings.NewReader("{\"a\":1}"+strings.Repeat("\n", 1<<20+2)),
		tabular.Config{Format: jsonLines, Limits: tabular.Limits{MaxRows: 1}})
	require.Contains(t, err.Reason, "1048576 blank rows")

	// A key that the first thousand lines do not have costs its row.
	_, lines = readSheet(t, strings.NewReader(strings.Repeat("{\"a\":1}\n", 1000)+"{\"late\":1}\n{\"a\":2}\n"), tabular.Config{})
	require.Equal(t, []string{`1001:1001 COLUMN_COUNT_MISMATCH column -1 "late"`, "1002:1002|N:2"}, lines[1000:])
}

func TestJSONLinesOfABrokenSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	source := io.MultiReader(strings.NewReader("{\"a\":1}\n{\"a\":2"), iotest.ErrReader(broken))
	r, err := tabular.Open(source, tabular.Config{Format: jsonLines})
	require.NoError(t, err)
	record, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "1:1|N:1", sheetLine(record))
	_, err = r.Next()
	require.ErrorIs(t, err, broken)
	require.NoError(t, r.Close())
}

// FuzzJSONL holds rows against encoding/json where that is right: it replaces what is not text, and takes the last of
// two keys.
func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x","b":1.5e3}`, `{"b":null,"a":"\ud83d\ude00\n"}`, `{"a":"\ud800"}`, `{"a":[{}]}`, "{}", "",
		"nonsense", `{"a":1,"a":2}`, `{"c":tru}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, row string) {
		if strings.ContainsAny(row, "\n") || len(row) > 1000 {
			return
		}
		text := "{\"a\":1,\"b\":2}\n" + row + "\n{\"a\":3}\n"
		config := tabular.Config{Format: tabular.Format{Kind: definition.KindJSONL, Encoding: "utf-8"}}
		r, lines := readSheet(t, strings.NewReader(text), config)
		_, again := readSheet(t, iotest.OneByteReader(strings.NewReader(text)), config)
		require.Equal(t, lines, again)
		require.Len(t, lines, 3)
		header := r.Header()
		require.Equal(t, []string{"a", "b"}, header[:2])

		r, err := tabular.Open(strings.NewReader(text), config)
		require.NoError(t, err)
		_, err = r.Next()
		require.NoError(t, err)
		record, err := r.Next()
		require.NoError(t, err)
		var values map[string]any
		decoder := json.NewDecoder(strings.NewReader(row))
		decoder.UseNumber()
		valid := json.Valid([]byte(row)) && decoder.Decode(&values) == nil && values != nil
		if !valid {
			require.True(t, record.Problem != nil || record.Blank && len(bytes.TrimSpace([]byte(row))) == 0, "accepted %q", row)
			return
		}
		if record.Problem != nil || record.Blank {
			return
		}
		require.True(t, utf8.ValidString(row))
		trimmed := map[string]string{}
		for key, value := range values {
			name := strings.TrimSpace(key)
			if _, exists := trimmed[name]; exists || name == "a" && name != key || name == "b" && name != key {
				return // columns that cannot be told apart by their names
			}
			if trimmed[name] = fmt.Sprint(value); value == nil {
				trimmed[name] = ""
			}
		}
		for i, cell := range record.Cells {
			require.Equal(t, trimmed[header[i]], string(cell))
			delete(trimmed, header[i])
		}
		require.Empty(t, trimmed)
	})
}

// BenchmarkJSONL reads 200,000 lines of seven values.
func BenchmarkJSONL(b *testing.B) {
	var text bytes.Buffer
	const rows = 200_000
	for i := range rows {
		fmt.Fprintf(&text, `{"site":"site-%d","date":"2024-01-%02d","meter":%d,"reading":%d.%03d,"unit":"kWh",`+
			`"quality":"measured","note":"regular \"reading\""}`+"\n", i%1000, 1+i%28, i, i%7919, i%1000)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n, err := readBatches(bytes.NewReader(text.Bytes()))
		require.NoError(b, err)
		require.Equal(b, int64(rows), n)
	}
}
