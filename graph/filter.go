package graph

import (
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
)

// longestName is how many characters the names have at most that filters look into.
const longestName = 255

// inName tells whether a name can have this text in it. The databases refuse patterns with a NUL, and very long ones.
func inName(text string) bool {
	return utf8.RuneCountInString(text) <= longestName && stored(text)
}

// stored tells whether any text in the database can have this one: none has a NUL, which PostgreSQL does not take.
func stored(text string) bool { return strings.IndexByte(text, 0) < 0 }

// contains narrows to rows whose name in the column has the text, in any case; nil means all.
func contains(s *sql.Selector, column string, text *string) {
	switch {
	case text == nil:
	case inName(*text):
		s.Where(sql.ContainsFold(s.C(column), *text))
	default:
		s.Where(sql.False())
	}
}

// equals narrows to rows with this text in the column; nil means all.
func equals(s *sql.Selector, column string, text *string) {
	switch {
	case text == nil:
	case stored(*text):
		s.Where(sql.EQ(s.C(column), *text))
	default:
		s.Where(sql.False())
	}
}

// anys are arguments of one statement.
func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// whether narrows to rows whose time is set or not; nil means both.
func whether(s *sql.Selector, column string, set *bool) {
	switch {
	case set == nil:
	case *set:
		s.Where(sql.NotNull(s.C(column)))
	default:
		s.Where(sql.IsNull(s.C(column)))
	}
}

// between narrows to from ≤ column < to.
func between(s *sql.Selector, column string, from, to *time.Time) {
	if from != nil {
		s.Where(sql.GTE(s.C(column), *from))
	}
	if to != nil {
		s.Where(sql.LT(s.C(column), *to))
	}
}
