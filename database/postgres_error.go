package database

import (
	"context"
	"crypto/md5" //nolint:gosec // shortens names
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/lib/pq"
)

// triggerState is the SQLSTATE that our triggers refuse with; the refusal's name stands in the field for a constraint's.
const triggerState = "ET001"

// sqlState is the five characters that PostgreSQL says what went wrong with, or "".
func sqlState(err error) string {
	var e *pq.Error
	if !errors.As(err, &e) {
		return ""
	}
	return string(e.Code)
}

// postgresConstraint reads the violated constraint out of an error of the driver.
func postgresConstraint(err error) (*ConstraintError, bool) {
	var e *pq.Error
	if !errors.As(err, &e) {
		return nil, false
	}
	c := &ConstraintError{Name: e.Constraint, err: err}
	switch e.Code {
	case "23505":
		c.Kind = Unique
		if columns := uniqueColumns()[e.Constraint]; columns != "" {
			c.Name = columns
		}
	case "23503":
		c.Kind = ForeignKey
	case "23514":
		c.Kind = Check
	case "23502":
		c.Kind, c.Name = NotNull, e.Table+"."+e.Column
	case triggerState:
		c.Kind = Trigger
	default:
		return nil, false
	}
	return c, true
}

// uniqueColumns gives the columns of a unique index or primary key as SQLite names it: table.column,table.column.
var uniqueColumns = sync.OnceValue(func() map[string]string {
	names := make(map[string]string)
	for _, t := range Tables() {
		add := func(index string, columns ...string) {
			for i, c := range columns {
				columns[i] = t.Name + "." + c
			}
			names[index] = strings.Join(columns, ",")
		}
		for _, key := range t.PrimaryKey {
			add(t.Name+"_pkey", key.Name)
		}
		for _, c := range t.Columns {
			if c.Unique {
				add(t.Name+"_"+c.Name+"_key", c.Name)
			}
		}
		for _, i := range t.Indexes {
			if !i.Unique {
				continue
			}
			columns := make([]string, len(i.Columns))
			for n, c := range i.Columns {
				columns[n] = c.Name
			}
			add(shortName(i.Name), columns...)
		}
	}
	return names
})

// shortName is what Ent makes of a name that is too long for PostgreSQL.
func shortName(name string) string {
	const most, sum = 63, 33
	if len(name) <= most {
		return name
	}
	return fmt.Sprintf("%s_%x", name[:most-sum], md5.Sum([]byte(name))) //nolint:gosec // as Ent does
}

// postgresUnavailable reports errors of the server, of the way to it, and of others who were faster: the transaction may
// succeed when it is tried again.
func postgresUnavailable(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) {
		return true
	}
	state := sqlState(err)
	if len(state) != 5 {
		return false
	}
	switch state {
	case "57014": // the statement's time is over, unless it was the caller's wish
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	case "57P01", "57P02", "57P03", "57P05": // shut down, crashed, starting, idle for too long
		return true
	case "25006", "25P03", "25P04": // read-only (a standby), idle in a transaction, transaction too long
		return true
	case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
		return true
	}
	switch state[:2] {
	case "08", "28", "3D", "53", "58", "XX": // connection, sign-in, database, resources, the system, internal
		return true
	}
	return false
}

// refused tells that the server answered, and will not let this role in or has no such database.
func refused(err error) bool {
	state := sqlState(err)
	return len(state) == 5 && (state[:2] == "28" || state[:2] == "3D" || state == "42501")
}
