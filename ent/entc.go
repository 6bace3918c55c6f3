//go:build ignore

// Command entc generates package ent from ent/schema. It is run from the root folder (go generate ./...), because from
// another one its output differs from run to run.
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	err := entc.Generate("./ent/schema", &gen.Config{
		Target:   "./ent",
		Package:  "entrepot/ent",
		Features: []gen.Feature{gen.FeaturePrivacy, gen.FeatureUpsert, gen.FeatureModifier},
	}, entc.TemplateDir("./ent/template"))
	if err != nil {
		log.Fatal("generate ent: ", err)
	}
}
