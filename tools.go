//go:build tools

// Package main records the code generators as dependencies, so that go.mod pins their exact versions.
package main

import (
	_ "entgo.io/ent/entc"
	_ "github.com/99designs/gqlgen"
)
