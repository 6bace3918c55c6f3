package processor_test

import (
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// read types one cell and returns FIRST of it, as JSON without the braces, or the code of the error.
func read(t testing.TB, format definition.Format, c definition.Column, cell string) string {
	t.Helper()
	return readFrom(t, processor.Config{Version: definition.Version{Format: format}}, c, cell, definition.CellText)
}

// readFrom does so with a cell of a kind, and a config that lacks only the column and the output.
func readFrom(
	t testing.TB, config processor.Config, c definition.Column, cell string, cellKind definition.CellKind,
) string {
	t.Helper()
	c.Name = "c"
	kind := definition.OutputNumber
	switch c.Type {
	case definition.TypeBoolean:
		kind = definition.OutputBoolean
	case definition.TypeString, definition.TypeDate, definition.TypeDateTime:
		kind = definition.OutputString
	}
	config.Version.Columns = []definition.Column{c}
	config.Version.Outputs = []definition.Output{{Key: "c", Aggregate: definition.First, Column: "c", Type: kind}}
	config.Version = config.Version.Normalize()
	config.Columns = []int{0}
	if c.Role != definition.RolePeriod {
		config.Year = 2024
	}
	a, err := processor.New(config)
	require.NoError(t, err)
	w := a.Worker()
	row := newRow(1, 1, [][]byte{[]byte(cell)})
	row.Kinds = []definition.CellKind{cellKind}
	if errs := w.Add(row); len(errs) > 0 {
		require.Len(t, errs, 1)
		return string(errs[0].Code)
	}
	results, err := a.Results()
	require.NoError(t, err)
	return strings.TrimSuffix(strings.TrimPrefix(string(results[0].ProcessedData), `{"c":`), "}")
}

func TestCells(t *testing.T) {
	t.Parallel()
	const (
		number, integer, boolean = definition.TypeNumber, definition.TypeInteger, definition.TypeBoolean
		date, dateTime, text     = definition.TypeDate, definition.TypeDateTime, definition.TypeString
	)
	type format = definition.Format
	comma := format{DecimalSeparator: ","}
	turkish := format{DecimalSeparator: ",", ThousandsSeparator: "."}
	english := format{ThousandsSeparator: ","}
	french := format{DecimalSeparator: ",", ThousandsSeparator: " "}
	swiss := format{DecimalSeparator: ".", ThousandsSeparator: "'"}
	german := format{DateFormats: []string{"DD.MM.YYYY", "D/M/YYYY"}}
	istanbul := format{TimeZone: "Europe/Istanbul"}
	tests := []struct {
		format format
		kind   definition.ColumnType
		cells  map[string]string
	}{
		{format{}, number, map[string]string{
			"0": "0", "-0.00": "0", "+7": "7", "007": "7", ".5": "0.5", "5.": "5", "-.5": "-0.5", "1.50": "1.5",
			"0.001": "0.001",
			"1e3":   "1000", "1E-3": "0.001", "12.5e+1": "125", "1.234": "1.234", " 4\t": "4", "\u00a04": "4",
			"999999999999999999": "999999999999999999", "1234567890123456789": "1234567890123456789",
			"-9223372036854775808":                "-9223372036854775808",
			"1234567890123456789012345678901234":  "1234567890123456789012345678901234",
			"12345678901234567890123456789012345": "NUMBER_OUT_OF_RANGE",
			"0.1234567890123456789":               "0.1234567890123456789",
			"1" + strings.Repeat("0", 40):         "1" + strings.Repeat("0", 40),
			"1." + strings.Repeat("0", 40):        "1",
			"1." + strings.Repeat("0", 40) + "1":  "NUMBER_OUT_OF_RANGE",
			strings.Repeat("0", 50) + "1":         "1",
			"1e308":                               "1" + strings.Repeat("0", 308), "1e309": "NUMBER_OUT_OF_RANGE",
			"1e-308": "0." + strings.Repeat("0", 307) + "1", "1e-309": "NUMBER_OUT_OF_RANGE",
			"0e999999999999999999999": "0",
			"1e999999999999999999999": "NUMBER_OUT_OF_RANGE", "1e-999999999999999999999": "NUMBER_OUT_OF_RANGE",
			"1,234": "NUMBER_AMBIGUOUS", "-12,345": "NUMBER_AMBIGUOUS", "999,000": "NUMBER_AMBIGUOUS",
			"1,23": "NUMBER_INVALID", "1,2345": "NUMBER_INVALID", "0,123": "NUMBER_INVALID",
			"1,234,567": "NUMBER_INVALID",
			"1,234.5":   "NUMBER_INVALID", "1234,567": "NUMBER_INVALID",
			"NaN": "NUMBER_INVALID", "Inf": "NUMBER_INVALID", "-Infinity": "NUMBER_INVALID", "-": "NUMBER_INVALID",
			".":   "NUMBER_INVALID",
			"+-1": "NUMBER_INVALID", "1..2": "NUMBER_INVALID", "1.2.3": "NUMBER_INVALID", "1 2": "NUMBER_INVALID",
			"1e":  "NUMBER_INVALID",
			"1e+": "NUMBER_INVALID", "e5": "NUMBER_INVALID", "1e5.0": "NUMBER_INVALID", "0x10": "NUMBER_INVALID",
			"1_000": "NUMBER_INVALID",
			"5%":    "NUMBER_INVALID", "٣": "NUMBER_INVALID", "12-": "NUMBER_INVALID",
		}},
		{comma, number, map[string]string{
			"1,5": "1.5", "1,234": "1.234", "1.5": "NUMBER_INVALID", "1.234": "NUMBER_INVALID", "1,5e2": "150",
			"1,2,3": "NUMBER_INVALID",
		}},
		{turkish, number, map[string]string{
			"1.234,56": "1234.56", "1.234.567": "1234567", "1234,5": "1234.5", "1.23": "NUMBER_INVALID",
			"12.34.567": "NUMBER_INVALID",
			"1234.567":  "NUMBER_INVALID", "0.123": "NUMBER_INVALID", "1.234,567.8": "NUMBER_INVALID",
			".123":   "NUMBER_INVALID",
			"1..234": "NUMBER_INVALID", "1.234.": "NUMBER_INVALID", "-1.234": "-1234",
			"999.999.999.999.999.999": "999999999999999999",
		}},
		{english, number, map[string]string{
			"1,234": "1234", "1,234.5": "1234.5", "1,23": "NUMBER_INVALID",
			"1234": "1234",
		}},
		{french, number, map[string]string{
			"1 234,5": "1234.5", "1\u00a0234,5": "1234.5", "1\u202f234 567": "1234567", "1  234": "NUMBER_INVALID",
		}},
		{swiss, number, map[string]string{"1'234.5": "1234.5", "1’234.5": "1234.5"}},
		{format{}, integer, map[string]string{
			"42": "42", "-7": "-7", "5.0": "5", "1e3": "1000", "1.5": "INTEGER_INVALID", "x": "INTEGER_INVALID",
			"1,234":            "NUMBER_AMBIGUOUS",
			"9007199254740992": "9007199254740992", "9007199254740993": "NUMBER_OUT_OF_RANGE",
			"-9007199254740992": "-9007199254740992",
			"-9007199254740993": "NUMBER_OUT_OF_RANGE", "1e30": "NUMBER_OUT_OF_RANGE",
			"123456789012345678901.5": "INTEGER_INVALID",
			"1e-30":                   "INTEGER_INVALID",
		}},
		{turkish, integer, map[string]string{"1.234": "1234", "1,0": "1", "1,5": "INTEGER_INVALID"}},
		{format{}, boolean, map[string]string{
			"true": "true", "FALSE": "false", "1": "true", "0": "false", "Yes": "true", "nO": "false",
			"evet": "BOOLEAN_INVALID",
			"t":    "BOOLEAN_INVALID", "2": "BOOLEAN_INVALID", "falsehood": "BOOLEAN_INVALID",
		}},
		{format{}, date, map[string]string{
			"2024-02-29": `"2024-02-29"`, "20240229": `"2024-02-29"`, "0001-01-01": `"0001-01-01"`,
			"9999-12-31": `"9999-12-31"`,
			"2023-02-29": "DATE_INVALID", "2024-13-01": "DATE_INVALID", "2024-00-01": "DATE_INVALID",
			"0000-01-01": "DATE_INVALID",
			"2024-1-1":   "DATE_INVALID", "2024/01/01": "DATE_INVALID", "2024-03-15 10:00": "DATE_INVALID",
			"45000":      "DATE_INVALID",
			"01/02/2024": "DATE_AMBIGUOUS", "1.2.2024": "DATE_AMBIGUOUS", "03-04-2024": "DATE_AMBIGUOUS",
			"31/12/2024": "DATE_INVALID",
			"00/02/2024": "DATE_INVALID", "01/02-2024": "DATE_INVALID", "01/02/24": "DATE_INVALID",
			"2024-0a-01": "DATE_INVALID",
		}},
		{german, date, map[string]string{
			"29.02.2024": `"2024-02-29"`, "1/12/2024": `"2024-12-01"`, "2024-02-29": "DATE_INVALID",
			"29.02.2023": "DATE_INVALID",
			"01-02-2024": "DATE_INVALID",
		}},
		{istanbul, dateTime, map[string]string{
			"2024-03-15T10:00:00Z":   `"2024-03-15T13:00:00+03:00"`,
			"2024-03-15t10:00:00.5z": `"2024-03-15T13:00:00.5+03:00"`,
			"2024-03-15 10:00":       `"2024-03-15T10:00:00+03:00"`, "2024-03-15T10:00:05": `"2024-03-15T10:00:05+03:00"`,
			"2024-03-15T10:00:00-02:30": `"2024-03-15T15:30:00+03:00"`,
			"1969-07-20 20:17:40":       `"1969-07-20T20:17:40+02:00"`,
			"2024-03-15":                "DATE_INVALID", "2024-03-15 24:00": "DATE_INVALID", "2024-03-15 10:60": "DATE_INVALID",
			"2024-03-15 10:00:60": "DATE_INVALID", "2024-03-15 10:00:00.": "DATE_INVALID",
			"2024-03-15 10:00:00.1234567890": "DATE_INVALID",
			"2024-03-15 10:00+24:00":         "DATE_INVALID", "2024-03-15 10:00 Z": "DATE_INVALID",
			"01/02/2024 10:00": "DATE_AMBIGUOUS",
		}},
		{german, dateTime, map[string]string{
			"2024-03-15 10:00": `"2024-03-15T10:00:00Z"`,
			"15.03.2024":       `"2024-03-15T00:00:00Z"`,
		}},
		{format{}, text, map[string]string{
			" a ": `" a "`, "a\xff": "ENCODING_INVALID", "a\x00": "NUL_BYTE",
		}},
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			require.Equal(t, want, read(t, test.format, column("", test.kind), cell), "%s %q %+v",
				test.kind, cell, test.format)
		}
	}
	own := definition.Column{Type: date, Format: "MM/DD/YYYY"}
	require.Equal(t, `"2024-01-02"`, read(t, german, own, "01/02/2024"))
	require.Equal(t, "DATE_INVALID", read(t, german, own, "02.01.2024"))
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	const invalid, coarse = "PERIOD_INVALID", "PERIOD_TOO_COARSE"
	column := func(kind definition.ColumnType, format string) definition.Column {
		return definition.Column{Name: "p", Type: kind, Format: format, Role: definition.RolePeriod}
	}
	text := column(definition.TypeString, "")
	monthly, quarterly, yearly := definition.Monthly, definition.Quarterly, definition.Yearly
	tests := []struct {
		column definition.Column
		unit   definition.PeriodUnit
		format definition.Format
		cells  map[string]string
	}{
		{text, monthly, definition.Format{}, map[string]string{
			"2024-03": "2024 3", "2024/3": "2024 3", "03.2024": "2024 3", "3/2024": "2024 3", "12-2024": "2024 12",
			"2024-03-15": "2024 3",
			"20240315":   "2024 3", "2024-03-15T23:00:00Z": "2024 3", "2024-03-15 10:00": "2024 3",
			"Mart 2024": "2024 3", "MART 2024": "2024 3", "March 2024": "2024 3", "Mar 2024": "2024 3",
			"mar. 2024": "2024 3", "2024 March": "2024 3",
			"Şubat 2024": "2024 2", "ŞUBAT-2024": "2024 2", "Aralık 2024": "2024 12", "EYLÜL 2024": "2024 9",
			"Sept. 2024":   "2024 9",
			"15 Mart 2024": "2024 3", "March 15, 2024": "2024 3", "  Mart \u00a02024 ": "2024 3",
			"Mart2024": "2024 3",
			"2024":     coarse, "Q1 2024": coarse, "2024-13": invalid, "0.2024": invalid, "13.2024": invalid, "2024.03": invalid,
			"03 2024":    invalid,
			"01/02/2024": invalid, "Mart": invalid, "Marz 2024": invalid, "Mart 24": invalid, "0000": invalid,
			"20245": invalid, "": invalid,
			"32 Mart 2024": invalid, "31 Nisan 2024": invalid, "2024-03-": invalid, "-2024": invalid, "2024--03": invalid,
			"Q5 2024":     invalid,
			"Mart 2024 x": invalid, "2024-02-30": invalid, "202403": invalid, "March 2024 15 1": invalid,
			"Q 2024": invalid, "x\xff": invalid,
		}},
		{text, quarterly, definition.Format{}, map[string]string{
			"Q1 2024": "2024 1", "q4/2024": "2024 4", "2024-Q1": "2024 1", "2024Q2": "2024 2", "Q3-2024": "2024 3",
			"1Q 2024":        "2024 1",
			"1. Çeyrek 2024": "2024 1", "Ç2 2024": "2024 2", "2024 3. çeyrek": "2024 3", "Quarter 4, 2024": "2024 4",
			"2024-11":    "2024 4",
			"Mayıs 2024": "2024 2", "2024": coarse, "Q0 2024": invalid, "Q5 2024": invalid, "Q12 2024": invalid,
		}},
		{text, yearly, definition.Format{}, map[string]string{
			"2024": "2024 1", "Q3 2023": "2023 1",
			"2022-01": "2022 1",
		}},
		{text, monthly, definition.Format{DateFormats: []string{"DD/MM/YYYY", "YYYYMM"}}, map[string]string{
			"01/02/2024": "2024 2", "202403": "2024 3", "Mart 2024": "2024 3",
		}},
		{
			column(definition.TypeString, "MM/YYYY"), monthly,
			definition.Format{},
			map[string]string{"03/2024": "2024 3", "2024-03": invalid},
		},
		{
			column(definition.TypeString, "[Q]Q.YYYY"), quarterly,
			definition.Format{},
			map[string]string{"Q2.2024": "2024 2", "Q5.2024": invalid},
		},
		{dateColumnNamed("p"), monthly, definition.Format{}, map[string]string{
			"2024-03-15": "2024 3", "2024-03": "DATE_INVALID", "01/02/2024": "DATE_AMBIGUOUS", "": invalid,
		}},
		{
			column(definition.TypeDateTime, ""), monthly,
			definition.Format{TimeZone: "Europe/Istanbul"},
			map[string]string{
				"2023-12-31T21:00:00Z": "2024 1", "2023-12-31T20:59:59Z": "2023 12", "2023-12-31 23:59": "2023 12",
				"2024-01-01T00:00:00+04:00": "2023 12",
			},
		},
		{column(definition.TypeDateTime, ""), monthly, definition.Format{}, map[string]string{
			"2023-12-31T21:00:00-05:00": "2024 1",
			"0001-01-01T00:00:00+01:00": invalid, "9999-12-31T23:59:59-01:00": invalid,
		}},
		{column(definition.TypeInteger, ""), yearly, definition.Format{}, map[string]string{
			"2024": "2024 1", "24": invalid, "10000": invalid, "x": "INTEGER_INVALID", "2024.5": "INTEGER_INVALID",
		}},
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			f := table{
				version: definition.Version{
					Columns: []definition.Column{test.column}, Format: test.format,
					Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: test.unit}},
				},
				rows: []string{cell},
			}
			results, errs := f.run(t)
			if strings.HasPrefix(want, "2") {
				year, period, _ := strings.Cut(want, " ")
				require.Empty(t, errs, "%q", cell)
				require.Equal(t, "- "+year+" "+string(test.unit)+" "+period+` {"rows":1} 1/0`, results[0], "%q", cell)
			} else {
				require.Equal(t, []string{"1 p " + want}, errs, "%q", cell)
			}
		}
	}
}

func dateColumnNamed(name string) definition.Column {
	c := dateColumn
	c.Name = name
	return c
}

func TestRequiredPeriodsAndYears(t *testing.T) {
	t.Parallel()
	period := textPeriod
	period.Required = true
	results, errs := table{
		year: 2024,
		version: definition.Version{
			Columns: []definition.Column{period},
			Outputs: []definition.Output{output("rows", definition.Count, "")},
		},
		rows: []string{"", "2023", "2024-05", "2024"},
	}.run(t)
	require.Equal(t, []string{"1 period MISSING_REQUIRED", "2 period YEAR_MISMATCH"}, errs)
	require.Equal(t, []string{`- 2024 YEARLY 1 {"rows":2} 2/0`}, results)
}
