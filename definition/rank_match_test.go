package definition_test

import (
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

// number is a needed column of numbers, text one of texts.
func number(name string, aliases ...string) definition.Column {
	return definition.Column{Name: name, Type: definition.TypeNumber, Required: true, Aliases: aliases}
}

func text(name string, aliases ...string) definition.Column {
	return definition.Column{Name: name, Type: definition.TypeString, Required: true, Aliases: aliases}
}

func headers(names ...string) []definition.DetectedColumn {
	var file []definition.DetectedColumn
	for i, name := range names {
		file = append(file, definition.DetectedColumn{Index: i, Header: name})
	}
	return file
}

func match(
	columns []definition.Column, file []definition.DetectedColumn, used ...definition.ColumnMapping,
) definition.Match {
	return definition.RankDefinitions(file, []definition.Candidate{{ID: "1", Name: "x", Columns: columns, Used: used}})[0]
}

func TestRankDefinitionsTellsWhy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		column definition.Column
		header string
		least  float64
		most   float64
		reason string
	}{
		"name":        {number("Tüketim"), " Tüketim ", 0.99, 0.99, "same name"},
		"alias":       {number("Tüketim", "kWh"), "kWh", 0.98, 0.98, "alias 'kWh'"},
		"accents":     {number("Tüketim"), "TUKETIM", 0.97, 0.97, "same but for case and accents"},
		"dotless":     {text("SITE ID"), "sıte ıd", 0.97, 0.97, "same but for case and accents"},
		"other alias": {number("x", "Tüketim"), "tuketim", 0.96, 0.96, "alias 'Tüketim', but for case and accents"},
		"underscores": {text("Site name"), "site_name", 0.95, 0.95, "same but for spaces and punctuation"},
		"capitals":    {text("Site name"), "SiteName", 0.95, 0.95, "same but for spaces and punctuation"},
		"full width":  {text("Site name"), "ＳＩＴＥ＿ＮＡＭＥ：", 0.95, 0.95, "same but for spaces and punctuation"},
		"đ":           {text("Địa điểm"), "dia diem", 0.95, 0.95, "same but for spaces and punctuation"},
		"star":        {text("Site"), "Site *:", 0.95, 0.95, "same but for spaces and punctuation"},
		"spelled alias": {
			text("Place", "Site name"), "site-name", 0.94, 0.94,
			"alias 'Site name', but for spaces and punctuation",
		},
		"unit":          {number("Consumption"), "Consumption (kWh)", 0.93, 0.93, "same but for the unit 'kwh'"},
		"square unit":   {number("Tüketim", "m3"), "tüketim [m³]", 0.93, 0.93, "same but for the unit 'm3'"},
		"unit of alias": {number("x", "Miktar"), "Miktar（ｋｇ）", 0.92, 0.92, "alias 'Miktar', but for the unit 'kg'"},
		"same unit":     {number("Volume (lt)"), "Volume (litre)", 0.93, 0.93, "same but for the unit 'l'"},
		"other unit": {
			number("Consumption (kWh)"), "Consumption (MWh)", 0.6, 0.9,
			"same words: 'Consumption (MWh)' ~ 'Consumption (kWh)', but in 'mwh'",
		},
		"unit is missing": {number("Amount (TL)"), "Amount", 0.8, 0.9, "same words: 'Amount' ~ 'Amount (TL)'"},
		"a text has no unit": {
			text("Class"), "Class (t)", 0.5, 0.9, "same words: 'Class (t)' ~ 'Class'",
		},
		"another language": {text("Date"), "ngày", 0.8, 0.9, "means the same: 'ngày' ~ 'Date'"},
		"abbreviation":     {number("Zebra count"), "zbr count", 0.7, 0.9, "abbreviation: 'zbr count' ~ 'Zebra count'"},
		"typing error":     {number("Tüketim"), "Tüketm", 0.7, 0.9, "similar: 'Tüketm' ~ 'Tüketim'"},
		"swapped letters":  {number("Widgets"), "Wdigets", 0.7, 0.9, "similar: 'Wdigets' ~ 'Widgets'"},
		"another order":    {text("Waste type"), "type of waste", 0.8, 0.9, "same words: 'type of waste' ~ 'Waste type'"},
		"missing space":    {number("Blue zebras"), "bluezebrs", 0.7, 0.9, "similar: 'bluezebrs' ~ 'Blue zebras'"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := match([]definition.Column{test.column}, headers("unrelated", test.header))
			require.Len(t, m.Columns, 1, "%+v", m)
			require.True(t, m.Valid)
			require.Equal(t, test.reason, m.Columns[0].Reason)
			require.GreaterOrEqual(t, m.Columns[0].Score, test.least)
			require.LessOrEqual(t, m.Columns[0].Score, test.most)
			require.Equal(t, []string{"unrelated"}, m.UnmatchedHeaders)
		})
	}
}

