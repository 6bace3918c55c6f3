package processor

import "entrepot/definition"

// evidence is what the cells of a sample prove, each of them readable in one way only.
type evidence struct {
	dots, commas         bool
	dayFirst, monthFirst bool
}

func (e *evidence) add(other evidence) {
	e.dots = e.dots || other.dots
	e.commas = e.commas || other.commas
	e.dayFirst = e.dayFirst || other.dayFirst
	e.monthFirst = e.monthFirst || other.monthFirst
}

// point is the decimal separator that was proven; 0 where nothing was, or both were.
func (e evidence) point() byte {
	switch {
	case e.dots == e.commas:
		return 0
	case e.dots:
		return '.'
	}
	return ','
}

func (e evidence) order() definition.DayOrder {
	switch {
	case e.dayFirst == e.monthFirst:
		return definition.DayOrderUnknown
	case e.dayFirst:
		return definition.DayFirst
	}
	return definition.MonthFirst
}

// settlement is what is settled about a column without its format: zero values where nothing is.
type settlement struct {
	point byte
	order definition.DayOrder
}

// learn settles, for the columns of which the format says nothing, how their numbers and dates are written: as in the
// earlier file, else by the proof in the column's own cells, else by that of all such columns together. Where cells
// contradict each other, nothing is settled. Once it is, a cell that is written otherwise is an error.
func (p *plan) learn(sample []Row, earlier *Aggregation) {
	p.settled = make([]settlement, len(p.names))
	if earlier != nil {
		copy(p.settled, earlier.plan.settled)
	}
	var all evidence
	found := make([]evidence, len(p.columns))
	for i := range p.columns {
		c := &p.columns[i]
		for j := range sample {
			row := &sample[j]
			if c.index < len(row.Cells) && row.kind(c.index) == definition.CellText {
				found[i].add(c.proof(trim(row.Cells[c.index])))
			}
		}
		all.add(found[i])
	}
	for i := range p.columns {
		c, own := &p.columns[i], found[i]
		settled := &p.settled[c.schema]
		if c.numbers.free {
			if !own.dots && !own.commas {
				own.dots, own.commas = all.dots, all.commas
			}
			if settled.point == 0 {
				settled.point = own.point()
			}
			if settled.point != 0 {
				c.numbers = c.numbers.settled(settled.point)
			}
		}
		if c.dates.free && c.dates.order == definition.DayOrderUnknown {
			if !own.dayFirst && !own.monthFirst {
				own.dayFirst, own.monthFirst = all.dayFirst, all.monthFirst
			}
			if settled.order == definition.DayOrderUnknown {
				settled.order = own.order()
			}
			c.dates.order = settled.order
		}
	}
}

// Format is how a column of the version, by its index, is written in the file: the version's format, with the decimal
// separator that the file's own cells have proven where the format names none. Its AppendNumber writes what the column
// reads.
func (a *Aggregation) Format(column int) definition.Format { return a.plan.formatOf(column) }

func (p *plan) formatOf(column int) definition.Format {
	f := p.format
	if settled := p.settled[column]; settled.point != 0 {
		f.DecimalSeparator = string(settled.point)
	}
	return f
}

// proof is what one cell proves.
func (c *column) proof(text []byte) (e evidence) {
	switch {
	case len(text) == 0:
	case c.numbers.free && (c.reading == asNumber || c.reading == asInteger):
		point := c.numbers.proof(text)
		e.dots, e.commas = point == '.', point == ','
	case c.dates.free && (c.reading == asDate || c.reading == asDateTime || c.isPeriod):
		if w, _, _, ok := readMoment(text, definition.DayOrderUnknown); ok {
			e.dayFirst, e.monthFirst = w.order == definition.DayFirst, w.order == definition.MonthFirst
		}
	}
	return e
}
