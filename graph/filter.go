package graph

import (
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/database"
)

// contains narrows to rows whose name in the column has the text, in any case; nil means all.
func contains(s *sql.Selector, column string, text *string) {
	if text != nil {
		s.Where(database.Contains(s.C(column), *text))
	}
}

// equals narrows to rows with this text in the column; nil means all.
func equals(s *sql.Selector, column string, text *string) {
	if text != nil {
		s.Where(database.Equals(s.C(column), *text))
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
