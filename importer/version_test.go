package importer_test

import (
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/catalog"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/refusal"
	"entrepot/viewer"
)

func TestAVersionThatChangesMeanwhileChangesNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		definitions, err := catalog.New(catalog.Config{DB: db, Compiler: importer.Compiler{}})
		require.NoError(t, err)
		id := w.define(readings(skip))
		number := 1
		change := func() {
			policy := definition.InvalidRowFail
			changed, err := definitions.UpdateDefinition(w.person(viewer.RoleManager, w.group), catalog.DefinitionChange{
				ID: id, ExpectedVersion: number, OnInvalidRow: &policy,
				Columns: &[]definition.Column{{Name: "absent", Type: definition.TypeNumber, Required: true}},
				Outputs: &[]definition.Output{{Key: "other", Aggregate: definition.Max, Column: "absent"}},
				Format:  &definition.Format{Delimiter: ";"},
			})
			require.NoError(t, err)
			number = changed.Version
		}
		want := w.imported(broken, readings(skip))
		for name, when := range map[string]func(id string){
			"while it waits": func(id string) {
				change()
				w.run(id)
			},
			"while it runs": func(id string) {
				w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, change} })
				w.run(id)
				w.WrapSource(nil)
			},
		} {
			run := w.start(w.upload(broken), id)
			when(run.ID)
			require.Equal(t, 2, number, name)
			done := w.get(run.ID)
			require.Equal(t, definition.ImportPartiallyCompleted, done.Status, name)
			require.Equal(t, 1, done.DefinitionVersion, name)
			require.Equal(t, w.results(want.ID), w.results(run.ID), name)
			require.Len(t, w.rowErrors(run.ID), 4, name)

			// A retry keeps the version, a new import takes the newest, and an older one can be asked for.
			again, err := w.Retry(w.collector(), run.ID, nil)
			require.NoError(t, err)
			require.Equal(t, 1, again.DefinitionVersion, name)
			id, number = w.define(readings(skip)), 1
		}
	})
}

func TestOfChangesFromOneVersionOneIsMade(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		definitions, err := catalog.New(catalog.Config{DB: db, Compiler: importer.Compiler{}})
		require.NoError(t, err)
		id := w.define(readings())
		const changes = 20
		errs := make([]error, changes)
		var all sync.WaitGroup
		for n := range changes {
			all.Go(func() {
				outputs := []definition.Output{{Key: "rows" + itoa(n), Aggregate: definition.Count}}
				_, errs[n] = definitions.UpdateDefinition(w.person(viewer.RoleManager, w.group), catalog.DefinitionChange{
					ID: id, ExpectedVersion: 1, Outputs: &outputs,
				})
			})
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
				continue
			}
			wrong := refused(t, err, refusal.Conflict)
			require.Equal(t, refusal.Input("expectedVersion"), wrong[0].Field)
		}
		require.Equal(t, 1, made)
	})
}
