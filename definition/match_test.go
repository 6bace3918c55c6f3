package definition_test

import (
	"strings"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func TestMatchColumnsTrustsTheClosestName(t *testing.T) {
	t.Parallel()
	type mapping = []definition.ColumnMapping
	column := func(name string, aliases ...string) definition.Column {
		return definition.Column{Name: name, Aliases: aliases, Type: definition.TypeString}
	}
	tests := map[string]struct {
		columns []definition.Column
		header  []string
		given   mapping
		want    []int
		mapping mapping
	}{
		"exact name": {
			[]definition.Column{column("Tüketim")},
			[]string{"tuketim", " Tüketim "},
			nil,
			[]int{1},
			mapping{{"Tüketim", "Tüketim"}},
		},
		"alias before a normalised name": {
			[]definition.Column{column("Tüketim", "kWh")},
			[]string{"tuketim", "kWh"},
			nil,
			[]int{1},
			mapping{{"Tüketim", "kWh"}},
		},
		"normalised name before a normalised alias": {
			[]definition.Column{column("Tüketim", "kWh")},
			[]string{"KWH", "TUKETIM"},
			nil,
			[]int{1},
			mapping{{"Tüketim", "TUKETIM"}},
		},
		"normalised alias": {
			[]definition.Column{column("Tüketim", "kWh")},
			[]string{"", "KWH"},
			nil,
			[]int{1},
			mapping{{"Tüketim", "KWH"}},
		},
		"given before exact, whose header stays free": {
			[]definition.Column{column("a"), column("b")},
			[]string{"a", "b", "x"},
			mapping{{"a", "x"}},
			[]int{2, 1},
			mapping{{"a", "x"}, {"b", "b"}},
		},
		"a header that was given away is not taken again": {
			[]definition.Column{column("a"), column("b")},
			[]string{"b"},
			mapping{{"a", "b"}},
			[]int{0, -1},
			mapping{{"a", "b"}},
		},
		"one header for two columns on purpose": {
			[]definition.Column{column("a"), column("b")},
			[]string{"x"},
			mapping{{"a", "x"}, {"b", "x"}},
			[]int{0, 0},
			mapping{{"a", "x"}, {"b", "x"}},
		},
		"optional columns may be absent": {
			[]definition.Column{column("a"), column("b")},
			[]string{"b", "c", "c"},
			nil,
			[]int{-1, 0},
			mapping{{"b", "b"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, effective, err := definition.MatchColumns(test.columns, test.header, test.given)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.mapping, effective)
			again, _, err := definition.MatchColumns(test.columns, test.header, effective)
			require.NoError(t, err)
			require.Equal(t, got, again, "the effective mapping must lead to the same columns")
		})
	}
}

func TestMatchColumnsTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	columns := []definition.Column{
		{Name: "site", Role: definition.RoleSiteIdentifier},
		{Name: "tuketim", Required: true},
		{Name: "note"},
	}
	wide := make([]string, 100)
	for i := range wide {
		wide[i] = strings.Repeat("ş", 300)
	}
	tests := map[string]struct {
		header  []string
		given   []definition.ColumnMapping
		code    definition.ImportErrorCode
		column  string
		message string
	}{
		"required": {
			[]string{"site", "", "date"},
			nil, definition.ErrorColumnMissing, "tuketim",
			"column 'tuketim' is not in the file; it has: site, date",
		},
		"a role": {
			[]string{"tuketim"},
			nil, definition.ErrorColumnMissing, "site",
			"column 'site' is not in the file; it has: tuketim",
		},
		"both": {
			[]string{"", " "},
			nil, definition.ErrorColumnMissing, "site",
			"columns 'site', 'tuketim' are not in the file; it has: no named column",
		},
		"mapped to nothing": {
			[]string{"site", "tuketim"},
			[]definition.ColumnMapping{{"note", "Site"}},
			definition.ErrorColumnMissing, "note",
			"column 'note' is mapped to 'Site', which is not in the file; it has: site, tuketim",
		},
		"mapping of nothing": {
			[]string{"site", "tuketim"},
			[]definition.ColumnMapping{{"x", "site"}},
			definition.ErrorColumnMissing, "x",
			"the mapping names column 'x', which the definition does not have",
		},
		"twice": {
			[]string{"site", "tuketim", "tuketim"},
			nil, definition.ErrorColumnAmbiguous, "tuketim",
			"column 'tuketim' could be any of columns 2, 3 of the file (tuketim, tuketim); " +
				"rename all but one of them, or name the right one in the mapping",
		},
		"twice when normalised": {
			[]string{"site", "Tüketim", "TUKETİM"},
			nil, definition.ErrorColumnAmbiguous, "tuketim",
			"column 'tuketim' could be any of columns 2, 3 of the file (Tüketim, TUKETİM); " +
				"rename all but one of them, or name the right one in the mapping",
		},
		"mapped to a header that stands twice": {
			[]string{"site", "tuketim", "x", "x"},
			[]definition.ColumnMapping{{"note", "x"}},
			definition.ErrorColumnAmbiguous, "note",
			"column 'note' could be any of columns 3, 4 of the file (x, x); " +
				"rename all but one of them, or name the right one in the mapping",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := definition.MatchColumns(columns, test.header, test.given)
			var mapping *definition.MappingError
			require.ErrorAs(t, err, &mapping)
			require.Equal(t, test.code, mapping.Code)
			require.Equal(t, test.column, mapping.Column)
			require.Equal(t, test.message, mapping.Error())
			require.NotEmpty(t, mapping.Params)
		})
	}
	_, _, err := definition.MatchColumns(columns, wide, nil)
	require.ErrorContains(t, err, "columns 'site', 'tuketim' are not in the file")
	require.Less(t, len(err.Error()), 3000)
	require.True(t, strings.HasSuffix(err.Error(), "…"))
}
