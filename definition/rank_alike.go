package definition

import (
	"cmp"
	"slices"
)

// pairing is a column and a header that are alike.
type pairing struct {
	column, header int
	score          float64
	kin            kinship
	name           *phrase
	// otherUnit tells that the header's unit is none of the column's, badFit that the values are not of its type.
	otherUnit, badFit bool
}

// likeness finds columns by the likeness of names, together with what the samples say. What is taken first are pairs
// that no other one of their column or their header comes near; then those without which a column would come away with
// nothing while its rivals have others as good. Where there are neither, the columns of the best pairs are ambiguous.
func (a *assignment) likeness() {
	var pairs []pairing
	for i := range min(len(a.columns), maxLikeColumns) {
		if a.open(i) {
			pairs = a.pairs(i, pairs)
		}
	}
	for {
		pairs = slices.DeleteFunc(pairs, func(p pairing) bool { return !a.open(p.column) || !a.free(p.header) })
		if len(pairs) == 0 {
			return
		}
		if !a.takeClear(pairs) && !a.takeForced(pairs) {
			a.disputeBest(pairs)
		}
	}
}

// rivalry holds the two best scores of a column or a header.
type rivalry struct{ first, second float64 }

func (r *rivalry) add(score float64) {
	if score > r.first {
		r.first, r.second = score, r.first
	} else {
		r.second = max(r.second, score)
	}
}

// won tells whether a pair is the best and no other comes near it.
func (r *rivalry) won(p pairing) bool { return p.score >= r.first && r.second < p.score-equallyWell }

func (a *assignment) rivalries(pairs []pairing) (byColumn, byHeader []rivalry) {
	byColumn, byHeader = make([]rivalry, len(a.columns)), make([]rivalry, len(a.file.header))
	for _, p := range pairs {
		byColumn[p.column].add(p.score)
		byHeader[p.header].add(p.score)
	}
	return byColumn, byHeader
}

// takeClear takes the pairs that are the best of their column and of their header, and clearly so.
func (a *assignment) takeClear(pairs []pairing) bool {
	byColumn, byHeader := a.rivalries(pairs)
	taken := false
	for _, p := range pairs {
		if byColumn[p.column].won(p) && byHeader[p.header].won(p) {
			a.take(p.column, p.header, p.score, a.why(p))
			taken = true
		}
	}
	return taken
}

// takeForced takes the pairs of columns that only one header serves best, where each other column that this header
// serves as well has another header as good that is not taken in the same way: "qty" goes to the quantity, though it
// may be an amount, when the amount has "amt".
func (a *assignment) takeForced(pairs []pairing) bool {
	byColumn, byHeader := a.rivalries(pairs)
	single := make([]int, len(a.file.header)) // how many columns have nothing but this header
	var forced []pairing
	for _, p := range pairs {
		if byColumn[p.column].won(p) && p.score >= byHeader[p.header].first-equallyWell {
			single[p.header]++
			forced = append(forced, p)
		}
	}
	taken := false
	for _, p := range forced {
		deprived := slices.ContainsFunc(pairs, func(q pairing) bool {
			return q.header == p.header && q.column != p.column && q.score >= p.score-equallyWell &&
				!slices.ContainsFunc(pairs, func(r pairing) bool {
					return r.column == q.column && r.header != q.header && r.score >= q.score-equallyWell && single[r.header] == 0
				})
		})
		if !deprived && single[p.header] == 1 {
			a.take(p.column, p.header, p.score, a.why(p))
			taken = true
		}
	}
	return taken
}

// disputeBest closes the columns and headers of the best pairs, none of which won.
func (a *assignment) disputeBest(pairs []pairing) {
	best := slices.MaxFunc(pairs, func(p, q pairing) int { return cmp.Compare(p.score, q.score) }).score
	for _, p := range pairs {
		if p.score < best-equallyWell || !a.open(p.column) {
			continue
		}
		var headers []int
		var columns []string
		for _, q := range pairs {
			if q.score < p.score-equallyWell {
				continue
			}
			if q.column == p.column {
				headers = append(headers, q.header)
			}
			if q.header == p.header {
				columns = append(columns, "'"+short(a.columns[q.column].Name)+"'")
			}
		}
		switch {
		case len(headers) > 1:
			a.dispute(p.column, headers)
		case len(columns) > 1:
			slices.Sort(columns)
			a.contested[p.header] = true
			a.reason[p.column] = "ambiguous: '" + short(a.file.header[p.header]) + "' serves " + list(columns, listed) + " equally well"
		}
	}
}

// pairs adds the headers that are like a column.
func (a *assignment) pairs(column int, pairs []pairing) []pairing {
	c := &a.columns[column]
	units := a.units(column)
	best := a.file.best
	clear(best)
	for n, name := range a.names[column][:min(len(a.names[column]), 1+maxLikeAliases)] {
		for at, l := range a.file.comparer.compare(name) {
			h := a.file.alike[at]
			if l.score == 0 || !a.free(h) {
				continue
			}
			header := a.file.phrases[h]
			if a.contextual[at] {
				l = a.file.comparer.pair(name, header, a.context)
			}
			p := pairing{column: column, header: h, score: float64(l.score) * scoreAlike, kin: l.kin, name: name}
			if n > 0 {
				p.score *= 0.99 // a name before an alias
			}
			if header.unit != "" && len(units) > 0 && numeric(c) {
				if slices.Contains(units, header.unit) {
					p.score += 0.02
				} else {
					p.score *= 0.8
					p.otherUnit = true
				}
			}
			if p.score > best[at].score {
				best[at] = p
			}
		}
	}
	for _, p := range best {
		if p.score == 0 {
			continue
		}
		switch a.file.evidence[p.header].fit(c) {
		case fitGood:
			p.score += 0.03
		case fitOdd:
			p.score *= 0.85
		case fitBad:
			p.score *= 0.75
			p.badFit = true
		}
		p.score = min(p.score, scoreAlike)
		if p.score >= scoreFound {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// why tells the reason of a pair for people.
func (a *assignment) why(p pairing) string {
	header := a.file.phrases[p.header]
	reason := p.kin.String() + ": '" + short(header.text) + "' ~ '" + short(p.name.text) + "'"
	if p.otherUnit {
		reason += ", but in '" + header.unit + "'"
	}
	if p.badFit {
		reason += ", but the values are not " + expects(&a.columns[p.column])
	}
	return reason
}

// fitting gives the only column of dates that is still open and needed the only header of dates that is left.
func (a *assignment) fitting() {
	column, header := -1, -1
	for i := range a.columns {
		c := &a.columns[i]
		if c.Type != TypeDate && c.Type != TypeDateTime || a.found[i] >= 0 {
			continue
		}
		if column >= 0 || !a.open(i) {
			return
		}
		column = i
	}
	for h := range a.file.header {
		if a.taken[h] || a.file.evidence[h].date < 1 {
			continue
		}
		if header >= 0 || !a.free(h) || a.file.phrases[h] == nil {
			return
		}
		header = h
	}
	if column >= 0 && header >= 0 && a.columns[column].needed() {
		a.take(column, header, scoreFits, "the values fit: dates")
	}
}
