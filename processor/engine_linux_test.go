package processor_test

import (
	"fmt"
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// readings are months of two sites.
func readings(columns ...definition.Column) table {
	return table{
		sites: known{"ankara": {ID: "site-1", Key: "ANK", Name: "Ankara"}},
		version: definition.Version{
			Columns: append([]definition.Column{siteColumn, dateColumn, column("kWh", definition.TypeNumber)}, columns...),
			Outputs: []definition.Output{
				scriptOutput("kwh", definition.OutputNumber, definition.Monthly),
				scriptOutput("best", definition.OutputString, definition.Yearly),
				scriptOutput("complete", definition.OutputBoolean, definition.Yearly),
			},
		},
	}
}

func TestCodeComputesResults(t *testing.T) {
	t.Parallel()
	c := readings(column("absent", definition.TypeString)).withEngine(t, `
		function process(rows, context) {
			const out = {};
			for (const row of rows) {
				if (row.absent !== null) throw new Error("a cell from nowhere");
				const year = Number(row.date.slice(0, 4)), month = Number(row.date.slice(5, 7));
				const o = out[year] ??= { kwh: {}, best: null, complete: false };
				o.kwh[month] = (o.kwh[month] ?? 0) + row.kWh;
			}
			for (const year in out) {
				const [month, kwh] = Object.entries(out[year].kwh).sort((a, b) => b[1] - a[1])[0];
				out[year].best = context.site.key + "/" + context.site.name + "/" + month;
				out[year].complete = Object.keys(out[year].kwh).length == 12;
				console.log(year, kwh);
			}
			return out;
		}`)
	c.Columns[3] = -1
	a := feed(t, c,
		"Foça|2024-03-01|0.5", "Ankara|2023-12-31|1e21", "ANKARA|2024-01-15|2", "Ankara|2024-01-16|-3", "Foça|2024-03-02|0.25",
		"Ankara|2024-02-01|1")
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		`ANK=site-1 2023 YEARLY 1 {"best":"ANK/Ankara/12","complete":false} 1/0`,
		`ANK=site-1 2023 MONTHLY 12 {"kwh":1000000000000000000000} 1/0`,
		`ANK=site-1 2024 YEARLY 1 {"best":"ANK/Ankara/2","complete":false} 3/0`,
		`ANK=site-1 2024 MONTHLY 1 {"kwh":-1} 2/0`,
		`ANK=site-1 2024 MONTHLY 2 {"kwh":1} 1/0`,
		`Foça 2024 YEARLY 1 {"best":"Foça/null/3","complete":false} 2/0`,
		`Foça 2024 MONTHLY 3 {"kwh":0.75} 2/0`,
	}, lines(results))
	require.Equal(t, []string{"LOG ANK 2023 1e+21", "LOG ANK 2024 1", "LOG Foça 2024 0.75"}, logLines(a.Log()))
}

// TestWhatCodeDoesWrongNamesTheSite shows faults of code and of what it returns.
func TestWhatCodeDoesWrongNamesTheSite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body    string
		code    definition.ImportErrorCode
		message string // behind the site
		params  []definition.Param
	}{
		"throws": {
			"\n  console.warn('so far');\n  rows[0].kWh.toUpperCase()", definition.ErrorScriptThrew, "",
			[]definition.Param{{Name: "line", Value: "3"}},
		},
		"unknown output": {"return { kWh: 1 }", definition.ErrorScriptOutputInvalid, "process returned a value for 'kWh',", nil},
		"text for months": {
			"return { kwh: { 3: '5' } }", definition.ErrorScriptOutputInvalid, "output 'kwh' in 2024-03 is a string;",
			[]definition.Param{{Name: "output", Value: "kwh"}, {Name: "period", Value: "2024-03"}},
		},
		"not a number":     {"return { kwh: { 3: NaN } }", definition.ErrorScriptOutputInvalid, "", nil},
		"half a character": {"return { best: '😀'.slice(0, 1) }", definition.ErrorScriptOutputInvalid, "", nil},
		"nothing":          {"", definition.ErrorScriptOutputInvalid, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := readings().withEngine(t, "function process(rows) {"+test.body+"}")
			a := feed(t, c, "Foça|2024-03-01|1", "Ankara|2024-03-01|1")
			_, err := a.Results(t.Context())
			var failure *processor.ScriptError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, test.code, failure.Code, failure.Message)
			require.True(t, strings.HasPrefix(failure.Message, "site 'ANK': "+test.message), failure.Message)
			require.Subset(t, failure.Params, append(test.params, definition.Param{Name: "site", Value: "ANK"}))
			if name == "throws" {
				require.Equal(t, 1, strings.Count(failure.Message, "line 3, column "), failure.Message)
				require.Equal(t, []string{"WARN ANK so far"}, logLines(a.Log()))
			}
		})
	}
}

// TestCodeIsGivenRowsThatWereSpilled in their order, of a site that is read as it goes and of many that are not.
func TestCodeIsGivenRowsThatWereSpilled(t *testing.T) {
	t.Parallel()
	f := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{siteColumn, column("n", definition.TypeInteger), column("s", definition.TypeString)},
		Outputs: []definition.Output{
			scriptOutput("sum", definition.OutputNumber, definition.Yearly),
			scriptOutput("ordered", definition.OutputBoolean, definition.Yearly),
		},
	}}
	c := f.withEngine(t, `
		function process(rows) {
			let sum = 0, last = 0, ordered = true;
			for (const row of rows) {
				sum += row.n;
				ordered = ordered && row.n > last && row.s == "text " + row.n;
				last = row.n;
			}
			return { sum, ordered };
		}`)
	c.Spill = newSpill(t, processor.SpillConfig{MemoryBytes: 64 << 10})
	a, err := processor.New(c)
	require.NoError(t, err)
	workers := []*processor.Worker{a.Worker(), a.Worker()}
	const rows = 30_000
	sums, counts := map[string]int64{}, map[string]int64{}
	for i := int64(1); i <= rows; i++ {
		site := "large"
		if i%2 == 0 {
			site = fmt.Sprintf("small %d", i%50)
		}
		sums[site] += i
		counts[site]++
		require.Empty(t, workers[i/100%2].Add(newRow(i, i, split(fmt.Sprintf("%s|%d|text %d", site, i, i)))))
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Len(t, results, len(sums))
	for _, r := range results {
		require.Equal(t, fmt.Sprintf(`{"sum":%d,"ordered":true}`, sums[*r.SiteKey]), string(r.ProcessedData), *r.SiteKey)
		require.Equal(t, counts[*r.SiteKey], r.RowsProcessed)
	}
}
