package processor_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// outputs are one of each type and unit.
func outputs() []definition.Output {
	return []definition.Output{
		scriptOutput("sum", definition.OutputNumber, definition.Yearly),
		scriptOutput("note", definition.OutputString, definition.Yearly),
		scriptOutput("ok", definition.OutputBoolean, definition.Yearly),
		scriptOutput("kwh", definition.OutputNumber, definition.Monthly),
		scriptOutput("best", definition.OutputNumber, definition.Quarterly),
	}
}

// check runs code that returns a text for site A, whose rows are of the given years.
func check(t testing.TB, output string, year int, years ...int) ([]string, error) {
	t.Helper()
	columns := []definition.Column{siteColumn, dateColumn}
	if len(years) == 0 {
		columns = columns[:1]
	}
	f := table{year: year, version: definition.Version{Columns: columns, Outputs: outputs()}}
	rows := []string{"A"}
	if len(years) > 0 {
		rows = nil
	}
	for _, y := range years {
		rows = append(rows, fmt.Sprintf("A|%04d-03-15", y))
	}
	results, err := feed(t, f.withCode(t, returns(output)), rows...).Results(t.Context())
	if err != nil {
		require.Empty(t, results)
	}
	return lines(results), err
}

func TestOutputsThatAreWell(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		output string
		year   int
		years  []int
		want   []string
	}{
		"nothing":     {`{}`, 2024, nil, nil},
		"white space": {" \t\r\n{ \"sum\" :\n1 , \"ok\":true } \n", 2024, nil, []string{`A 2024 YEARLY 1 {"sum":1,"ok":true} 1/0`}},
		"null is no value": {
			`{"sum":null,"note":null,"kwh":{"1":null,"2":3},"best":null}`, 2024, nil,
			[]string{`A 2024 MONTHLY 2 {"kwh":3} 1/0`},
		},
		"in the order of outputs": {
			`{"best":{"4":1,"1":2},"kwh":{"12":3,"2":4},"ok":false,"note":"","sum":0}`, 2024, nil,
			[]string{
				`A 2024 YEARLY 1 {"sum":0,"note":"","ok":false} 1/0`,
				`A 2024 QUARTERLY 1 {"best":2} 1/0`, `A 2024 QUARTERLY 4 {"best":1} 1/0`,
				`A 2024 MONTHLY 2 {"kwh":4} 1/0`, `A 2024 MONTHLY 12 {"kwh":3} 1/0`,
			},
		},
		"the only year of the rows": {`{"sum":1}`, 0, []int{2023}, []string{`A 2023 YEARLY 1 {"sum":1} 1/0`}},
		"the import's year":         {`{"sum":1}`, 2023, []int{2023}, []string{`A 2023 YEARLY 1 {"sum":1} 1/0`}},
		"by year around everything": {
			`{"2023":{"sum":1,"kwh":{"3":2}},"2024":{"sum":3},"2022":{},"2021":null}`, 0,
			[]int{2023, 2024, 2024},
			[]string{
				`A 2023 YEARLY 1 {"sum":1} 1/0`, `A 2023 MONTHLY 3 {"kwh":2} 1/0`, `A 2024 YEARLY 1 {"sum":3} 2/0`,
			},
		},
		"by year around outputs": {
			`{"sum":{"2024":3,"2023":1},"kwh":{"2023":{"3":2},"2024":null}}`, 0,
			[]int{2023, 2024},
			[]string{
				`A 2023 YEARLY 1 {"sum":1} 1/0`, `A 2023 MONTHLY 3 {"kwh":2} 1/0`, `A 2024 YEARLY 1 {"sum":3} 1/0`,
			},
		},
		"a year that no row has": {`{"1999":{"sum":1}}`, 0, []int{2024}, []string{`A 1999 YEARLY 1 {"sum":1} 0/0`}},
		"the year, where rows have none": {
			`{"2024":{"kwh":{"1":1}}}`, 2024, nil, []string{`A 2024 MONTHLY 1 {"kwh":1} 1/0`},
		},
		"early years": {
			`{"999":{"sum":1},"0001":{"sum":2},"9999":{"sum":3}}`, 0,
			[]int{2024},
			[]string{`A 1 YEARLY 1 {"sum":2} 0/0`, `A 999 YEARLY 1 {"sum":1} 0/0`, `A 9999 YEARLY 1 {"sum":3} 0/0`},
		},
		"one output with years and one without": {
			`{"sum":1,"kwh":{"2024":{"3":2}}}`, 0,
			[]int{2024},
			[]string{`A 2024 YEARLY 1 {"sum":1} 1/0`, `A 2024 MONTHLY 3 {"kwh":2} 1/0`},
		},
		"texts": {
			`{"note":"a\"\\\/\b\f\n\r\t\u00e7\ud83d\ude00 <ş>&😀"}`, 2024, nil,
			[]string{`A 2024 YEARLY 1 {"note":"a\"\\/\b\f\n\r\tç😀 <ş>&😀"} 1/0`},
		},
		"text at its longest": {
			`{"note":"` + strings.Repeat("x", 32<<10) + `"}`, 2024, nil,
			[]string{`A 2024 YEARLY 1 {"note":"` + strings.Repeat("x", 32<<10) + `"} 1/0`},
		},
	}
	for number, want := range map[string]string{
		"-0": "0", "0.0": "0", "1e21": "1000000000000000000000", "1.5e-7": "0.00000015", "-12.50": "-12.5",
		"0.1": "0.1", "1e2": "100", "123456789012345680000": "123456789012345680000", "5E+1": "50",
		"1e300": "1" + strings.Repeat("0", 300), "1.7976931348623157e308": "17976931348623157" + strings.Repeat("0", 292),
		"3e-308": "0." + strings.Repeat("0", 307) + "3", "9007199254740993": "9007199254740993",
	} {
		test := tests["nothing"]
		test.output, test.want = `{"sum":`+number+`}`, []string{`A 2024 YEARLY 1 {"sum":` + want + `} 1/0`}
		tests["number "+number] = test
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := check(t, test.output, test.year, test.years...)
			require.NoError(t, err)
			require.Equal(t, test.want, results)
		})
	}
}

