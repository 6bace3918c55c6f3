// Package catalog keeps what imports refer to: definitions with their versions, and sites. One function per command.
//
// Package graph calls it, and seed. It knows ent, viewer, definition, refusal and database; its commands take who asks from the
// context, check everything, and write nothing when they refuse.
package catalog

import (
	"context"
	"errors"

	"entrepot/database"
	"entrepot/definition"
)

// Config is what a catalog works with.
type Config struct {
	// DB is the database. Required.
	DB *database.DB
	// Compiler checks the code of processors. Required.
	Compiler Compiler
}

// Compiler tells what is wrong with the code of a processor, before anything runs with it. Its error is none of the
// author's.
type Compiler interface {
	CheckCode(ctx context.Context, code string) ([]definition.Problem, error)
}

// Catalog carries out the commands on definitions and sites.
type Catalog struct {
	db       *database.DB
	compiler Compiler
}

// New makes a catalog.
func New(c Config) (*Catalog, error) {
	var problems []error
	if c.DB == nil {
		problems = append(problems, errors.New("catalog: no database"))
	}
	if c.Compiler == nil {
		problems = append(problems, errors.New("catalog: no compiler"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &Catalog{db: c.DB, compiler: c.Compiler}, nil
}
