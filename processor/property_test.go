package processor_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"
)

// randomNumber writes numbers of every size, among them many of one scale, as files have them.
func randomNumber(random *rand.Rand) string {
	sign := []string{"", "-"}[random.IntN(2)]
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + random.IntN(10)))
		}
		return b.String()
	}
	switch random.IntN(6) {
	case 0:
		return sign + digits(1+random.IntN(18))
	case 1:
		return sign + digits(1+random.IntN(17)) + "." + digits(1+random.IntN(17))
	case 2:
		return sign + digits(1+random.IntN(8)) + "e" + fmt.Sprint(random.IntN(600)-300)
	case 3:
		return sign + "0." + digits(18)
	default:
		return sign + digits(3) + "." + digits(2)
	}
}

func rat(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	require.True(t, ok, s)
	return r
}

// plain is JSON's number without exponent, in its shortest form.
func requirePlain(t testing.TB, s string) {
	t.Helper()
	require.NotContains(t, strings.ToLower(s), "e")
	require.NotEqual(t, "-0", s)
	if strings.Contains(s, ".") {
		require.False(t, strings.HasSuffix(s, "0") || strings.HasSuffix(s, "."), s)
	}
	require.True(t, json.Valid([]byte(s)), s)
}

func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	version := definition.Version{
		Format:  definition.Format{DecimalSeparator: "."},
		Columns: []definition.Column{column("n", definition.TypeNumber)},
		Outputs: []definition.Output{
			output("sum", definition.Sum, "n"), output("average", definition.Average, "n"),
			output("min", definition.Min, "n"), output("max", definition.Max, "n"),
		},
	}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 3))
		a, err := processor.New(table{year: 2024, version: version}.config())
		require.NoError(t, err)
		workers := []*processor.Worker{a.Worker(), a.Worker(), a.Worker()}
		sum, count := new(big.Rat), int64(0)
		var least, most *big.Rat
		large := seed%3 == 0 // adds up beyond 128 bits
		for row := int64(1); row <= 1+random.Int64N(400); row++ {
			cell := randomNumber(random)
			if large {
				cell = []string{"999999999999999999", "0.999999999999999999", "-1e17"}[random.IntN(3)]
			}
			if errs := workers[random.IntN(3)].Add(newRow(row, row, [][]byte{[]byte(cell)})); len(errs) > 0 {
				require.Equal(t, definition.RowNumberOutOfRange, errs[0].Code, cell)
				continue
			}
			r := rat(t, cell)
			sum.Add(sum, r)
			count++
			if least == nil || r.Cmp(least) < 0 {
				least = r
			}
			if most == nil || r.Cmp(most) > 0 {
				most = r
			}
		}
		results, err := a.Results(t.Context())
		require.NoError(t, err)
		if count == 0 {
			require.Empty(t, results)
			continue
		}
		var got map[string]json.Number
		require.NoError(t, json.Unmarshal(results[0].ProcessedData, &got))
		for _, value := range got {
			requirePlain(t, string(value))
		}
		require.Zero(t, rat(t, string(got["sum"])).Cmp(sum), "sum %s of seed %d", got["sum"], seed)
		require.Zero(t, rat(t, string(got["min"])).Cmp(least))
		require.Zero(t, rat(t, string(got["max"])).Cmp(most))
		requireRounded(t, sum.Quo(sum, new(big.Rat).SetInt64(count)), string(got["average"]))
	}
}

// requireRounded checks that got is want to 15 significant digits, half to even.
func requireRounded(t *testing.T, want *big.Rat, got string) {
	t.Helper()
	d, _, err := apd.NewFromString(got)
	require.NoError(t, err)
	d.Reduce(d)
	require.LessOrEqual(t, d.NumDigits(), int64(15))
	if want.Sign() == 0 {
		require.Equal(t, "0", got)
		return
	}
	// One unit in the fifteenth place: 10^(e-14), where 10^e is the power of the first digit.
	abs := new(big.Rat).Abs(want)
	power, ten, one := new(big.Rat).SetInt64(1), big.NewRat(10, 1), big.NewRat(1, 1)
	unit := new(big.Rat).Set(one)
	for unit.Set(power); power.Cmp(abs) > 0; unit.Set(power) {
		power.Quo(power, ten)
	}
	for next := new(big.Rat).Mul(power, ten); next.Cmp(abs) <= 0; next.Mul(next, ten) {
		power.Set(next)
	}
	unit.Set(power)
	for range 14 {
		unit.Quo(unit, ten)
	}
	off := new(big.Rat).Sub(rat(t, got), want)
	off.Abs(off).Mul(off, big.NewRat(2, 1))
	switch off.Cmp(unit) {
	case 1:
		t.Fatalf("%s is not %s rounded", got, want.FloatString(40))
	case 0:
		last := new(big.Rat).Quo(rat(t, got), unit)
		require.True(t, last.IsInt() && last.Num().Bit(0) == 0, "%s is not even", got)
	}
}

