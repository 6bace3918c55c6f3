// Package catalog keeps what imports refer to: definitions with their versions, and sites. One function per command.
//
// Package graph calls it, and seed. It knows ent, viewer, definition, refusal and database; its commands take who asks from the
// context, check everything, and write nothing when they refuse.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/refusal"
)

const (
	maxName        = 255
	maxDescription = 4000
	// maxNormalized is how many characters a name has at most in the form that names are compared in, where ligatures
	// are written out.
	maxNormalized = 1024
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

// name trims a name that must be unlike others, and adds everything that is wrong with it.
func name(wrong *refusal.Errors, field []string, what, text string) string {
	text = wrong.Text(field, what, text, maxName, true)
	normalized := definition.NormalizeName(text)
	switch {
	case text != "" && normalized == "":
		wrong.Add(refusal.InvalidInput, field, "%s needs a letter, a digit or a sign that is neither an accent nor invisible.", what)
	case utf8.RuneCountInString(text) <= maxName && utf8.RuneCountInString(normalized) > maxNormalized:
		*wrong = append(*wrong, refusal.Error{
			Code: refusal.InvalidInput, Field: field,
			Message: fmt.Sprintf("%s may not be longer than %d characters with its ligatures written out.", what, maxNormalized),
			Params:  []definition.Param{{Name: "max", Value: strconv.Itoa(maxNormalized)}},
		})
	}
	return text
}