func TestRankDefinitionsFindsNothingInOtherWords(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Date", "Rate"},
		{"Cost", "Post"},
		{"Scope 1", "Scope 2"},
		{"Ay", "Ad"},
		{"Start date", "End date"},
		{"Quantity", "Quality"},
		{"1.5", "15"},
		{"Women", "Men"},
		{"Net", "Not"},
		{"売上高", "仕入先"},
		{"日付", "名称"},
	} {
		m := match([]definition.Column{text(pair[0])}, headers(pair[1]))
		require.Empty(t, m.Columns, "%v", pair)
		require.False(t, m.Valid)
		require.Equal(t, []string{pair[0]}, m.MissingRequired)
		require.Equal(t, []string{pair[1]}, m.UnmatchedHeaders)
		require.Zero(t, m.Score)
	}
}

func TestRankDefinitionsDoesNotGuess(t *testing.T) {
	t.Parallel()
	optional := definition.Column{Name: "Note", Type: definition.TypeString}
	tests := map[string]struct {
		columns []definition.Column
		header  []string
		reason  string
		valid   bool
	}{
		"twice": {
			[]definition.Column{number("kWh")},
			[]string{"kWh", "kWh"},
			"ambiguous: 'kWh' and 'kWh' serve equally well", false,
		},
		"two spellings": {
			[]definition.Column{text("Site name")},
			[]string{"site_name", "SiteName"},
			"ambiguous: 'SiteName' and 'site_name' serve equally well", false,
		},
		"two units": {
			[]definition.Column{number("Consumption")},
			[]string{"Consumption (kWh)", "Consumption (m3)"},
			"ambiguous: 'Consumption (kWh)' and 'Consumption (m3)' serve equally well", false,
		},
		"two likely ones": {
			[]definition.Column{number("Consumption")},
			[]string{"Day consumption", "Night consumption"},
			"ambiguous: 'Day consumption' and 'Night consumption' serve equally well", false,
		},
		"one for two": {
			[]definition.Column{number("Zebra weight"), number("Zebra volume")},
			[]string{"Zebra"},
			"ambiguous: 'Zebra' serves 'Zebra volume', 'Zebra weight' equally well", false,
		},
		"an optional one that stops imports": {
			[]definition.Column{optional},
			[]string{"Note", "Note"},
			"ambiguous: 'Note' and 'Note' serve equally well", false,
		},
		"an optional one that stops nothing": {
			[]definition.Column{optional},
			[]string{"notes", "remarks"},
			"ambiguous: 'notes' and 'remarks' serve equally well", true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := match(test.columns, headers(test.header...))
			require.NotEmpty(t, m.Columns)
			require.Equal(t, definition.ColumnMatch{Column: test.columns[0].Name, Reason: test.reason}, m.Columns[0])
			require.Empty(t, m.Mapping())
			require.Empty(t, m.MissingRequired)
			require.Len(t, m.UnmatchedHeaders, len(test.header))
			require.Equal(t, test.valid, m.Valid)
		})
	}
}

