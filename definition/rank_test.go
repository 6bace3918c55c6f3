package definition_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

// headerSet is the header of a file with a few values, as people write them, and what it is meant for.
type headerSet struct {
	name       string
	definition string
	file       []definition.DetectedColumn
	// truth tells for each header which column it is meant for; empty for none.
	truth map[string]string
}

func readDefinitions(tb testing.TB) []definition.Candidate {
	tb.Helper()
	var read map[string]struct {
		Name    string              `json:"name"`
		Columns []definition.Column `json:"columns"`
	}
	text, err := os.ReadFile(filepath.Join("testdata", "headers", "definitions.json"))
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(text, &read))
	var candidates []definition.Candidate
	for id, d := range read {
		version := definition.Version{Columns: d.Columns, Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count}}}
		require.Empty(tb, version.Normalize().Check(), id)
		candidates = append(candidates, definition.Candidate{ID: id, Name: d.Name, Columns: d.Columns})
	}
	slices.SortFunc(candidates, func(a, b definition.Candidate) int { return strings.Compare(a.ID, b.ID) })
	return candidates
}

func readHeaderSets(tb testing.TB, name string) []headerSet {
	tb.Helper()
	var read []struct {
		Definition string      `json:"definition"`
		Columns    [][4]string `json:"columns"`
	}
	text, err := os.ReadFile(filepath.Join("testdata", "headers", name+".json"))
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(text, &read))
	var sets []headerSet
	for i, r := range read {
		set := headerSet{name: fmt.Sprintf("%s %d", name, i+1), definition: r.Definition, truth: make(map[string]string)}
		for at, c := range r.Columns {
			set.file = append(set.file, definition.DetectedColumn{
				Index: at, Header: c[0], Type: definition.ColumnType(c[1]), Samples: strings.Split(c[2], "|"),
			})
			set.truth[c[0]] = c[3]
		}
		sets = append(sets, set)
	}
	return sets
}

// tally counts how well header sets were recognized.
type tally struct {
	sets, first, needed, right, optional, optionalRight, wrong, confidentlyWrong int
	misses                                                                       []string
}

func (t *tally) add(other tally) {
	t.sets += other.sets
	t.first += other.first
	t.needed += other.needed
	t.right += other.right
	t.optional += other.optional
	t.optionalRight += other.optionalRight
	t.wrong += other.wrong
	t.confidentlyWrong += other.confidentlyWrong
}

func (t *tally) miss(format string, args ...any) {
	t.misses = append(t.misses, fmt.Sprintf(format, args...))
}

func (t *tally) String() string {
	return fmt.Sprintf("right definition first %d of %d, needed columns right %d of %d, optional ones %d of %d, "+
		"wrong mappings %d, of them above 0.9 %d",
		t.first, t.sets, t.right, t.needed, t.optionalRight, t.optional, t.wrong, t.confidentlyWrong)
}

func measure(sets []headerSet, candidates []definition.Candidate) *tally {
	t := &tally{}
	for _, set := range sets {
		t.sets++
		matches := definition.RankDefinitions(set.file, candidates)
		at := slices.IndexFunc(matches, func(m definition.Match) bool { return m.ID == set.definition })
		if at == 0 {
			t.first++
		} else {
			t.miss("%s: %s (%.3f) comes behind %s (%.3f)", set.name, set.definition, matches[at].Score, matches[0].ID, matches[0].Score)
		}
		found := make(map[string]definition.ColumnMatch)
		for _, c := range matches[at].Columns {
			found[c.Column] = c
			if c.Header != "" && set.truth[c.Header] != c.Column {
				t.wrong++
				t.miss("%s: '%s' mapped to '%s' (%.2f, %s)", set.name, c.Column, c.Header, c.Score, c.Reason)
				if c.Score > 0.9 {
					t.confidentlyWrong++
				}
			}
		}
		right := slices.IndexFunc(candidates, func(c definition.Candidate) bool { return c.ID == set.definition })
		for _, c := range candidates[right].Columns {
			for header, column := range set.truth {
				if column != c.Name {
					continue
				}
				right := found[c.Name].Header == header
				if !right {
					t.miss("%s: '%s' should be '%s', found %+v", set.name, c.Name, header, found[c.Name])
				}
				if c.Required || c.Role != "" {
					t.needed++
					if right {
						t.right++
					}
				} else {
					t.optional++
					if right {
						t.optionalRight++
					}
				}
			}
		}
	}
	return t
}

// TestRankDefinitionsRecognizesTheHeadersOfPeople measures with 60 header sets. Those of heldout.json were looked at
// only when everything else was done.
func TestRankDefinitionsRecognizesTheHeadersOfPeople(t *testing.T) {
	t.Parallel()
	candidates := readDefinitions(t)
	require.Len(t, candidates, 12)
	var all tally
	for _, name := range []string{"english", "turkish", "vietnamese", "japanese", "heldout"} {
		part := measure(readHeaderSets(t, name), candidates)
		t.Logf("%s: %s", name, part)
		for _, miss := range part.misses {
			t.Log("  ", miss)
		}
		all.add(*part)
	}
	t.Log("all:", all.String())
	require.Equal(t, 60, all.sets)
	require.GreaterOrEqual(t, float64(all.first), 0.95*float64(all.sets), "the right definition comes first")
	require.GreaterOrEqual(t, float64(all.right), 0.95*float64(all.needed), "needed columns are mapped right")
	require.Zero(t, all.confidentlyWrong, "no mapping with a score above 0.9 is wrong")
}
