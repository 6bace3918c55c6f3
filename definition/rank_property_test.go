package definition_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func allHeaderSets(tb testing.TB) []headerSet {
	tb.Helper()
	var sets []headerSet
	for _, name := range []string{"english", "turkish", "vietnamese", "japanese"} {
		sets = append(sets, readHeaderSets(tb, name)...)
	}
	return sets
}

func TestRankDefinitionsDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	candidates := readDefinitions(t)
	sets := allHeaderSets(t)
	for i, set := range sets {
		// Headers of another file beside them make rivals.
		file := slices.Concat(set.file, sets[(i+7)%len(sets)].file)
		want := definition.RankDefinitions(file, candidates)
		for range 3 {
			shuffled, others := slices.Clone(file), slices.Clone(candidates)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			r.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
			got := definition.RankDefinitions(shuffled, others)
			for i := range got {
				require.ElementsMatch(t, want[i].UnmatchedHeaders, got[i].UnmatchedHeaders)
				got[i].UnmatchedHeaders = want[i].UnmatchedHeaders
			}
			require.Equal(t, want, got, set.name)
		}
	}
}

func TestRankDefinitionsIsNeverSureOfUnrelatedNames(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	candidates := readDefinitions(t)
	for _, set := range allHeaderSets(t) {
		renamed := slices.Clone(set.file)
		at := r.IntN(len(renamed))
		renamed[at].Header = randomWord(r) + " " + randomWord(r)
		for _, m := range definition.RankDefinitions(renamed, candidates) {
			for _, c := range m.Columns {
				require.False(t, c.Header == renamed[at].Header && c.Score > 0.9, "%s: %+v", set.name, c)
			}
		}
	}
}

// TestRankDefinitionsAgreesWithMatchColumns makes small files of names that are near each other, and holds the ranking
// against what an import would do.
func TestRankDefinitionsAgreesWithMatchColumns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	names := []string{
		"Site", "SITE", "site ", "Sıte", "Site name", "site_name", "Tesis", "Cost", "cost (TL)", "Cost (kWh)", "Tutar", "Date",
		"Dâte", "Tarih", "ngày", "kWh", "KWH", "x", "", "Consumption", "consumptn", "Consumption [kWh]",
		strings.Repeat("ş", 300), "a\x00b",
	}
	types := []definition.ColumnType{definition.TypeString, definition.TypeNumber, definition.TypeDate, ""}
	agreed, refused, used := 0, 0, 0
	for range 3000 {
		var file []definition.DetectedColumn
		var header []string
		for range 1 + r.IntN(6) {
			name := names[r.IntN(len(names))]
			header = append(header, name)
			file = append(file, definition.DetectedColumn{
				Header: name, Type: types[r.IntN(len(types))], Samples: []string{"1", "a"}[:r.IntN(3)],
			})
		}
		var columns []definition.Column
		for range 1 + r.IntN(4) {
			c := definition.Column{Name: strings.TrimSpace(names[r.IntN(18)]), Type: types[r.IntN(3)], Required: r.IntN(2) == 0}
			if r.IntN(2) == 0 {
				c.Aliases = []string{strings.TrimSpace(names[r.IntN(18)])}
			}
			version := definition.Version{
				Columns: append(slices.Clone(columns), c), Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count}},
			}
			if len(version.Normalize().Check()) == 0 {
				columns = append(columns, c)
			}
		}
		if len(columns) == 0 {
			continue
		}
		var before []definition.ColumnMapping
		if r.IntN(4) == 0 {
			before = []definition.ColumnMapping{{columns[0].Name, header[0]}}
		}
		m := match(columns, file, before...)
		mapping := m.Mapping()
		require.Empty(t, definition.CheckMapping(columns, mapping))
		require.GreaterOrEqual(t, m.Score, 0.0)
		require.LessOrEqual(t, m.Score, 1.0)
		require.Len(t, m.Columns, len(columns)-len(m.MissingRequired)-len(m.MissingOptional))

		_, got, err := definition.MatchColumns(columns, header, mapping)
		if m.Valid {
			require.NoError(t, err, "%q %+v", header, columns)
			require.Equal(t, mapping, got, "an import finds nothing more")
			agreed++
		}
		if len(before) > 0 {
			used++
			continue
		}
		_, got, err = definition.MatchColumns(columns, header, nil)
		var mappingError *definition.MappingError
		switch {
		case err == nil:
			for _, c := range got {
				require.Contains(t, mapping, c, "%q %+v", header, columns)
			}
		case errors.As(err, &mappingError) && mappingError.Code == definition.ErrorColumnAmbiguous:
			require.False(t, m.Valid, "%q %+v: %v", header, columns, err)
			refused++
		}
	}
	require.Greater(t, agreed, 500)
	require.Greater(t, refused, 100)
	require.Greater(t, used, 300)
}

func FuzzRankDefinitions(f *testing.F) {
	f.Add("Site\nDate\nkWh", "Tesis\nTarih\nTüketim (kWh)", "1\n2024-01-31\nx")
	f.Add("(((\n)]\n*:\n#", "()\n(kg)\n（円）\n", "")
	f.Add("\xff\n\x00\nİİİ\nがか\u3099", "売上高売上高\nkWhKWHkwh\nIDCode", "2024年\nＱ１\n−")
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "")
	f.Fuzz(func(t *testing.T, header, names, samples string) {
		var file []definition.DetectedColumn
		for _, h := range strings.Split(header, "\n") {
			file = append(file, definition.DetectedColumn{Header: h, Samples: strings.Split(samples, "\n")})
		}
		var columns []definition.Column
		for i, name := range strings.Split(names, "\n") {
			columns = append(columns, definition.Column{
				Name: name, Type: definition.ColumnType(definition.TypeString.Values()[i%6]), Aliases: strings.Fields(name),
			})
		}
		m := match(columns, file)
		require.GreaterOrEqual(t, m.Score, 0.0)
		require.LessOrEqual(t, m.Score, 1.0)
		for _, c := range m.Columns {
			require.GreaterOrEqual(t, c.Score, 0.0)
			require.LessOrEqual(t, c.Score, 1.0)
			require.NotEmpty(t, c.Reason)
			require.True(t, utf8.ValidString(c.Reason) || !utf8.ValidString(header+names))
		}
	})
}

func TestRankDefinitionsEndsSoonForHostileNames(t *testing.T) {
	t.Parallel()
	// Columns and headers at their limits, all alike.
	var columns []definition.Column
	var file []definition.DetectedColumn
	for i := range 1000 {
		word := strings.Repeat("consumption ", 20) + string(rune('a'+i%26)) + string(rune('a'+i/26))
		columns = append(columns, text(word))
		file = append(file, definition.DetectedColumn{Header: "x" + word})
	}
	m := match(columns, file)
	require.False(t, m.Valid)
	require.Len(t, m.UnmatchedHeaders, 1000)
}
