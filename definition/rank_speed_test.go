package definition_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"entrepot/definition"
)

// manyDefinitions are variations of the twelve: each column has one more alias, with a word that no other one has.
func manyDefinitions(tb testing.TB, n int) []definition.Candidate {
	tb.Helper()
	twelve := readDefinitions(tb)
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]definition.Candidate, n)
	for i := range list {
		d := twelve[i%len(twelve)]
		d.ID = fmt.Sprint(i)
		d.Name = fmt.Sprint(d.Name, " ", i)
		columns := make([]definition.Column, len(d.Columns))
		for j, c := range d.Columns {
			c.Aliases = append([]string{}, c.Aliases...)
			c.Aliases = append(c.Aliases, randomWord(r)+" "+c.Name)
			columns[j] = c
		}
		d.Columns = columns
		list[i] = d
	}
	return list
}

func randomWord(r *rand.Rand) string {
	letters := []rune("abcdefgğhıijklmnoöpqrsştuüvwxyzđễ")
	word := make([]rune, 3+r.IntN(8))
	for i := range word {
		word[i] = letters[r.IntN(len(letters))]
	}
	return string(word)
}

// wideFile is a file of many columns: headers of real files, and words that mean nothing.
func wideFile(tb testing.TB, n int) []definition.DetectedColumn {
	tb.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	var file []definition.DetectedColumn
	for _, name := range []string{"english", "turkish", "vietnamese", "japanese"} {
		for _, set := range readHeaderSets(tb, name)[:2] {
			file = append(file, set.file...)
		}
	}
	for len(file) < n {
		file = append(file, definition.DetectedColumn{Header: randomWord(r) + " " + randomWord(r), Type: definition.TypeNumber})
	}
	return file[:n]
}

func BenchmarkRankDefinitions(b *testing.B) {
	candidates, file := manyDefinitions(b, 200), wideFile(b, 50)
	b.ReportAllocs()
	for b.Loop() {
		definition.RankDefinitions(file, candidates)
	}
}