func TestRankDefinitionsLeavesToRivalsWhatOnlyTheyNeed(t *testing.T) {
	t.Parallel()
	m := match([]definition.Column{number("Amount"), number("Quantity")}, headers("qty", "amt"))
	require.Equal(t, []definition.ColumnMapping{{"Amount", "amt"}, {"Quantity", "qty"}}, m.Mapping())
	require.True(t, m.Valid)
}

func TestRankDefinitionsLooksAtValues(t *testing.T) {
	t.Parallel()
	column := func(header string, of definition.ColumnType, samples ...string) definition.DetectedColumn {
		return definition.DetectedColumn{Header: header, Type: of, Samples: samples}
	}
	date := definition.Column{Name: "Date", Type: definition.TypeDate, Required: true}
	dates := column("ngày", definition.TypeDate, "2024-01-31")
	numbers := column("tarih", definition.TypeNumber, "1.5", "2.5")

	m := match([]definition.Column{date}, []definition.DetectedColumn{numbers, dates})
	require.Equal(t, []definition.ColumnMapping{{"Date", "ngày"}}, m.Mapping(), "the values decide between names as good")

	m = match([]definition.Column{date}, []definition.DetectedColumn{column("Date", definition.TypeInteger, "7", "8")})
	require.Greater(t, m.Columns[0].Score, 0.9, "whole numbers may be a workbook's days")
	m = match([]definition.Column{date}, []definition.DetectedColumn{column("Date", definition.TypeNumber, "1.5")})
	require.Equal(t, "same name, but the values are not dates", m.Columns[0].Reason)
	require.Less(t, m.Columns[0].Score, 0.9)
	require.True(t, m.Valid, "a start of the import would take it")

	m = match([]definition.Column{date}, []definition.DetectedColumn{column("zebra", definition.TypeDate, "2024-01-31"), numbers})
	require.Equal(t, "means the same: 'tarih' ~ 'Date', but the values are not dates", m.Columns[0].Reason)
	require.Less(t, m.Columns[0].Score, 0.7)
	m = match([]definition.Column{date}, []definition.DetectedColumn{column("zebra", definition.TypeDate, "2024-01-31")})
	require.Equal(t, []definition.ColumnMatch{
		{Column: "Date", Header: "zebra", Score: 0.5, Reason: "the values fit: dates"},
	}, m.Columns)

	use := []definition.Column{number("Tüketim")}
	// One bad cell makes a text of a column of numbers or dates.
	for _, samples := range [][]string{{"1.204,5", "n/a", "998"}, {"12 500", "1 000"}, {"12 kWh"}, {"₺1.250"}, {"１２"}} {
		m = match(use, []definition.DetectedColumn{column("Tüketim", definition.TypeString, samples...)})
		require.Equal(t, "same name", m.Columns[0].Reason, "%q", samples)
	}
	m = match(use, []definition.DetectedColumn{column("Tüketim", definition.TypeString, "Ankara", "01.02.2024")})
	require.Equal(t, "same name, but the values are not numbers", m.Columns[0].Reason)
	for _, samples := range [][]string{{"31 Jan 2024"}, {"2024年4月1日"}, {"31.01.2024 12:30", "?"}} {
		m = match([]definition.Column{date}, []definition.DetectedColumn{column("Date", definition.TypeString, samples...)})
		require.Equal(t, "same name", m.Columns[0].Reason, "%q", samples)
	}
	period := definition.Column{Name: "Month", Type: definition.TypeString, Role: definition.RolePeriod}
	for _, sample := range []string{"2024-03", "Mart 2024", "Q1 2024", "2024年4月", "Tháng 3/2024", "2024", "Ocak", "202403"} {
		m = match([]definition.Column{period}, []definition.DetectedColumn{
			column("Month of reading", definition.TypeString, sample), column("Month of payment", definition.TypeString, "Ankara"),
		})
		require.Equal(t, []definition.ColumnMapping{{"Month", "Month of reading"}}, m.Mapping(), sample)
	}
}

