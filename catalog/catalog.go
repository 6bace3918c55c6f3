// Package catalog keeps what imports refer to: definitions with their versions, and sites. One function per command.
//
// Package graph calls it, and seed. It knows ent, viewer, definition, refusal and database; its commands take who asks from the
// context, check everything, and write nothing when they refuse.
package catalog

import (
	"errors"

	"entrepot/database"
)

// Config is what a catalog works with.
type Config struct {
	// DB is the database. Required.
	DB *database.DB
}

// Catalog carries out the commands on definitions and sites.
type Catalog struct {
	db *database.DB
}

// New makes a catalog.
func New(c Config) (*Catalog, error) {
	if c.DB == nil {
		return nil, errors.New("catalog: no database")
	}
	return &Catalog{db: c.DB}, nil
}
