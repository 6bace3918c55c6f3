package definition

import (
	"slices"
	"strings"
)

// assignment finds the headers for the columns of one candidate, what is trusted most first.
type assignment struct {
	file      *rankedFile
	candidate *Candidate
	columns   []Column
	names     [][]*phrase // of each column: its name, then its aliases
	// context are the words of the definition's name, contextual tells which of the compared headers hold one of them.
	context    []*word
	contextual []bool
	found      []int // by column: its header, -1 for none yet
	score      []float64
	reason     []string // of a column that was not found: why it is ambiguous
	taken      []bool   // by header
	contested  []bool   // by header: equally good for some column
	refused    bool     // MatchColumns fails
}

func newAssignment(f *rankedFile, d *Candidate) *assignment {
	n := len(d.Columns)
	a := &assignment{
		file: f, candidate: d, columns: d.Columns, names: make([][]*phrase, n),
		found: make([]int, n), score: make([]float64, n), reason: make([]string, n),
		taken: make([]bool, len(f.header)), contested: make([]bool, len(f.header)),
		context: f.speller.phrase(d.Name).words,
	}
	a.contextual = make([]bool, len(f.alike))
	for _, w := range a.context {
		for place, l := range f.comparer.row(w) {
			if l.kin <= kinMeaning && l.score > 0 {
				for _, at := range f.comparer.holders[place] {
					a.contextual[at] = true
				}
			}
		}
	}
	for i := range d.Columns {
		a.found[i] = -1
		a.names[i] = make([]*phrase, 0, 1+len(d.Columns[i].Aliases))
		a.names[i] = append(a.names[i], f.speller.phrase(d.Columns[i].Name))
		for _, alias := range d.Columns[i].Aliases {
			a.names[i] = append(a.names[i], f.speller.phrase(alias))
		}
	}
	return a
}

func (a *assignment) open(column int) bool { return a.found[column] < 0 && a.reason[column] == "" }
func (a *assignment) free(header int) bool { return !a.taken[header] && !a.contested[header] }

func (a *assignment) take(column, header int, score float64, reason string) {
	c := &a.columns[column]
	if scoreDoubt < score && score < scoreUsed && a.file.evidence[header].fit(c) == fitBad {
		score = scoreDoubt
		reason += ", but the values are not " + expects(c)
	}
	a.found[column], a.score[column], a.reason[column] = header, rounded(score), reason
	a.taken[header] = true
}

// dispute closes a column that several headers serve equally well.
func (a *assignment) dispute(column int, headers []int) {
	names := make([]string, len(headers))
	for i, h := range headers {
		names[i] = "'" + short(a.file.header[h]) + "'"
		a.contested[h] = true
	}
	slices.Sort(names)
	a.reason[column] = "ambiguous: " + list(names[:len(names)-1], listed) + " and " + names[len(names)-1] + " serve equally well"
}

// used takes the mapping used before, as far as its columns and headers still exist once. Two columns may share a header
// in it on purpose.
func (a *assignment) used() {
	for _, u := range a.candidate.Used {
		i := slices.IndexFunc(a.columns, func(c Column) bool { return c.Name == u.Column })
		if at := a.file.exact[strings.TrimSpace(u.Header)]; i >= 0 && len(at) == 1 && a.file.phrases[at[0]] != nil {
			a.take(i, at[0], scoreUsed, "mapped so before")
		}
	}
}

// trusted does what MatchColumns does, and in its order; where that fails it goes on with the other columns.
func (a *assignment) trusted() {
	a.trust(a.file.exact, false, func(p *phrase) string { return p.text }, scoreName, "same name")
	a.trust(a.file.exact, true, func(p *phrase) string { return p.text }, scoreAlias, "alias %")
	a.trust(a.file.normalized, false, func(p *phrase) string { return p.key }, scoreNormalizedName,
		"same but for case and accents")
	a.trust(a.file.normalized, true, func(p *phrase) string { return p.key }, scoreNormalizedAlias,
		"alias %, but for case and accents")
}

func (a *assignment) trust(
	headers map[string][]int, aliases bool, key func(*phrase) string, score float64, reason string,
) {
	for i := range a.columns {
		if !a.open(i) {
			continue
		}
		names := a.names[i][:1]
		if aliases {
			names = a.names[i][1:]
		}
		var at []int
		var by *phrase
		for _, name := range names {
			for _, h := range headers[key(name)] {
				if !a.taken[h] && !slices.Contains(at, h) {
					at, by = append(at, h), name
				}
			}
		}
		switch len(at) {
		case 0:
		case 1:
			a.take(i, at[0], score, strings.Replace(reason, "%", "'"+short(by.text)+"'", 1))
		default:
			a.refused = true
			a.dispute(i, at)
		}
	}
}

// spelled finds names that differ in spaces and punctuation, then those that differ in a unit besides. A header that
// would serve two columns is left to likeness.
func (a *assignment) spelled() {
	for _, level := range []struct {
		aliases, unit bool
		score         float64
	}{
		{false, false, scoreSpelledName},
		{true, false, scoreSpelledAlias},
		{false, true, scoreUnitName},
		{true, true, scoreUnitAlias},
	} {
		claims := make([]int, len(a.file.header)) // how many columns want a header
		wanted := make([][]int, len(a.columns))
		by := make([]*phrase, len(a.columns))
		for i := range a.columns {
			if !a.open(i) {
				continue
			}
			names := a.names[i][:1]
			if level.aliases {
				names = a.names[i][1:]
			}
			for _, name := range names {
				headers := a.file.compact[name.compact]
				if level.unit {
					headers = a.file.base[name.base]
				}
				for _, h := range headers {
					if !a.free(h) || slices.Contains(wanted[i], h) || level.unit && !a.mayHaveUnit(i, name, h) {
						continue
					}
					wanted[i], by[i] = append(wanted[i], h), name
					claims[h]++
				}
			}
		}
		for i, at := range wanted {
			switch {
			case len(at) > 1:
				a.dispute(i, at)
			case len(at) == 1 && claims[at[0]] == 1:
				reason := "same but for spaces and punctuation"
				if level.aliases {
					reason = "alias '" + short(by[i].text) + "', but for spaces and punctuation"
				}
				if level.unit {
					reason = strings.Replace(reason, "spaces and punctuation", "the unit '"+a.file.phrases[at[0]].unit+"'", 1)
				}
				a.take(i, at[0], level.score, reason)
			}
		}
	}
}

// mayHaveUnit tells whether a header that is a column's name and a unit in brackets has a unit that the column may have:
// one that its name or an alias holds, or any where none of them does.
func (a *assignment) mayHaveUnit(column int, name *phrase, header int) bool {
	unit := a.file.phrases[header].unit
	if name.unit != "" {
		return name.unit == unit && numeric(&a.columns[column])
	}
	units := a.units(column)
	return (len(units) == 0 || slices.Contains(units, unit)) && numeric(&a.columns[column])
}

func numeric(c *Column) bool { return c.Type == TypeNumber || c.Type == TypeInteger }

// units are those that the names of a column hold or are.
func (a *assignment) units(column int) []string {
	var units []string
	for _, name := range a.names[column] {
		if name.unit != "" {
			units = append(units, name.unit)
		} else if bareUnits[name.compact] {
			units = append(units, unitNames()[name.compact])
		}
	}
	return units
}