func TestRankDefinitionsPutsWhatWasUsedBeforeFirst(t *testing.T) {
	t.Parallel()
	a := definition.Candidate{ID: "a", Name: "A", Columns: []definition.Column{text("Site"), number("Cost")}}
	b := definition.Candidate{ID: "b", Name: "B", Columns: []definition.Column{text("Place"), number("kWh")}}
	file := headers("Site", "Cost", "Note")
	require.Equal(t, "a", definition.RankDefinitions(file, []definition.Candidate{b, a})[0].ID)

	b.Used = []definition.ColumnMapping{{"Place", "Note"}, {"kWh", "Cost"}}
	matches := definition.RankDefinitions(file, []definition.Candidate{a, b})
	require.Equal(t, "b", matches[0].ID)
	require.InDelta(t, 1, matches[0].Score, 0)
	require.Less(t, matches[1].Score, 1.0)
	require.Equal(t, []definition.ColumnMatch{
		{Column: "Place", Header: "Note", Score: 1, Reason: "mapped so before"},
		{Column: "kWh", Header: "Cost", Score: 1, Reason: "mapped so before"},
	}, matches[0].Columns)
	require.Equal(t, []string{"Site"}, matches[0].UnmatchedHeaders)

	// What the version or the file has no more is passed over.
	a.Used = []definition.ColumnMapping{{"Gone", "Note"}, {"Site", "Gone"}, {"Cost", "Note"}}
	m := definition.RankDefinitions(file, []definition.Candidate{a})[0]
	require.Equal(t, []definition.ColumnMapping{{"Site", "Site"}, {"Cost", "Note"}}, m.Mapping())
	require.Less(t, m.Score, 1.0)

	// One header for two columns on purpose.
	b.Used = []definition.ColumnMapping{{"Place", "Site"}, {"kWh", "Site"}}
	require.Len(t, definition.RankDefinitions(file, []definition.Candidate{b})[0].Mapping(), 2)
}

func TestRankDefinitionsTellsWhatIsMissingAndLeftOver(t *testing.T) {
	t.Parallel()
	columns := []definition.Column{
		text("Zone"),
		number("Weight"),
		{Name: "Width", Type: definition.TypeNumber},
		{Name: "Spot", Type: definition.TypeString, Role: definition.RoleSiteIdentifier},
	}
	m := match(columns, headers("weight", "", " b ", "a"))
	require.Equal(t, []string{"Zone", "Spot"}, m.MissingRequired)
	require.Equal(t, []string{"Width"}, m.MissingOptional)
	require.Equal(t, []string{"b", "a"}, m.UnmatchedHeaders)
	require.False(t, m.Valid)

	for _, file := range [][]definition.DetectedColumn{nil, headers(""), headers("", " ")} {
		m = match(columns, file)
		require.Zero(t, m.Score)
		require.False(t, m.Valid)
	}
	require.Empty(t, definition.RankDefinitions(headers("a"), nil))
}

func TestRankDefinitionsOrdersByScoreThenName(t *testing.T) {
	t.Parallel()
	few, more := []definition.Column{text("Site")}, []definition.Column{text("Site"), number("Cost")}
	matches := definition.RankDefinitions(headers("Site", "Cost"), []definition.Candidate{
		{ID: "4", Name: "z", Columns: []definition.Column{text("Zebra")}},
		{ID: "3", Name: "b", Columns: more},
		{ID: "2", Name: "a", Columns: more},
		{ID: "1", Name: "a", Columns: more},
		{ID: "0", Name: "a", Columns: few},
	})
	var ids string
	for _, m := range matches {
		ids += m.ID
	}
	require.Equal(t, "12304", ids, "of two that are satisfied, the one that explains more of the file comes first")
}
