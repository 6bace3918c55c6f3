package processor_test

import (
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

func TestCellsOfKnownKind(t *testing.T) {
	t.Parallel()
	const (
		number, boolean, date = definition.CellNumber, definition.CellBoolean, definition.CellDate
		dateTime, text        = definition.CellDateTime, definition.CellText
	)
	turkish := definition.Format{DecimalSeparator: ",", ThousandsSeparator: ".", DateFormats: []string{"DD.MM.YYYY"}}
	tests := []struct {
		column definition.ColumnType
		kind   definition.CellKind
		cells  map[string]string
	}{
		{definition.TypeNumber, number, map[string]string{
			"1.234": "1.234", "-1.5E-3": "-0.0015", "007": "7", "1,5": "NUMBER_INVALID", "": "{",
		}},
		{definition.TypeNumber, text, map[string]string{"1.234,5": "1234.5", "1.234": "1234"}},
		{definition.TypeNumber, date, map[string]string{"2024-03-15": "NUMBER_INVALID"}},
		{definition.TypeNumber, boolean, map[string]string{"true": "NUMBER_INVALID"}},
		{definition.TypeInteger, number, map[string]string{"1.0": "1", "1.5": "INTEGER_INVALID"}},
		{definition.TypeInteger, dateTime, map[string]string{"2024-03-15T10:00:00": "INTEGER_INVALID"}},
		{definition.TypeString, number, map[string]string{"007": `"007"`, "1.50": `"1.50"`}},
		{definition.TypeString, date, map[string]string{"2024-03-15": `"2024-03-15"`}},
		{definition.TypeString, boolean, map[string]string{"true": `"true"`}},
		{definition.TypeBoolean, boolean, map[string]string{"true": "true", "false": "false"}},
		{definition.TypeBoolean, number, map[string]string{
			"1": "true", "0.0": "false", "2": "BOOLEAN_INVALID", "0.5": "BOOLEAN_INVALID",
		}},
		{definition.TypeBoolean, date, map[string]string{"2024-03-15": "BOOLEAN_INVALID"}},
		{definition.TypeDate, date, map[string]string{"2024-03-15": `"2024-03-15"`}},
		{definition.TypeDate, dateTime, map[string]string{
			"2024-03-15T00:00:00": `"2024-03-15"`, "2024-03-15T10:00:00": "DATE_INVALID",
		}},
		{definition.TypeDate, number, map[string]string{
			"1": `"1900-01-01"`, "59": `"1900-02-28"`, "60": "DATE_INVALID", "61": `"1900-03-01"`,
			"0": "DATE_INVALID", "-1": "DATE_INVALID", "45366": `"2024-03-15"`, "45366.0": `"2024-03-15"`,
			"45366.5": "DATE_INVALID", "2958465": `"9999-12-31"`, "2958466": "DATE_INVALID",
			"20240315": `"2024-03-15"`, "1e300": "DATE_INVALID", "45366.9999999999": `"2024-03-16"`,
		}},
		{definition.TypeDate, boolean, map[string]string{"true": "DATE_INVALID"}},
		{definition.TypeDateTime, date, map[string]string{"2024-03-15": `"2024-03-15T00:00:00Z"`}},
		{definition.TypeDateTime, dateTime, map[string]string{"2024-03-15T10:20:30.5": `"2024-03-15T10:20:30.5Z"`}},
		{definition.TypeDateTime, number, map[string]string{
			"45366.416666666664": `"2024-03-15T10:00:00Z"`, "45366.999999994": `"2024-03-15T23:59:59.999Z"`,
		}},
	}
	for _, kind := range []definition.ColumnType{
		definition.TypeString, definition.TypeNumber, definition.TypeInteger, definition.TypeBoolean,
		definition.TypeDate, definition.TypeDateTime,
	} {
		got := readFrom(t, processor.Config{}, column("", kind), "#REF!", definition.CellError)
		require.Equal(t, "CELL_ERROR", got, kind)
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			config := processor.Config{Version: definition.Version{Format: turkish}, Serials: processor.From1900}
			require.Equal(t, want, readFrom(t, config, column("", test.column), cell, test.kind), "%s %q", test.column, cell)
		}
	}
	config := processor.Config{Serials: processor.From1904}
	for cell, want := range map[string]string{
		"0": `"1904-01-01"`, "60": `"1904-03-01"`, "43904": `"2024-03-15"`, "2957003": `"9999-12-31"`,
		"2957004": "DATE_INVALID",
	} {
		require.Equal(t, want, readFrom(t, config, column("", definition.TypeDate), cell, number), cell)
	}
}