func TestOutputsThatAreWrong(t *testing.T) {
	t.Parallel()
	const all = "sum, note, ok, kwh, best"
	for name, test := range map[string]struct {
		output  string
		year    int
		years   []int
		rule    string
		message string // behind the site
	}{
		"an array": {
			`[]`, 2024, nil, "object",
			"process returned an array; it must return an object keyed by output (" + all + ")",
		},
		"null":     {`null`, 2024, nil, "object", "process returned null;"},
		"a number": {`5`, 2024, nil, "object", "process returned a number;"},
		"a string": {`"x"`, 2024, nil, "object", "process returned a string;"},
		"nothing":  {``, 2024, nil, "json", "what process returned did not arrive"},
		"unknown key": {
			`{"sum":1,"Sum":2}`, 2024, nil, "unknown",
			"process returned a value for 'Sum', which is no output of the definition; there are: " + all,
		},
		"unknown key without a value": {`{"x":null}`, 2024, nil, "unknown", "process returned a value for 'x',"},
		"unknown key in a year": {
			`{"2024":{"x":1}}`, 2024, nil, "unknown",
			"process returned a value for 'x',",
		},
		"key that does not show": {
			`{"a\u0007` + strings.Repeat("ş", 90) + `":1}`, 2024, nil, "unknown",
			`process returned a value for 'a\a` + strings.Repeat("ş", 58) + "…',",
		},
		"year in a year": {
			`{"2024":{"2024":{"sum":1}}}`, 2024, nil, "unknown",
			"process returned a value for '2024',",
		},
		"text for number": {
			`{"sum":"1"}`, 2024, nil, "type",
			"output 'sum' in 2024 is a string; it must be a number",
		},
		"boolean for number": {
			`{"kwh":{"3":true}}`, 2024, nil, "type",
			"output 'kwh' in 2024-03 is a boolean; it must be a number",
		},
		"number for text": {
			`{"note":1}`, 2024, nil, "type",
			"output 'note' in 2024 is a number; it must be a string",
		},
		"number for boolean": {
			`{"ok":1}`, 2024, nil, "type",
			"output 'ok' in 2024 is a number; it must be a boolean",
		},
		"array for number": {
			`{"best":{"4":[1]}}`, 2024, nil, "type",
			"output 'best' in 2024-Q4 is an array; it must be a number",
		},
		"object in a year": {
			`{"2024":{"sum":{"2024":1}}}`, 2024, nil, "type",
			"output 'sum' in 2024 is an object; it must be a number",
		},
		"periods of a year": {
			`{"sum":{"3":1}}`, 2024, nil, "year",
			"output 'sum' has a value for the year 3, but this import is for 2024",
		},
		"value for months": {
			`{"kwh":5}`, 2024, nil, "object",
			"output 'kwh' is a number; a MONTHLY output is an object keyed by month, such as {12: …}",
		},
		"array for quarters": {
			`{"best":[1]}`, 2024, nil, "object",
			"output 'best' is an array; a QUARTERLY output is an object keyed by quarter, such as {4: …}",
		},
		"value in a year": {
			`{"2024":{"kwh":5}}`, 2024, nil, "object",
			"output 'kwh' in 2024 is a number; a MONTHLY output",
		},
		"month 13": {
			`{"kwh":{"13":1}}`, 2024, nil, "period",
			"output 'kwh' has the key '13'; the keys of a MONTHLY output are 1 to 12",
		},
		"month 0": {`{"kwh":{"0":1}}`, 2024, nil, "period", "output 'kwh' has the key '0';"},
		"month 03": {
			`{"kwh":{"03":1}}`, 2024, nil, "period",
			"output 'kwh' has the key '03'; the keys of a MONTHLY output are 1 to 12, without zeros",
		},
		"month March":         {`{"kwh":{"March":1}}`, 2024, nil, "period", "output 'kwh' has the key 'March';"},
		"no key for a month":  {`{"kwh":{"":1}}`, 2024, nil, "period", "output 'kwh' has the key '';"},
		"month -1":            {`{"kwh":{"-1":1}}`, 2024, nil, "period", "output 'kwh' has the key '-1';"},
		"month 13 of nothing": {`{"kwh":{"13":null}}`, 2024, nil, "period", "output 'kwh' has the key '13';"},
		"a year for a month":  {`{"kwh":{"2024":1}}`, 2024, nil, "period", "output 'kwh' has the key '2024';"},
		"quarter 5": {
			`{"2024":{"best":{"5":1}}}`, 2024, nil, "period",
			"output 'best' in 2024 has the key '5'; the keys of a QUARTERLY output are 1 to 4",
		},
		"periods in periods": {
			`{"2024":{"kwh":{"3":{"3":1}}}}`, 2024, nil, "type",
			"output 'kwh' in 2024-03 is an object;",
		},
		"years in years": {
			`{"kwh":{"2024":{"2024":{"3":1}}}}`, 2024, nil, "period",
			"output 'kwh' in 2024 has the key '2024';",
		},
		"another year": {
			`{"2023":{"sum":1}}`, 2024, nil, "year",
			"process returned an object with a value for the year 2023, but this import is for 2024",
		},
		"another year, empty": {
			`{"2023":{}}`, 2024,
			[]int{2024},
			"year",
			"process returned an object with a value",
		},
		"another year of one": {
			`{"kwh":{"2023":{"3":1}}}`, 2024,
			[]int{2024},
			"year",
			"output 'kwh' has a value for the year 2023, but this import is for 2024",
		},
		"another year, nothing": {
			`{"kwh":{"2023":null}}`, 2024,
			[]int{2024},
			"year",
			"output 'kwh' has a value for the year 2023,",
		},
		"year 0": {
			`{"0":{"sum":1}}`, 0,
			[]int{2024},
			"year",
			"process returned an object with the key '0' where a year from 1 to 9999 is expected",
		},
		"year 10000": {
			`{"10000":{"sum":1}}`, 0,
			[]int{2024},
			"year",
			"process returned an object with the key '10000' where",
		},
		"year 10000 of one": {
			`{"sum":{"10000":1}}`, 0,
			[]int{2024},
			"year",
			"output 'sum' has the key '10000' where a year from 1 to 9999 is expected",
		},
		"word for a year": {
			`{"sum":{"last":1}}`, 0,
			[]int{2024},
			"year",
			"output 'sum' has the key 'last' where a year",
		},
		"years beside outputs": {
			`{"sum":1,"2024":{}}`, 2024, nil, "mixed",
			"process returned an object that has both years and outputs for keys;",
		},
		"outputs beside years": {
			`{"2024":{},"sum":1}`, 2024, nil, "mixed",
			"process returned an object that has both",
		},
		"value for a year": {
			`{"2024":5}`, 2024, nil, "object",
			"process returned a number for the year 2024; it must be an object keyed by output (" + all + ")",
		},
		"no year among several": {
			`{"sum":1}`, 0,
			[]int{2022, 2024},
			"year",
			"output 'sum' has a value without a year, but the rows are of several (2022, 2024): wrap it by year, such as {2022: …}",
		},
		"no year for a month": {
			`{"kwh":{"3":1}}`, 0,
			[]int{2023, 2024},
			"year",
			"output 'kwh' has a value without a year,",
		},
		"the same year twice": {
			`{"0999":{"sum":1},"999":{"sum":2}}`, 0,
			[]int{999},
			"duplicate",
			"output 'sum' in 0999 has two values",
		},
		"with and without year": {
			`{"kwh":{"3":1,"2024":{"3":2}}}`, 2024, nil, "duplicate",
			"output 'kwh' in 2024-03 has two values",
		},
		"number too small": {
			`{"sum":5e-324}`, 2024, nil, "number",
			"output 'sum' in 2024 is a number that results cannot hold;",
		},
		"number too large": {
			`{"sum":1e309}`, 2024, nil, "number",
			"output 'sum' in 2024 is a number that results cannot hold;",
		},
		"number of 35 digits": {
			`{"sum":1.` + strings.Repeat("3", 34) + `}`, 2024, nil, "number",
			"output 'sum' in 2024 is a number that",
		},
		"exponent without end": {
			`{"sum":1e` + strings.Repeat("9", 5000) + `}`, 2024, nil, "number",
			"output 'sum' in 2024 is a number that",
		},
		"text too long": {
			`{"note":"` + strings.Repeat("x", 32<<10+1) + `"}`, 2024, nil, "long",
			"output 'note' in 2024 is longer than 32768 bytes",
		},
		"NUL": {
			`{"note":"a\u0000"}`, 2024, nil, "nul",
			"output 'note' in 2024 holds a NUL character",
		},
		"half a character": {
			`{"note":"\ud83d"}`, 2024, nil, "unicode",
			"output 'note' in 2024 is not valid Unicode: it has half of a surrogate pair",
		},
		"the other half": {
			`{"note":"\ude00\ud83d"}`, 2024, nil, "unicode",
			"output 'note' in 2024 is not valid Unicode",
		},
		"half of another": {
			`{"note":"\ud83d\u0041"}`, 2024, nil, "unicode",
			"output 'note' in 2024 is not valid Unicode",
		},
		"half in UTF-8": {
			"{\"note\":\"\xed\xa0\xbd\"}", 2024, nil, "unicode",
			"output 'note' in 2024 is not valid Unicode",
		},
		"half a key": {
			`{"\ud83d":1}`, 2024, nil, "unicode",
			"process returned a text that is not valid Unicode",
		},
		"too much": {
			`{"note":"` + strings.Repeat("x", 1<<20) + `"}`, 2024, nil, "size",
			"process returned more than 1048576 bytes of JSON",
		},
		"key twice": {
			`{"sum":1,"sum":1}`, 2024, nil, "json",
			"what process returned did not arrive as JSON",
		},
		"escaped key twice": {
			`{"sum":null,"\u0073um":1}`, 2024, nil, "json",
			"what process returned did not arrive",
		},
		"period twice": {
			`{"kwh":{"3":null,"3":1}}`, 2024, nil, "json",
			"what process returned did not arrive",
		},
		"more behind it":       {`{"sum":1} {}`, 2024, nil, "json", "what process returned did not arrive"},
		"no end":               {`{"sum":1`, 2024, nil, "json", "what process returned did not arrive"},
		"no end of a text":     {`{"note":"x`, 2024, nil, "json", "what process returned did not arrive"},
		"comma at the end":     {`{"sum":1,}`, 2024, nil, "json", "what process returned did not arrive"},
		"no comma":             {`{"sum":1"ok":true}`, 2024, nil, "json", "what process returned did not arrive"},
		"no colon":             {`{"sum" 1}`, 2024, nil, "json", "what process returned did not arrive"},
		"key without quotes":   {`{sum:1}`, 2024, nil, "json", "what process returned did not arrive"},
		"zero in front":        {`{"sum":01}`, 2024, nil, "json", "what process returned did not arrive"},
		"point at the end":     {`{"sum":1.}`, 2024, nil, "json", "what process returned did not arrive"},
		"no digits":            {`{"sum":-}`, 2024, nil, "json", "what process returned did not arrive"},
		"exponent of nothing":  {`{"sum":1e+}`, 2024, nil, "json", "what process returned did not arrive"},
		"half a word":          {`{"ok":tru}`, 2024, nil, "json", "what process returned did not arrive"},
		"not a number":         {`{"sum":NaN}`, 2024, nil, "json", "what process returned did not arrive"},
		"infinity":             {`{"sum":-Infinity}`, 2024, nil, "json", "what process returned did not arrive"},
		"line break in a text": {"{\"note\":\"a\nb\"}", 2024, nil, "json", "what process returned did not arrive"},
		"unknown escape":       {`{"note":"\x41"}`, 2024, nil, "json", "what process returned did not arrive"},
		"short escape":         {`{"note":"\u00g0"}`, 2024, nil, "json", "what process returned did not arrive"},
		"escape at the end":    {`{"note":"\`, 2024, nil, "json", "what process returned did not arrive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := check(t, test.output, test.year, test.years...)
			require.Empty(t, results)
			var failure *processor.ScriptError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, definition.ErrorScriptOutputInvalid, failure.Code)
			message, ok := strings.CutPrefix(failure.Message, "site 'A': ")
			require.True(t, ok, failure.Message)
			require.True(t, strings.HasPrefix(message, test.message), message)
			require.Equal(t, definition.Param{Name: "site", Value: "A"}, failure.Params[0])
			require.Equal(t, definition.Param{Name: "rule", Value: test.rule}, failure.Params[1])
			require.True(t, utf8.ValidString(message))
			for _, word := range strings.Fields("sum note ok kwh best") {
				if strings.HasPrefix(message, "output '"+word+"'") {
					require.Contains(t, failure.Params, definition.Param{Name: "output", Value: word})
				}
			}
		})
	}
}

// TestAnErrorOfTheOnlyCallNamesNoSite where the file has no site column.
func TestAnErrorOfTheOnlyCallNamesNoSite(t *testing.T) {
	t.Parallel()
	c := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("n", definition.TypeNumber)}, Outputs: outputs(),
	}}.withCode(t, returns(`{"sum":"x"}`))
	_, err := feed(t, c, "1").Results(t.Context())
	require.EqualError(t, err, "output 'sum' in 2024 is a string; it must be a number")
}

// TestDoublesBecomeTheDecimalsThatTheyArePrintedAs for doubles of every size.
func TestDoublesBecomeTheDecimalsThatTheyArePrintedAs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		d := math.Float64frombits(random.Uint64())
		if math.IsNaN(d) || math.IsInf(d, 0) || math.Abs(d) < 1e-308 {
			continue
		}
		text, err := json.Marshal(d)
		require.NoError(t, err)
		results, err := check(t, `{"sum":`+string(text)+`}`, 2024)
		require.NoError(t, err)
		number := strings.TrimSuffix(strings.TrimPrefix(results[0], `A 2024 YEARLY 1 {"sum":`), `} 1/0`)
		requirePlain(t, number)
		back, err := strconv.ParseFloat(number, 64)
		require.NoError(t, err)
		require.Equal(t, d, back) //nolint:testifylint // the same double
	}
}

// FuzzOutputs gives anything for what process returned: either each value stands in a result, or the error says what is
// wrong.
func FuzzOutputs(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"sum":1.5,"note":"ş","ok":true,"kwh":{"3":-0,"12":1e21},"best":{"4":null}}`,
		`{"2024":{"sum":1},"2023":{"kwh":{"1":2}}}`, `{"sum":{"2024":1},"kwh":{"2023":{"1":2}}}`,
		`{"note":"\ud83d\ude00\u0000"}`, `{"sum":1,"sum":2}`, `[1]`, `{"kwh":{"13":1}}`, "{\"note\":\"\xff\"}",
	} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(1))
		f.Add(seed, uint8(2))
	}
	f.Fuzz(func(t *testing.T, output string, mode uint8) {
		year, years := []int{2024, 0, 0}[mode%3], [][]int{nil, {2024}, {2023, 2024}}[mode%3]
		results, err := check(t, output, year, years...)
		if err != nil {
			var failure *processor.ScriptError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, definition.ErrorScriptOutputInvalid, failure.Code)
			require.True(t, utf8.ValidString(failure.Message) && !strings.ContainsRune(failure.Message, 0), "%q", failure.Message)
			require.Less(t, len(failure.Message), 2000)
			return
		}
		var all any
		decoder := json.NewDecoder(strings.NewReader(output))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&all), "%q", output)
		want := leaves(all)
		got := 0
		for _, r := range results {
			data := r[strings.Index(r, "{") : strings.LastIndex(r, "}")+1]
			var values map[string]any
			decoder := json.NewDecoder(strings.NewReader(data))
			decoder.UseNumber()
			require.NoError(t, decoder.Decode(&values), r)
			require.NotEmpty(t, values)
			for key, v := range values {
				if n, ok := v.(json.Number); ok {
					requirePlain(t, string(n))
					v = rat(t, string(n)).RatString()
				}
				at := fmt.Sprint(v)
				require.Positive(t, want[at], "%s of %q is nowhere in %q", key, r, output)
				want[at]--
				got++
			}
		}
		for value, n := range want {
			require.Zero(t, n, "%q of %q is lost", value, output)
		}
	})
}

// leaves counts the values that are not null.
func leaves(v any) map[string]int {
	found := map[string]int{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case nil:
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case json.Number:
			if r, ok := ratOf(string(v)); ok {
				found[r]++
			}
		default:
			found[fmt.Sprint(v)]++
		}
	}
	walk(v)
	return found
}

// ratOf is a number in lowest terms.
func ratOf(s string) (string, bool) {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", false
	}
	return r.RatString(), true
}
