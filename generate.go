package main

// The generators, in the order that they need each other. Their versions are pinned by tools.go and go.mod.

//go:generate go run ent/entc.go
//go:generate go run github.com/99designs/gqlgen generate
