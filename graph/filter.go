package graph

import (
	"time"

	"entgo.io/ent/dialect/sql"
)

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
