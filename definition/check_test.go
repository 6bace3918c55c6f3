package definition_test

import (
	"strings"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

// weather is a version without a fault; tests break one thing in it.
func weather() definition.Version {
	return definition.Version{
		Columns: []definition.Column{
			{
				Name: "Location", Type: definition.TypeString, Required: true, Role: definition.RoleSiteIdentifier,
				Aliases: []string{"City"},
			},
			{Name: "Date", Type: definition.TypeDate, Required: true, Role: definition.RolePeriod},
			{Name: "Rain", Type: definition.TypeNumber},
			{Name: "Sky", Type: definition.TypeString},
			{Name: "Wet", Type: definition.TypeBoolean},
		},
		Outputs: []definition.Output{
			{Key: "rain", Aggregate: definition.Sum, Column: "Rain", PeriodUnit: definition.Monthly},
			{Key: "days", Aggregate: definition.Count, PeriodUnit: definition.Yearly},
			{Key: "sky", Aggregate: definition.Last, Column: "Sky", Type: definition.OutputString},
			{Key: "first", Aggregate: definition.Min, Column: "Date", Type: definition.OutputString},
			{Key: "wet", Aggregate: definition.First, Column: "Wet", Type: definition.OutputBoolean},
		},
	}.Normalize()
}

// scripted is the same version with code in the place of aggregates.
func scripted() definition.Version {
	v := weather()
	v.Code = "function process(rows) { return {} }"
	for i := range v.Outputs {
		v.Outputs[i].Aggregate, v.Outputs[i].Column = "", ""
	}
	return v
}

func TestNormalizedVersionHasNoProblem(t *testing.T) {
	t.Parallel()
	v := weather()
	require.Empty(t, v.Check())
	require.Equal(t, "rain", v.Outputs[0].Label)
	require.Equal(t, definition.OutputNumber, v.Outputs[0].Type)
	require.Equal(t, definition.Yearly, v.Outputs[2].PeriodUnit)
	require.Equal(t, definition.InvalidRowFail, v.OnInvalidRow)
	require.Equal(t, definition.UnknownSiteAccept, v.OnUnknownSite)
}

// The code says which period a value is for: an output of any unit is well, whatever the PERIOD column tells, or without
// one.
func TestCodeComputesOutputsOfAnyPeriod(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(v *definition.Version){
		"as it is":         func(*definition.Version) {},
		"no PERIOD column": func(v *definition.Version) { v.Columns[1].Role = "" },
		"years":            func(v *definition.Version) { v.Columns[1].Type = definition.TypeInteger },
		"at its longest": func(v *definition.Version) {
			v.Code += strings.Repeat(" ", definition.MaxCode-len(v.Code))
		},
	} {
		v := scripted()
		v.Outputs[1].PeriodUnit = definition.Quarterly
		change(&v)
		require.Empty(t, v.Check(), name)
	}
}

func TestCodeIsNeverTrimmedButBlankCodeIsNone(t *testing.T) {
	t.Parallel()
	require.Empty(t, definition.Version{Code: " \n\t"}.Normalize().Code)
	require.Equal(t, "\n process ", definition.Version{Code: "\n process "}.Normalize().Code)
}

func TestNormalizeTrimsACopy(t *testing.T) {
	t.Parallel()
	columns := []definition.Column{{Name: " a ", Aliases: []string{" b "}, Format: " YYYY "}}
	outputs := []definition.Output{{Key: " k ", Label: " ", Column: " a "}}
	v := definition.Version{Columns: columns, Outputs: outputs}
	v.Format = definition.Format{
		ThousandsSeparator: " ", Delimiter: "\t", TimeZone: " UTC ",
		DateFormats: []string{" YYYY "},
	}
	n := v.Normalize()
	require.Equal(t, definition.Column{Name: "a", Aliases: []string{"b"}, Format: "YYYY"}, n.Columns[0])
	require.Equal(t, "k", n.Outputs[0].Label)
	require.Equal(t, "a", n.Outputs[0].Column)
	require.Equal(t, definition.Format{
		ThousandsSeparator: " ", Delimiter: "\t", TimeZone: "UTC",
		DateFormats: []string{"YYYY"},
	}, n.Format)
	require.Equal(t, " a ", columns[0].Name)
	require.Equal(t, " b ", columns[0].Aliases[0])
	require.Equal(t, " k ", outputs[0].Key)
}

func TestCheckFindsEachFaultAtItsPlace(t *testing.T) {
	t.Parallel()
	type version = definition.Version
	many := func(n int) []string {
		names := make([]string, n)
		for i := range names {
			names[i] = "alias x" + strings.Repeat("x", i)
		}
		return names
	}
	tests := map[string]struct {
		fault func(*version)
		path  string
		rule  string
	}{
		"no column": {
			func(v *version) { v.Columns = nil; v.Outputs = v.Outputs[1:2] }, "inputSchema",
			"few",
		},
		"no output": {func(v *version) { v.Outputs = nil }, "outputSchema", "few"},
		"blank name": {
			func(v *version) { v.Columns[4].Name = "\t"; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "blank",
		},
		"untrimmed name": {
			func(v *version) { v.Columns[4].Name = "Wet "; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "untrimmed",
		},
		"name of 256": {
			func(v *version) { v.Columns[4].Name = strings.Repeat("ı", 256); v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "long",
		},
		"name not UTF-8": {
			func(v *version) { v.Columns[4].Name = "\xff"; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "bytes",
		},
		"name with NUL": {
			func(v *version) { v.Columns[4].Name = "a\x00"; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "bytes",
		},
		"same name": {
			func(v *version) { v.Columns[4].Name = "RAİN"; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.name", "duplicate",
		},
		"alias is a name": {
			func(v *version) { v.Columns[0].Aliases = []string{"x", "ráin"} },
			"inputSchema.0.aliases.1", "duplicate",
		},
		"alias is an alias": {
			func(v *version) { v.Columns[2].Aliases = []string{"CITY"} },
			"inputSchema.2.aliases.0", "duplicate",
		},
		"alias twice": {
			func(v *version) { v.Columns[2].Aliases = []string{"x", "x"} },
			"inputSchema.2.aliases.1", "duplicate",
		},
		"blank alias": {
			func(v *version) { v.Columns[2].Aliases = []string{""} }, "inputSchema.2.aliases.0",
			"blank",
		},
		"many aliases": {
			func(v *version) { v.Columns[2].Aliases = many(101) }, "inputSchema.2.aliases",
			"many",
		},
		"no type": {
			func(v *version) { v.Columns[4].Type = ""; v.Outputs = v.Outputs[:2] },
			"inputSchema.4.type", "enum",
		},
		"unknown role": {func(v *version) { v.Columns[4].Role = "KING" }, "inputSchema.4.role", "enum"},
		"second site": {
			func(v *version) { v.Columns[3].Role = definition.RoleSiteIdentifier },
			"inputSchema.3.role", "duplicate",
		},
		"period of number": {
			func(v *version) { v.Columns[1].Type = definition.TypeNumber; v.Outputs = v.Outputs[:2] },
			"inputSchema.1.type", "period",
		},
		"format of number": {func(v *version) { v.Columns[2].Format = "YYYY" }, "inputSchema.2.format", "unused"},
		"bad column format": {
			func(v *version) { v.Columns[1].Format = "TT.MM.JJJJ" }, "inputSchema.1.format",
			"layout",
		},
		"date without day": {func(v *version) { v.Columns[1].Format = "MM.YYYY" }, "inputSchema.1.format", "day"},
		"bad key":          {func(v *version) { v.Outputs[0].Key = "1st" }, "outputSchema.0.key", "pattern"},
		"long key": {
			func(v *version) { v.Outputs[0].Key = strings.Repeat("k", 65) },
			"outputSchema.0.key", "pattern",
		},
		"same key":    {func(v *version) { v.Outputs[1].Key = "rain" }, "outputSchema.1.key", "duplicate"},
		"blank label": {func(v *version) { v.Outputs[1].Label = "" }, "outputSchema.1.label", "blank"},
		"no aggregate": {
			func(v *version) { v.Outputs[0].Aggregate = "" }, "outputSchema.0.aggregate",
			"blank",
		},
		"unknown aggregate": {
			func(v *version) { v.Outputs[0].Aggregate = "MEDIAN" }, "outputSchema.0.aggregate",
			"enum",
		},
		"sum without column": {func(v *version) { v.Outputs[0].Column = "" }, "outputSchema.0.column", "blank"},
		"unknown column": {
			func(v *version) { v.Outputs[0].Column = "rain" }, "outputSchema.0.column",
			"unknown",
		},
		"sum of text": {func(v *version) { v.Outputs[0].Column = "Sky" }, "outputSchema.0.aggregate", "type"},
		"max of text": {
			func(v *version) { v.Outputs[2].Aggregate = definition.Max },
			"outputSchema.2.aggregate", "type",
		},
		"min date as number": {
			func(v *version) { v.Outputs[3].Type = definition.OutputNumber },
			"outputSchema.3.type", "type",
		},
		"count as text": {
			func(v *version) { v.Outputs[1].Type = definition.OutputString },
			"outputSchema.1.type", "type",
		},
		"first as text": {
			func(v *version) { v.Outputs[4].Type = definition.OutputString },
			"outputSchema.4.type", "type",
		},
		"monthly of nothing": {func(v *version) { v.Columns[1].Role = "" }, "outputSchema.0.periodUnit", "period"},
		"monthly of years": {
			func(v *version) { v.Columns[1].Type = definition.TypeInteger; v.Outputs = v.Outputs[:2] },
			"outputSchema.0.periodUnit", "period",
		},
		"unknown unit": {
			func(v *version) { v.Outputs[1].PeriodUnit = "WEEKLY" }, "outputSchema.1.periodUnit",
			"enum",
		},
		"kind":               {func(v *version) { v.Format.Kind = "PDF" }, "format.kind", "enum"},
		"encoding":           {func(v *version) { v.Format.Encoding = "EBCDIC" }, "format.encoding", "enum"},
		"delimiter of two":   {func(v *version) { v.Format.Delimiter = ";;" }, "format.delimiter", "character"},
		"delimiter newline":  {func(v *version) { v.Format.Delimiter = "\n" }, "format.delimiter", "character"},
		"quote beyond ASCII": {func(v *version) { v.Format.Quote = "«" }, "format.quote", "character"},
		"quote as delimiter": {
			func(v *version) { v.Format.Delimiter, v.Format.Quote = "|", "|" }, "format.quote",
			"same",
		},
		"header row": {func(v *version) { v.Format.HeaderRow = -1 }, "format.headerRow", "few"},
		"decimal": {
			func(v *version) { v.Format.DecimalSeparator = ";" }, "format.decimalSeparator",
			"enum",
		},
		"thousands": {
			func(v *version) { v.Format.ThousandsSeparator = "x" }, "format.thousandsSeparator",
			"enum",
		},
		"separators alike": {func(v *version) {
			v.Format.DecimalSeparator, v.Format.ThousandsSeparator = ",",
				","
		}, "format.thousandsSeparator", "same"},
		"dot by default": {
			func(v *version) { v.Format.ThousandsSeparator = "." }, "format.thousandsSeparator",
			"same",
		},
		"date format": {
			func(v *version) { v.Format.DateFormats = []string{"YYYY-MM-DD", "DD.MM.YY"} },
			"format.dateFormats.1", "layout",
		},
		"time zone": {
			func(v *version) { v.Format.TimeZone = "Mars/Olympus" }, "format.timeZone",
			"unknown",
		},
		"time zone of host": {func(v *version) { v.Format.TimeZone = "Local" }, "format.timeZone", "unknown"},
		"code too long": {
			func(v *version) { *v = scripted(); v.Code += strings.Repeat(" ", definition.MaxCode) }, "processorCode", "long",
		},
		"code not UTF-8": {func(v *version) { *v = scripted(); v.Code += "\xff" }, "processorCode", "bytes"},
		"code with NUL":  {func(v *version) { *v = scripted(); v.Code += "\x00" }, "processorCode", "bytes"},
		"code and aggregate": {
			func(v *version) { *v = scripted(); v.Outputs[1].Aggregate = definition.Count }, "outputSchema.1.aggregate", "code",
		},
		"code and column": {
			func(v *version) { *v = scripted(); v.Outputs[0].Column = "Rain" }, "outputSchema.0.column", "code",
		},
		"code and bad unit": {
			func(v *version) { *v = scripted(); v.Outputs[0].PeriodUnit = "WEEKLY" }, "outputSchema.0.periodUnit", "enum",
		},
		"invalid row policy":  {func(v *version) { v.OnInvalidRow = "MAYBE" }, "onInvalidRow", "enum"},
		"unknown site policy": {func(v *version) { v.OnUnknownSite = "" }, "onUnknownSite", "enum"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := weather()
			test.fault(&v)
			problems := v.Check()
			require.Len(t, problems, 1, "%v", problems)
			require.Equal(t, test.path, strings.Join(problems[0].Path, "."))
			require.Equal(t, definition.Param{Name: "rule", Value: test.rule}, problems[0].Params[0])
			require.NotEmpty(t, problems[0].Message)
		})
	}
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	v := weather()
	v.Columns[0].Type = "TEXT"
	v.Outputs[0].Column = "rainfall"
	v.Format.TimeZone = "?"
	problems := v.Check()
	require.Len(t, problems, 3)
	require.Equal(t, "There is no column 'rainfall'; there are: Location, Date, Rain, Sky, Wet.", problems[1].Message)
	require.Contains(t, problems[1].Params, definition.Param{
		Name:  "columns",
		Value: "Location, Date, Rain, Sky, Wet",
	})
}

func TestCheckBoundsItsLists(t *testing.T) {
	t.Parallel()
	v := weather()
	v.Columns = make([]definition.Column, definition.MaxColumns+1)
	for i := range v.Columns {
		v.Columns[i] = definition.Column{
			Name: strings.Repeat("c", i%200+1) + strings.Repeat("d", i/200),
			Type: definition.TypeString,
		}
	}
	v.Outputs = v.Outputs[:1]
	problems := v.Check()
	require.Equal(t, []string{"inputSchema"}, problems[0].Path)
	for _, p := range problems {
		require.Less(t, len(p.Message), 2000)
	}
}

func TestCheckMapping(t *testing.T) {
	t.Parallel()
	columns := weather().Columns
	require.Empty(t, definition.CheckMapping(columns, []definition.ColumnMapping{
		{Column: "Rain", Header: "mm"},
		{Column: "Sky", Header: "mm"},
	}))
	problems := definition.CheckMapping(columns, []definition.ColumnMapping{
		{Column: "Rain", Header: "mm"},
		{Column: "Rain", Header: "l"},
		{Column: "Snow", Header: "cm"},
		{Column: "Sky"},
	})
	require.Len(t, problems, 3)
	require.Equal(t, []string{"columnMapping", "1", "column"}, problems[0].Path)
	require.Equal(t, []string{"columnMapping", "2", "column"}, problems[1].Path)
	require.Equal(t, []string{"columnMapping", "3", "header"}, problems[2].Path)
}