func TestAverageRoundsHalfToEven(t *testing.T) {
	t.Parallel()
	for cells, want := range map[string]string{
		"1|2":                                 "1.5",
		"1|1|2":                               "1.33333333333333",
		"1|2|2":                               "1.66666666666667",
		"1.00000000000001|1":                  "1", // 1.000000000000005: the even neighbour is below
		"1.00000000000003|1":                  "1.00000000000002",
		"-1.00000000000003|-1":                "-1.00000000000002",
		"999999999999999.5|999999999999999.5": "1000000000000000",
		"12345678901234567890":                "12345678901234600000",
		"0|0":                                 "0",
	} {
		results, errs := table{
			year: 2024, rows: strings.Split(cells, "|"),
			version: definition.Version{
				Columns: []definition.Column{column("n", definition.TypeNumber)},
				Outputs: []definition.Output{output("a", definition.Average, "n")},
			},
		}.run(t)
		require.Empty(t, errs)
		require.Contains(t, results[0], `{"a":`+want+`}`, cells)
	}
}

// TestResultsDoNotDependOnTheSplit feeds the same rows, good and bad, to any number of workers in any order.
func TestResultsDoNotDependOnTheSplit(t *testing.T) {
	t.Parallel()
	text := definition.OutputString
	f := table{
		sites: known{"a": {ID: "site-a", Key: "A"}, "alpha": {ID: "site-a", Key: "A"}},
		version: definition.Version{
			Columns: []definition.Column{
				siteColumn, textPeriod, column("n", definition.TypeNumber), column("s", definition.TypeString),
				column("d", definition.TypeDateTime), column("b", definition.TypeBoolean),
			},
		},
	}
	for _, unit := range []definition.PeriodUnit{definition.Monthly, definition.Quarterly, definition.Yearly} {
		for i, o := range []definition.Output{
			output("", definition.Sum, "n"), output("", definition.Average, "n"), output("", definition.Min, "n"),
			output("", definition.Max, "n"), output("", definition.First, "n"), output("", definition.Last, "n"),
			output("", definition.Count, "s"), output("", definition.Count, ""),
			{Aggregate: definition.First, Column: "s", Type: text},
			{Aggregate: definition.Last, Column: "s", Type: text},
			{Aggregate: definition.Min, Column: "d", Type: text},
			{Aggregate: definition.Max, Column: "d", Type: text},
			{Aggregate: definition.Last, Column: "b", Type: definition.OutputBoolean},
		} {
			o.Key, o.PeriodUnit = fmt.Sprintf("%s-%d", unit, i), unit
			f.version.Outputs = append(f.version.Outputs, o)
		}
	}
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 5))
		pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
		type record struct {
			row   int64
			cells [][]byte
		}
		var records []record
		for row := range int64(1 + random.IntN(500)) {
			records = append(records, record{row + 1, split(strings.Join([]string{
				pick("a", "alpha", "A ", "b", "B", "ç", ""),
				pick("2024-01", "Mart 2024", "2024-02-29", "03.2023", "2024-12", "2024"),
				pick(randomNumber(random), "", "1.5", "2", "x"),
				pick("", "text", "ş", fmt.Sprint(row)),
				pick("", "2024-01-01T00:00:00Z", fmt.Sprintf("2024-01-01 10:00:00.%03d", random.IntN(1000)),
					"1969-01-01 00:00"),
				pick("", "yes", "no"),
			}, "|"))})
		}
		compute := func(workers int) ([]string, *definition.ErrorLog) {
			a, err := processor.New(f.config())
			require.NoError(t, err)
			parts := make([][]record, workers)
			for _, r := range records {
				at := random.IntN(workers)
				parts[at] = append(parts[at], r)
			}
			logs := make([]*definition.ErrorLog, workers)
			var wait sync.WaitGroup
			for i := range parts {
				w, log := a.Worker(), definition.NewErrorLog(50)
				logs[i] = log
				wait.Go(func() {
					for _, r := range parts[i] {
						log.Add(w.Add(newRow(r.row, r.row+1, r.cells))...)
					}
				})
			}
			wait.Wait()
			for _, log := range logs[1:] {
				logs[0].Merge(log)
			}
			results, err := a.Results(t.Context())
			require.NoError(t, err)
			return lines(results), logs[0]
		}
		want, wantLog := compute(1)
		for workers := 1; workers <= 4; workers++ {
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			got, gotLog := compute(workers)
			require.Equal(t, want, got)
			require.Equal(t, wantLog.Errors(), gotLog.Errors())
			require.Equal(t, wantLog.Groups(), gotLog.Groups())
		}
	}
}
