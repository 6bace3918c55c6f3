package database

import (
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
)

// longestName is how many characters the names have at most that are looked into.
const longestName = 255

// Contains matches names that have a text in them, in any case. What no name can have matches none: the databases refuse
// patterns with a NUL, and very long ones.
func Contains(column, text string) *sql.Predicate {
	if utf8.RuneCountInString(text) > longestName || !storable(text) {
		return sql.False()
	}
	return sql.ContainsFold(column, text)
}

// Equals matches texts that are the same. None has a NUL, which PostgreSQL does not take.
func Equals(column, text string) *sql.Predicate {
	if !storable(text) {
		return sql.False()
	}
	return sql.EQ(column, text)
}

func storable(text string) bool { return strings.IndexByte(text, 0) < 0 }
