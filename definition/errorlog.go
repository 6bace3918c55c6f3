package definition

import (
	"cmp"
	"slices"
	"strings"
)

// ErrorLog collects row errors within bounded memory: the first ones in full, all of them by count. Logs that several
// goroutines filled, each its own, are merged; what comes out depends on the errors only, not on who added them or when.
// The errors of one row must be added by one call. An ErrorLog is not safe for concurrent use.
type ErrorLog struct {
	limit int
	kept  []loggedError
	// full tells that the limit was reached; rows after last then need no look.
	full   bool
	last   int64
	total  int64
	groups map[groupKey]*errorGroup
}

type loggedError struct {
	RowError
	// place is the error's place among those of its row.
	place int
}

type groupKey struct {
	code   RowErrorCode
	column string
}

type errorGroup struct {
	count  int64
	sample loggedError
	rows   rowSet
}

const maxRanges = 20

// NewErrorLog makes a log that keeps the first so many errors; counts go on beyond them.
func NewErrorLog(limit int) *ErrorLog {
	return &ErrorLog{limit: max(limit, 0), groups: make(map[groupKey]*errorGroup)}
}

// Add notes all errors of one or more rows; those of a row stand in the order of their columns. It keeps copies.
func (l *ErrorLog) Add(errs ...RowError) {
	place := 0
	for i := range errs {
		if i > 0 && errs[i].Row == errs[i-1].Row {
			place++
		} else {
			place = 0
		}
		l.add(loggedError{errs[i], place})
	}
}

func (l *ErrorLog) add(e loggedError) {
	l.total++
	l.keep(e)
	g := l.group(groupKey{e.Code, e.Column})
	g.count++
	g.rows.add(e.Row)
	if g.count == 1 || compareErrors(e, g.sample) < 0 {
		g.sample = e
	}
}

func (l *ErrorLog) group(key groupKey) *errorGroup {
	g := l.groups[key]
	if g == nil {
		g = &errorGroup{}
		l.groups[key] = g
	}
	return g
}

// keep collects up to twice the limit before it sorts and cuts, so that an error costs little whatever the order.
func (l *ErrorLog) keep(e loggedError) {
	if l.full && e.Row > l.last || l.limit == 0 {
		return
	}
	l.kept = append(l.kept, e)
	if len(l.kept) >= 2*l.limit {
		l.cut()
	}
}

func (l *ErrorLog) cut() {
	slices.SortStableFunc(l.kept, compareErrors)
	if len(l.kept) >= l.limit && l.limit > 0 {
		clear(l.kept[l.limit:])
		l.kept = l.kept[:l.limit]
		l.full, l.last = true, l.kept[l.limit-1].Row
	}
}

func compareErrors(a, b loggedError) int {
	return cmp.Or(
		cmp.Compare(a.Row, b.Row),
		cmp.Compare(a.place, b.place),
		strings.Compare(a.Column, b.Column),
		strings.Compare(string(a.Code), string(b.Code)),
	)
}

// Merge adds what another log holds; the other one must not be used afterwards.
func (l *ErrorLog) Merge(other *ErrorLog) {
	l.total += other.total
	for _, e := range other.kept {
		l.keep(e)
	}
	for key, theirs := range other.groups {
		g, known := l.groups[key]
		if !known {
			l.groups[key] = theirs
			continue
		}
		g.count += theirs.count
		g.rows.merge(&theirs.rows)
		if compareErrors(theirs.sample, g.sample) < 0 {
			g.sample = theirs.sample
		}
	}
}

// Total counts the errors, those that were not kept too.
func (l *ErrorLog) Total() int64 { return l.total }

// Truncated tells whether there were more errors than are kept.
func (l *ErrorLog) Truncated() bool { return l.total > int64(l.limit) }

// Errors returns the first errors by row, then by their order within it.
func (l *ErrorLog) Errors() []RowError {
	l.cut()
	errs := make([]RowError, len(l.kept))
	for i := range l.kept {
		errs[i] = l.kept[i].RowError
	}
	return errs
}

// Groups returns the counts per code and column, the largest first, then by the first row. Each has up to 20 ranges of
// rows; rows beyond 1,048,576 count, but stand in no range.
func (l *ErrorLog) Groups() []ErrorGroup {
	groups := make([]ErrorGroup, 0, len(l.groups))
	for key, g := range l.groups {
		groups = append(groups, ErrorGroup{
			Code:      key.code,
			Column:    key.column,
			Count:     g.count,
			RowRanges: g.rows.ranges(maxRanges),
			Sample:    g.sample.RowError,
		})
	}
	slices.SortFunc(groups, func(a, b ErrorGroup) int {
		return cmp.Or(
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Sample.Row, b.Sample.Row),
			strings.Compare(a.Column, b.Column),
			strings.Compare(string(a.Code), string(b.Code)),
		)
	})
	return groups
}
