package processor_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// readSampled reads all rows of a file with no format, all of them, or the first ones, being the sample, and gives what
// FIRST of each row's cells is, or the code of the error.
func readSampled(t testing.TB, f table, sampled int) []string {
	t.Helper()
	config := f.config()
	for _, row := range f.rows[:sampled] {
		config.Sample = append(config.Sample, processor.Row{Cells: split(row)})
	}
	var all []string
	for i, row := range f.rows {
		a, err := processor.New(config)
		require.NoError(t, err)
		w := a.Worker()
		if errs := w.Add(newRow(int64(i+1), 1, split(row))); len(errs) > 0 {
			all = append(all, string(errs[0].Code))
			continue
		}
		results, err := a.Results(t.Context())
		require.NoError(t, err)
		all = append(all, string(results[0].ProcessedData))
	}
	return all
}

func firstOf(names string, kind definition.ColumnType) (f table) {
	f.year = 2024
	for name := range strings.FieldsSeq(names) {
		o := output(name, definition.First, name)
		if kind == definition.TypeDate {
			o.Type = definition.OutputString
		}
		f.version.Columns = append(f.version.Columns, column(name, kind))
		f.version.Outputs = append(f.version.Outputs, o)
	}
	return f
}

func TestEvidenceSettlesNumbers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows    []string
		sampled int
		want    []string
	}{
		"no evidence":       {[]string{"1.234|5", "1234|6"}, 2, []string{"NUMBER_AMBIGUOUS", `{"a":1234,"b":6}`}},
		"the column's own":  {[]string{"1.234|5", "12,75|6"}, 2, []string{`{"a":1234,"b":5}`, `{"a":12.75,"b":6}`}},
		"another column's":  {[]string{"1.234|5,5"}, 1, []string{`{"a":1234,"b":5.5}`}},
		"decimals by point": {[]string{"1.234|0.5", "1,234|1"}, 2, []string{`{"a":1.234,"b":0.5}`, `{"a":1234,"b":1}`}},
		"own before others": {
			[]string{"1,5|0.5", "2.5|1,234.5", "1.234|1,234"},
			1,
			[]string{`{"a":1.5,"b":0.5}`, "NUMBER_INVALID", `{"a":1234,"b":1234}`},
		},
		"own against own": {
			[]string{"1.5|", "2,5|", "1.234|", "|1,234"},
			4,
			[]string{`{"a":1.5}`, `{"a":2.5}`, "NUMBER_AMBIGUOUS", "NUMBER_AMBIGUOUS"},
		},
		"by thousands":        {[]string{"1.234.567|", "1,234|"}, 2, []string{`{"a":1234567}`, `{"a":1.234}`}},
		"beyond the sample":   {[]string{"1.5|", "2,5|", "1,234|"}, 1, []string{`{"a":1.5}`, "NUMBER_INVALID", `{"a":1234}`}},
		"spaces stay allowed": {[]string{"1,5|", "1 234,567|"}, 2, []string{`{"a":1.5}`, `{"a":1234.567}`}},
		"not a number": {
			[]string{"1.5x|", "1.234|", "12,5 kWh|"}, 3, []string{"NUMBER_INVALID", "NUMBER_AMBIGUOUS", "NUMBER_INVALID"},
		},
		"with what is around": {[]string{"12,5 %|", "1.234 TL|"}, 2, []string{`{"a":0.125}`, `{"a":1234}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := firstOf("a b", definition.TypeNumber)
			f.rows = test.rows
			require.Equal(t, test.want, readSampled(t, f, test.sampled))
		})
	}
}

func TestEvidenceOfCellsThatAreNotTextCountsNothing(t *testing.T) {
	t.Parallel()
	f := firstOf("a", definition.TypeNumber)
	config := f.config()
	config.Sample = []processor.Row{{Cells: split("1.5"), Kinds: []definition.CellKind{definition.CellNumber}}}
	a, err := processor.New(config)
	require.NoError(t, err)
	errs := a.Worker().Add(newRow(1, 2, split("1.234")))
	require.Len(t, errs, 1)
	require.Equal(t, definition.RowNumberAmbiguous, errs[0].Code)
	require.Contains(t, errs[0].Message, "locale")
}

// TestEarlierEvidenceHoldsForCorrections reads a corrected file with other columns first, and writes a number for it.
func TestEarlierEvidenceHoldsForCorrections(t *testing.T) {
	t.Parallel()
	f := firstOf("a b", definition.TypeNumber)
	config := f.config()
	config.Sample = []processor.Row{{Cells: split("1,5|2")}}
	earlier, err := processor.New(config)
	require.NoError(t, err)
	config.Columns, config.Sample, config.Earlier = []int{1, 0}, []processor.Row{{Cells: split("0.5|0.5")}}, earlier
	corrected, err := processor.New(config)
	require.NoError(t, err)
	number := string(corrected.Format(1).AppendNumber(nil, []byte("-2.345")))
	require.Equal(t, "-2,345", number)
	require.Empty(t, corrected.Worker().Add(newRow(1, 2, split(number+"|1.234"))))
	results, err := corrected.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, `{"a":1234,"b":-2.345}`, string(results[0].ProcessedData))
	version := f.version.Normalize()
	version.Columns = version.Columns[:1]
	version.Outputs = version.Outputs[:1]
	_, err = processor.New(processor.Config{Version: version, Columns: []int{0}, Year: 2024, Earlier: earlier})
	require.ErrorContains(t, err, "another version")
}

func TestFormatsBeatEvidence(t *testing.T) {
	t.Parallel()
	f := firstOf("a b", definition.TypeNumber)
	f.version.Format.Locale = "tr"
	f.rows = []string{"1.5|0.5", "1.234|1"}
	require.Equal(t, []string{"NUMBER_INVALID", `{"a":1234,"b":1}`}, readSampled(t, f, 2))
}

func TestEvidenceSettlesDates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows    []string
		sampled int
		want    []string
	}{
		"none":    {[]string{"01/02/2024|"}, 1, []string{"DATE_AMBIGUOUS"}},
		"day":     {[]string{"01/02/2024|", "31/12/2024|"}, 2, []string{`{"a":"2024-02-01"}`, `{"a":"2024-12-31"}`}},
		"month":   {[]string{"01/02/2024|", "12/31/2024|"}, 2, []string{`{"a":"2024-01-02"}`, `{"a":"2024-12-31"}`}},
		"another": {[]string{"01/02/2024|31.12.2024"}, 1, []string{`{"a":"2024-02-01","b":"2024-12-31"}`}},
		"both": {
			[]string{"01/02/2024|", "31/12/2024|", "12/31/2024|"},
			3,
			[]string{"DATE_AMBIGUOUS", `{"a":"2024-12-31"}`, `{"a":"2024-12-31"}`},
		},
		"contrary": {[]string{"31/12/2024|", "12/31/2024|"}, 1, []string{`{"a":"2024-12-31"}`, "DATE_INVALID"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := firstOf("a b", definition.TypeDate)
			f.rows = test.rows
			require.Equal(t, test.want, readSampled(t, f, test.sampled))
		})
	}
}

func TestEvidenceSettlesPeriods(t *testing.T) {
	t.Parallel()
	f := table{
		version: definition.Version{Columns: []definition.Column{textPeriod}, Outputs: []definition.Output{monthlyCount}},
		rows:    []string{"01/02/2024", "31/12/2024"},
	}
	config := f.config()
	config.Sample = []processor.Row{{Cells: split(f.rows[0])}, {Cells: split(f.rows[1])}}
	a, err := processor.New(config)
	require.NoError(t, err)
	w := a.Worker()
	require.Empty(t, w.Add(newRow(1, 2, split(f.rows[0]))))
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, results[0].Period)
}

// inLocale writes a decimal with as many decimals as given, grouped or not, as people of a locale do.
func inLocale(random *rand.Rand, l definition.Locale, digits string, decimals int) string {
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if random.IntN(2) == 0 {
		group := string(l.Groups[random.IntN(len(l.Groups))])
		if group == " " {
			group = []string{" ", "\u00a0", "\u202f", "\u2009"}[random.IntN(4)]
		}
		size := 3
		for at := len(whole) - 3; at > 0; at -= size {
			whole = whole[:at] + group + whole[at:]
			if l.Indian {
				size = 2
			}
		}
	}
	if decimals > 0 {
		whole += string(l.Point) + fraction
	}
	return whole
}

// TestNumbersOfEveryLocale writes random numbers as each locale does: read in that locale they are themselves; read with
// nothing said they are themselves or an error; and in a file whose sample proves how they are written, nothing is
// ambiguous.
func TestNumbersOfEveryLocale(t *testing.T) {
	t.Parallel()
	for _, tag := range definition.Locales() {
		l, ok := definition.FindLocale(tag)
		require.True(t, ok)
		random := rand.New(rand.NewPCG(uint64(len(tag)), 7))
		free, named := firstOf("a", definition.TypeNumber), firstOf("a", definition.TypeNumber)
		named.version.Format.Locale = tag
		var want []string
		for range 60 {
			digits := fmt.Sprintf("%0*d", 1+random.IntN(9), random.IntN(1_000_000_000))
			decimals := random.IntN(min(5, len(digits)))
			text := inLocale(random, l, digits, decimals)
			plain := digits[:len(digits)-decimals] + "." + digits[len(digits)-decimals:]
			around := []string{"%s", "-%s", "(%s)", "%s %%", "%s €", "EUR %s", "－%s"}[random.IntN(7)]
			value := rat(t, plain)
			switch {
			case strings.ContainsAny(around, "-(－"):
				value.Neg(value)
			case strings.Contains(around, "%%"):
				value.Quo(value, rat(t, "100"))
			}
			want = append(want, value.String())
			free.rows = append(free.rows, fmt.Sprintf(around, text))
		}
		named.rows = free.rows
		value := func(got string) string {
			if strings.HasPrefix(got, "NUMBER_") {
				return got
			}
			return rat(t, strings.TrimSuffix(strings.TrimPrefix(got, `{"a":`), "}")).String()
		}
		for i, got := range readSampled(t, named, 0) {
			require.Equal(t, want[i], value(got), "%s: %s", tag, named.rows[i])
		}
		for i, got := range readSampled(t, free, 0) {
			if got := value(got); got != "NUMBER_AMBIGUOUS" && (!l.Indian || got != "NUMBER_INVALID") {
				require.Equal(t, want[i], got, "%s: %s", tag, free.rows[i])
			}
		}
		if !l.Indian {
			for i, got := range readSampled(t, free, len(free.rows)) {
				require.Equal(t, want[i], value(got), "%s: %s", tag, free.rows[i])
			}
		}
	}
}

// TestNumbersWrittenAgain checks that a number written by Format.AppendNumber is read as itself.
func TestNumbersWrittenAgain(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 8))
	for _, tag := range append(definition.Locales(), "") {
		format := definition.Format{Locale: tag}
		for range 100 {
			number := randomNumber(random)
			if random.IntN(3) == 0 {
				number = fmt.Sprintf("%d.%03d", 1+random.IntN(999), random.IntN(1000))
			}
			text := string(format.AppendNumber(nil, []byte(number)))
			got := read(t, format, column("", definition.TypeNumber), text)
			if got != "NUMBER_OUT_OF_RANGE" {
				require.Zero(t, rat(t, got).Cmp(rat(t, number)), "%s: %s as %s", tag, number, text)
			}
		}
	}
}
