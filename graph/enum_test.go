package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestValuesOfEnumsAreSpelledAsInTheSchema gives them in variables, on all levels; in a document the validator refuses
// them.
func TestValuesOfEnumsAreSpelledAsInTheSchema(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		imports := `query ($f: ImportFilter, $o: ImportOrder) { imports(filter: $f, orderBy: $o) { nodes { id } } }`
		for _, variables := range []object{
			{"f": object{"status": []string{"PENDING", "failed"}}},
			{"f": object{"status": "pending"}},
			{"o": object{"field": "created_at"}},
			{"o": object{"field": "CREATED_AT", "direction": "asc"}},
		} {
			a := w.ask(w.reader, imports, variables)
			require.Equal(t, "BAD_USER_INPUT", a.code(), "%v: %v", variables, a.Errors)
			require.Nil(t, a.Data)
		}
		w.must(w.reader, imports, object{"f": object{"status": []string{"PENDING"}}, "o": object{"field": "CREATED_AT", "direction": "ASC"}})
		a := w.ask(w.manager, createDefinition, object{"in": with(meterDefinition, object{"name": "X", "onInvalidRow": "fail"})})
		require.Equal(t, "BAD_USER_INPUT", a.code())
	})
}