func TestNumbersAreNoDatesWhereNoWorkbookCountsDays(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{"45366": "DATE_INVALID", "1": "DATE_INVALID", "20240315": `"2024-03-15"`} {
		got := readFrom(t, processor.Config{}, column("", definition.TypeDate), cell, definition.CellNumber)
		require.Equal(t, want, got, cell)
	}
}

func TestPeriodsOfKnownKind(t *testing.T) {
	t.Parallel()
	const invalid = "PERIOD_INVALID"
	tests := []struct {
		column definition.ColumnType
		unit   definition.PeriodUnit
		kind   definition.CellKind
		cells  map[string]string
	}{
		{definition.TypeString, definition.Monthly, definition.CellNumber, map[string]string{
			"45366": "2024 3", "2024": "PERIOD_TOO_COARSE", "99999999": invalid, "999": invalid,
			"2024.5": invalid, "123456": invalid, "-45366": invalid,
		}},
		{definition.TypeString, definition.Yearly, definition.CellNumber, map[string]string{"2024": "2024 1", "2024.0": "2024 1"}},
		{definition.TypeString, definition.Monthly, definition.CellDate, map[string]string{"2024-03-15": "2024 3"}},
		{definition.TypeString, definition.Monthly, definition.CellDateTime, map[string]string{"2024-03-31T23:59:59": "2024 3"}},
		{definition.TypeString, definition.Monthly, definition.CellBoolean, map[string]string{"true": invalid}},
		{definition.TypeInteger, definition.Yearly, definition.CellNumber, map[string]string{
			"2024": "2024 1", "45366": "2024 1", "24": invalid,
		}},
		{definition.TypeInteger, definition.Yearly, definition.CellDate, map[string]string{"2023-03-15": "2023 1"}},
		{definition.TypeDate, definition.Monthly, definition.CellNumber, map[string]string{"45366": "2024 3"}},
		{definition.TypeDateTime, definition.Monthly, definition.CellDateTime, map[string]string{
			"2024-03-31T23:59:59": "2024 3", "2024-13-31T23:59:59": "DATE_INVALID",
		}},
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			p := definition.Column{Name: "p", Type: test.column, Role: definition.RolePeriod}
			config := table{version: definition.Version{
				Columns: []definition.Column{p},
				Format:  definition.Format{TimeZone: "Europe/Istanbul"},
				Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: test.unit}},
			}}.config()
			config.Serials = processor.From1900
			a, err := processor.New(config)
			require.NoError(t, err)
			w := a.Worker()
			row := newRow(1, 2, [][]byte{[]byte(cell)})
			row.Kinds = []definition.CellKind{test.kind}
			if errs := w.Add(row); len(errs) > 0 {
				require.Equal(t, want, string(errs[0].Code), "%s %q", test.column, cell)
				continue
			}
			results, err := a.Results(t.Context())
			require.NoError(t, err)
			year, period, _ := strings.Cut(want, " ")
			require.Equal(t, []string{"- " + year + " " + string(test.unit) + " " + period + ` {"rows":1} 1/0`},
				lines(results), "%s %q", test.column, cell)
		}
	}
}

// TestOrderAndNumber gives rows of two files: errors tell their number, FIRST and LAST go by their order.
func TestOrderAndNumber(t *testing.T) {
	t.Parallel()
	a, err := processor.New(table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("s", definition.TypeString), column("n", definition.TypeNumber)},
		Outputs: []definition.Output{
			{Key: "first", Aggregate: definition.First, Column: "s", Type: definition.OutputString},
			{Key: "last", Aggregate: definition.Last, Column: "n"},
		},
	}}.config())
	require.NoError(t, err)
	w := a.Worker()
	require.Empty(t, w.Add(&processor.Row{Order: 7, Number: 1, Line: 2, Cells: split("b|2")}))
	require.Empty(t, w.Add(&processor.Row{Order: 3, Number: 3, Line: 4, Cells: split("a|1")}))
	errs := w.Add(&processor.Row{
		Order: 9, Number: 2, Line: 5, Cells: split("c|#N/A"), Kinds: []definition.CellKind{0, definition.CellError},
	})
	require.Len(t, errs, 1)
	require.EqualValues(t, 2, errs[0].Row)
	require.EqualValues(t, 5, errs[0].Line)
	require.Equal(t, "#N/A", errs[0].Value)
	require.NotContains(t, errs[0].Message, "#N/A")
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{`- 2024 YEARLY 1 {"first":"a","last":2} 2/1`}, lines(results))
}
