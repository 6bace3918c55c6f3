package processor

import (
	"cmp"
	"slices"
)

// rowCount counts rows; there are many of them, and no file has more rows than it can count.
type rowCount struct{ processed, rejected uint32 }

// census counts the rows of one site where code computes the outputs: by year, and within it as fine as outputs need it
// and the PERIOD column tells.
type census struct {
	last  int // index of the year that was counted last: most rows stay in it
	years []yearCount
}

// yearCount has the count of a year, then those of its quarters, then those of its months.
type yearCount struct {
	year   int
	counts []rowCount
}

// placesIn is how many counts a year has for a finest unit.
var placesIn = [...]int{yearly: 1, quarterly: 1 + 4, monthly: 1 + 4 + 12}

// placeOf is where the count of a period is.
func placeOf(u unit, period int) int {
	switch u {
	case monthly:
		return 4 + period
	case quarterly:
		return period
	}
	return 0
}

// find gives the index of a year, or where it would be.
func (c *census) find(year int) (int, bool) {
	if c.last < len(c.years) && c.years[c.last].year == year {
		return c.last, true
	}
	return slices.BinarySearchFunc(c.years, year, func(y yearCount, year int) int { return cmp.Compare(y.year, year) })
}

// of gives the counts of a site in a period.
func (c *census) of(year int, u unit, period int) rowCount {
	if at, known := c.find(year); known {
		return c.years[at].counts[placeOf(u, period)]
	}
	return rowCount{}
}

// accepted lists the years that have accepted rows.
func (c *census) accepted() (years []int) {
	for i := range c.years {
		if c.years[i].counts[0].processed > 0 {
			years = append(years, c.years[i].year)
		}
	}
	return years
}

// counts gives the counts of a site and year; nil when there are more of them than an import may have results.
func (w *Worker) counts(site int32, year int) []rowCount {
	if int(site) >= len(w.census) {
		w.census = append(w.census, make([]census, len(w.sites)-len(w.census))...)
	}
	c := &w.census[site]
	at, known := c.find(year)
	c.last = at
	if known {
		return c.years[at].counts
	}
	if w.siteYears == w.maxResults {
		w.err = limitError("results", int64(w.maxResults), "the rows are of more than %d sites and years, which is more than an "+
			"import may have results")
		return nil
	}
	w.siteYears++
	places := placesIn[w.plan.finest]
	if len(w.countSlab) < places {
		w.countSlab = make([]rowCount, max(1024, places))
	}
	counts := w.countSlab[:places:places]
	w.countSlab = w.countSlab[places:]
	c.years = slices.Insert(c.years, at, yearCount{year, counts})
	return counts
}

// countRow counts the row at hand, in every period of its that the outputs have. It is false when a limit is exceeded.
func (w *Worker) countRow(site int32, when period, rejected bool) bool {
	if w.err != nil {
		return false
	}
	counts := w.counts(site, when.year)
	if counts == nil {
		return false
	}
	count := func(place int) {
		if rejected {
			counts[place].rejected++
		} else {
			counts[place].processed++
		}
	}
	count(0)
	if when.quarter > 0 && w.plan.finest >= quarterly {
		count(placeOf(quarterly, when.quarter))
	}
	if when.month > 0 && w.plan.finest == monthly {
		count(placeOf(monthly, when.month))
	}
	return true
}

// mergeCensus takes over what another worker has counted of a site.
func (w *Worker) mergeCensus(site int32, other *census) error {
	for i := range other.years {
		y := &other.years[i]
		counts := w.counts(site, y.year)
		if counts == nil {
			return w.err
		}
		for place, c := range y.counts {
			counts[place].processed += c.processed
			counts[place].rejected += c.rejected
		}
	}
	return nil
}
