package definition

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Candidate is a definition that a file may be meant for.
type Candidate struct {
	// ID tells definitions of one name apart; it is given back, and compared only.
	ID string
	// Name is the definition's name. Words of it count little where headers hold them.
	Name string
	// Columns are those of the version that would run.
	Columns []Column
	// Used is the mapping that an earlier import of a file with the same headers ran with, empty for none.
	Used []ColumnMapping
}

// Match tells how well a definition fits a file.
type Match struct {
	// ID and Name are the candidate's.
	ID, Name string
	// Score is from 0 to 1; only what was used before for the same headers has 1.
	Score float64
	// Valid tells that an import with Mapping finds every column that it needs, and nothing is ambiguous that would
	// stop it.
	Valid bool
	// Columns are the columns that were found, and those that two headers serve equally well, in the definition's order.
	Columns []ColumnMatch
	// MissingRequired are the columns without a header that the file is refused without, MissingOptional the others.
	MissingRequired, MissingOptional []string
	// UnmatchedHeaders are left over, in the file's order.
	UnmatchedHeaders []string
}

// ColumnMatch tells which header feeds a column, and why.
type ColumnMatch struct {
	// Column is the column's name.
	Column string
	// Header is the header, without white space around it; empty when the column is ambiguous.
	Header string
	// Score is from 0 to 1: above 0.9 only for a name or alias of the column, however it is spelled, and for what was
	// used before; 0 when the column is ambiguous.
	Score float64
	// Reason is a phrase for people, such as: same name.
	Reason string
}

// Mapping gives the columns that were found, as an import takes them.
func (m *Match) Mapping() []ColumnMapping {
	var mapping []ColumnMapping
	for _, c := range m.Columns {
		if c.Header != "" {
			mapping = append(mapping, ColumnMapping{Column: c.Column, Header: c.Header})
		}
	}
	return mapping
}

// What is trusted how far. Values that cannot be read as the column's type bring what is above scoreDoubt down to it.
const (
	scoreUsed            = 1
	scoreName            = 0.99
	scoreAlias           = 0.98
	scoreNormalizedName  = 0.97
	scoreNormalizedAlias = 0.96
	scoreSpelledName     = 0.95
	scoreSpelledAlias    = 0.94
	scoreUnitName        = 0.93
	scoreUnitAlias       = 0.92
	scoreDoubt           = 0.85
	// scoreAlike is what a likeness of 1 is worth, and scoreFound the least that is called a match.
	scoreAlike = 0.88
	scoreFound = 0.5
	scoreFits  = 0.5
	// equallyWell is how near two scores are that decide nothing.
	equallyWell = 0.025
)

// The bounds of comparing by likeness; what is beyond them is found by its exact or normalised name only.
const (
	maxLikeHeaders = 200
	maxLikeColumns = 200
	maxLikeAliases = 20
)

