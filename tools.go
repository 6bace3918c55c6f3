//go:build tools

// Package main records the code generators, and what is not imported yet, as dependencies, so that go.mod pins their exact versions.
package main

import (
	_ "entgo.io/ent/entc"
	_ "github.com/99designs/gqlgen"
	_ "github.com/lib/pq" // for PostgreSQL, which comes next
)
