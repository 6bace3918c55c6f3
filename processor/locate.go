package processor

import (
	"unicode/utf8"

	"entrepot/definition"
)

// readSite finds the row's site.
func (w *Worker) readSite(
	i int, c *column, v *value, text, cell []byte, kind definition.CellKind,
) (site int32, ok bool) {
	if !v.filled {
		w.fail(i, definition.RowSiteMissing, cell)
		return 0, false
	}
	// A text of the wrong type names no site.
	if c.used || c.reading != asText {
		if code := w.typed(c, v, text, cell, kind); code != "" {
			w.fail(i, code, cell)
			return 0, false
		}
	}
	near, known := w.near.at(text)
	if known {
		return near.meaning, true
	}
	s := w.spelled(text)
	if s.code != "" {
		near.forget()
		w.fail(i, s.code, cell)
		return 0, false
	}
	if near != nil {
		near.meaning = s.site
	}
	return s.site, true
}

// spelled is what a text means, which is looked up once.
func (w *Worker) spelled(text []byte) spelling {
	s, known := w.spellings[string(text)]
	if !known {
		s = w.spell(text)
		// Texts that are longer than any site's name are not worth the memory.
		if len(text) <= maxSiteKey*utf8.UTFMax && len(w.spellings) < 2*w.maxSites {
			w.spellings[string(text)] = s
		}
	}
	return s
}

// spell looks a text up among the known sites, and makes a site of it otherwise.
func (w *Worker) spell(text []byte) spelling {
	if code := checkText(text); code != "" {
		return spelling{code: code}
	}
	if utf8.RuneCount(text) > maxSiteKey {
		return spelling{code: definition.RowCellTooLarge}
	}
	found := site{key: string(text)}
	if w.lookup != nil {
		if s, ok := w.lookup.Lookup(found.key); ok {
			found = site{s.ID, s.Key, s.Name}
		}
	}
	if found.id == "" && w.plan.rejectUnknown {
		return spelling{code: definition.RowSiteUnknown}
	}
	at, known := w.byKey[found.key]
	if !known {
		if len(w.sites) >= w.maxSites {
			w.err = newLimitError("sites", w.maxSites)
			return spelling{}
		}
		at = int32(len(w.sites))
		w.sites = append(w.sites, found)
		w.byKey[found.key] = at
	} else if w.sites[at].id == "" {
		w.sites[at] = found
	}
	return spelling{site: at}
}

// readPeriod finds the row's period, as fine as its text tells it and at least as fine as the outputs need it.
func (w *Worker) readPeriod(
	i int, c *column, v *value, text, cell []byte, kind definition.CellKind,
) (period, bool) {
	if !v.filled {
		code := definition.RowPeriodInvalid
		if c.required {
			code = definition.RowMissingRequired
		}
		w.fail(i, code, cell)
		return period{}, false
	}
	var p period
	var code definition.RowErrorCode
	if kind == definition.CellText {
		p, code = w.periodOf(c, v, text)
	} else {
		p, code = w.knownPeriod(c, v, text, kind)
	}
	switch {
	case code != "":
	case p.year < 1 || p.year > 9999:
		code = definition.RowPeriodInvalid
	case w.plan.year != 0 && p.year != w.plan.year:
		code = definition.RowYearMismatch
	case p.in(w.plan.finest) == 0 && !w.plan.scripted: // code decides what the row is good for
		code = definition.RowPeriodTooCoarse
	}
	if code == "" {
		code = c.keep(v, cell)
	}
	if code != "" {
		w.fail(i, code, cell)
		return period{}, false
	}
	return p, true
}