// RankDefinitions tells for each candidate which column of the file feeds which of its columns, and puts the best first:
// by score, valid ones first, then by name and id. The order of columns and of candidates does not matter. Type and
// Samples of the file's columns may be left out.
//
// It trusts what MatchColumns trusts, in the same order, and finds the same; after that names that differ in spaces,
// punctuation, notes in brackets or, for numbers, a unit in brackets, and last words of the same meaning, abbreviations
// and typing errors together with what the samples say. A header feeds one column, but for a mapping used before. Where
// two headers serve a column equally well, or one header two columns, there is no match, and Reason says so. What is
// matched can be given to an import as its mapping.
func RankDefinitions(file []DetectedColumn, candidates []Candidate) []Match {
	f := newRankedFile(file)
	matches := make([]Match, len(candidates))
	for i := range candidates {
		matches[i] = f.match(&candidates[i])
	}
	slices.SortStableFunc(matches, func(a, b Match) int {
		valid := func(m Match) int {
			if m.Valid {
				return 0
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(valid(a), valid(b)),
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return matches
}

// rankedFile is a file's columns, read once for all candidates.
type rankedFile struct {
	header            []string
	exact, normalized map[string][]int
	compact, base     map[string][]int // by the key of the phrase; base of those with a unit in brackets
	phrases           []*phrase        // nil for a header that no mapping could name
	evidence          []evidence
	speller           *speller
	comparer          *comparer
	alike             []int     // the headers that are compared by likeness, by place in the comparer
	best              []pairing // by the same place: the best pair of the column at hand
}

func newRankedFile(file []DetectedColumn) *rankedFile {
	f := &rankedFile{
		exact: make(map[string][]int), normalized: make(map[string][]int),
		compact: make(map[string][]int), base: make(map[string][]int), speller: newSpeller(),
		phrases: make([]*phrase, len(file)), evidence: make([]evidence, len(file)),
	}
	var compared []*phrase
	for i := range file {
		h := strings.TrimSpace(file[i].Header)
		f.header = append(f.header, h)
		f.evidence[i] = evident(&file[i])
		if h == "" {
			continue
		}
		f.exact[h] = append(f.exact[h], i)
		if len(f.exact[h]) > 1 {
			// No mapping can tell them apart, so their values must not either.
			for _, same := range f.exact[h] {
				f.evidence[same] = evidence{}
			}
		}
		if !mappable(h) {
			key := NormalizeName(h)
			f.normalized[key] = append(f.normalized[key], i)
			continue
		}
		p := f.speller.phrase(h)
		f.phrases[i] = p
		f.normalized[p.key] = append(f.normalized[p.key], i)
		if p.compact != "" {
			f.compact[p.compact] = append(f.compact[p.compact], i)
		}
		if p.bracketed && p.base != "" {
			f.base[p.base] = append(f.base[p.base], i)
		}
		if len(compared) < maxLikeHeaders {
			compared = append(compared, p)
			f.alike = append(f.alike, i)
		}
	}
	f.comparer, f.best = newComparer(compared), make([]pairing, len(compared))
	return f
}

// mappable tells whether CheckMapping takes a header.
func mappable(header string) bool {
	var c checker
	return c.text("header", header, MaxName, true)
}

func (f *rankedFile) match(d *Candidate) Match {
	a := newAssignment(f, d)
	a.used()
	a.trusted()
	a.spelled()
	a.likeness()
	a.fitting()
	return a.result()
}

// result weighs what was found: a needed column counts three times as much as another one, and an optional column that
// is absent little. What is left over of the file takes a little away, so that of two definitions that are satisfied
// the one that explains more of the file is first.
func (a *assignment) result() Match {
	const needed, optional, absent, leftOver = 3, 1, 0.25, 0.2
	m := Match{ID: a.candidate.ID, Name: a.candidate.Name, Valid: !a.refused}
	var sum, total float64
	usedOnly := len(a.candidate.Used) > 0
	for i := range a.columns {
		c, weight := &a.columns[i], float64(optional)
		if c.needed() {
			weight = needed
		}
		switch found := a.found[i]; {
		case found >= 0:
			sum += weight * a.score[i]
			usedOnly = usedOnly && a.score[i] == scoreUsed
			m.Columns = append(m.Columns, ColumnMatch{c.Name, a.file.header[found], a.score[i], a.reason[i]})
		case a.reason[i] != "":
			m.Valid = m.Valid && !c.needed()
			m.Columns = append(m.Columns, ColumnMatch{Column: c.Name, Reason: a.reason[i]})
		case c.needed():
			m.Valid = false
			m.MissingRequired = append(m.MissingRequired, c.Name)
		default:
			weight = absent
			m.MissingOptional = append(m.MissingOptional, c.Name)
		}
		total += weight
	}
	headers, matched := 0, 0
	for i, h := range a.file.header {
		switch {
		case h == "":
			continue
		case a.taken[i]:
			matched++
		default:
			m.UnmatchedHeaders = append(m.UnmatchedHeaders, h)
		}
		headers++
	}
	if sum > 0 {
		m.Score = sum / total * (1 - leftOver + leftOver*float64(matched)/float64(headers))
		if usedOnly && m.Valid {
			m.Score = 1
		}
		m.Score = rounded(m.Score)
	}
	return m
}

// rounded leaves four decimals, which is more than a score tells.
func rounded(score float64) float64 { return math.Round(score*1e4) / 1e4 }
