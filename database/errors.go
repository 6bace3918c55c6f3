package database

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
)

// ConstraintKind is what kind of rule of the database a change broke.
type ConstraintKind int

// The kinds of constraints.
const (
	Unique     ConstraintKind = iota + 1 // such a row exists
	ForeignKey                           // it points to no row of that organization, or is still pointed to
	Check                                // a condition on the row
	NotNull                              // a value is missing
	Trigger                              // an illegal change, see the triggers
)

func (k ConstraintKind) String() string {
	switch k {
	case Unique:
		return "unique"
	case ForeignKey:
		return "foreign key"
	case Check:
		return "check"
	case NotNull:
		return "not null"
	case Trigger:
		return "trigger"
	}
	return fmt.Sprintf("ConstraintKind(%d)", int(k))
}

// ConstraintError is a change that the database refused by one of its rules.
type ConstraintError struct {
	Kind ConstraintKind
	// Name says which one: for Unique "table.column,table.column", for NotNull "table.column", for Check the
	// constraint's name, for Trigger the name that its message begins with. Empty for ForeignKey on SQLite, which does
	// not tell.
	Name string
	err  error
}

// Error is the database's own sentence.
func (e *ConstraintError) Error() string { return e.err.Error() }

// Unwrap gives the error as it was returned.
func (e *ConstraintError) Unwrap() error { return e.err }

// AsConstraint finds a refused change in an error. It is the one place that knows the drivers' codes for them.
func AsConstraint(err error) (*ConstraintError, bool) {
	var c *ConstraintError
	if errors.As(err, &c) {
		return c, true
	}
	if c, ok := sqliteConstraint(err); ok {
		return c, true
	}
	return postgresConstraint(err)
}

// Unavailable reports whether the error is the database's state and not the caller's mistake: busy, locked, read-only,
// full, broken disk, away, restarting, out of connections or time, deadlocked, closed. The same may succeed later.
func Unavailable(err error) bool {
	return errors.Is(err, ErrClosed) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sqldriver.ErrBadConn) ||
		sqliteUnavailable(err) || postgresUnavailable(err)
}

// explain makes ErrClosed of what database/sql says, without a name, after Close.
func (d *DB) explain(err error) error {
	if err != nil && d.closed.Load() && !errors.Is(err, ErrSessionOver) && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return err
}