func (w *Worker) periodOf(c *column, v *value, text []byte) (period, definition.RowErrorCode) {
	switch c.reading {
	case asText:
		known, ok := w.periods[string(text)]
		if !ok {
			known.period, known.code = w.parsePeriodText(c, text)
			if len(text) <= longestDate && len(w.periods) < maxPeriodTexts {
				w.periods[string(text)] = known
			}
		}
		return known.period, known.code
	case asInteger:
		code := c.numbers.parseInteger(text, v)
		if code == "" && (v.m < 1000 || v.m > 9999) {
			code = definition.RowPeriodInvalid
		}
		return period{year: int(v.m)}, code
	}
	if c.used {
		return w.momentPeriod(c, v, text)
	}
	near, known := w.days.at(text)
	if known {
		return near.meaning, ""
	}
	p, code := w.momentPeriod(c, v, text)
	if code != "" {
		near.forget()
	} else if near != nil {
		near.meaning = p
	}
	return p, code
}

// momentPeriod is the period of a date or time, which is the row's value too where an output reads it.
func (w *Worker) momentPeriod(c *column, v *value, text []byte) (period, definition.RowErrorCode) {
	m, code := w.moment(c, text)
	if code != "" {
		return period{}, code
	}
	if c.used {
		w.setTime(c, v, &m)
	}
	if c.reading == asDate {
		return monthOf(m.year, m.month), ""
	}
	return monthOf(m.yearMonth(w.plan.location)), ""
}

// parsePeriodText tries the formats that were named, then what people write; a column with a format of its own takes
// nothing else.
func (w *Worker) parsePeriodText(c *column, text []byte) (period, definition.RowErrorCode) {
	for _, layout := range c.periods {
		s, ok := layout.Parse(text)
		switch {
		case !ok:
		case s.Month > 0 && layout.HasTime():
			m := momentOf(s)
			return monthOf(m.yearMonth(w.plan.location)), ""
		case s.Month > 0:
			return monthOf(s.Year, s.Month), ""
		default:
			return period{year: s.Year, quarter: s.Quarter}, ""
		}
	}
	if !c.dates.free {
		return period{}, definition.RowPeriodInvalid
	}
	if m, ok := parseISODateTime(text); ok {
		return monthOf(m.yearMonth(w.plan.location)), ""
	}
	written, m, timed, ok := readMoment(text, c.dates.order)
	switch {
	case !ok:
		return period{}, definition.RowPeriodInvalid
	case written.ambiguous:
		return period{}, definition.RowDateAmbiguous
	case timed:
		return monthOf(m.yearMonth(w.plan.location)), ""
	}
	return written.period(), ""
}

// finest is the group of the finest unit; nil when a limit is exceeded.
func (w *Worker) finest(site int32, when period) *group {
	if w.err != nil {
		return nil
	}
	if int(site) >= len(w.calendars) {
		w.calendars = append(w.calendars, make([]calendar, len(w.sites)-len(w.calendars))...)
	}
	c := &w.calendars[site]
	if c.periods == nil || c.year != when.year {
		c.turn(when.year)
	}
	at := &c.periods[when.in(w.plan.finest)]
	if *at != nil {
		return *at
	}
	var coarser *group
	for u := range w.plan.units {
		unit := &w.plan.units[u]
		key := groupKey{site, uint8(u), uint8(when.in(unit.unit)), int16(when.year)}
		g := w.group(key, len(unit.outputs))
		if g == nil {
			return nil
		}
		g.coarser = coarser
		coarser = g
	}
	*at = coarser
	return coarser
}

// turn opens the calendar at a year; most need no more than one.
func (c *calendar) turn(year int) {
	if c.periods != nil {
		if c.years == nil {
			c.years = make(map[int]*[13]*group)
		}
		c.years[c.year] = c.periods
	}
	c.year, c.periods = year, c.years[year]
	if c.periods == nil {
		c.periods = new([13]*group)
	}
}

func (w *Worker) group(key groupKey, outputs int) *group {
	g := w.groups[key]
	if g != nil {
		return g
	}
	if len(w.groups) >= w.maxResults {
		w.err = newLimitError("results", w.maxResults)
		return nil
	}
	if len(w.slab) < outputs {
		w.slab = make([]accumulator, max(1024, outputs))
	}
	g = &group{accumulators: w.slab[:outputs:outputs]}
	w.slab = w.slab[outputs:]
	w.groups[key] = g
	return g
}
