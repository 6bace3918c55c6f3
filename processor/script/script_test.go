//go:build linux && (amd64 || arm64)

package script_test

import (
	"errors"
	"iter"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

func TestMain(m *testing.M) {
	script.ServeIfChild()
	serveIfLiar()
	serveIfChore()
	serveIfParent()
	os.Exit(m.Run())
}

// all gives rows that are there already.
func all(rows ...[]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestCallAnswersWithWhatProcessReturns(t *testing.T) {
	t.Parallel()
	r, err := script.Start(t.Context(), script.Config{
		Code:    "function process(rows, context) { console.log('hello'); return { rows, context } }",
		Columns: []script.Column{{Name: "a", Type: definition.TypeString, Header: "A"}},
	})
	require.NoError(t, err)
	defer r.Close()
	for range 3 {
		result, err := r.Call(t.Context(), &script.Call{
			Site: &script.Site{Key: "K"},
			Rows: all(script.AppendText(script.AppendRowNumber(nil, 1), []byte("x"))),
		})
		require.NoError(t, err, "%v", errors.Unwrap(err))
		require.JSONEq(t, `{"rows":[{"a":"x"}],"context":{"year":null,"site":{"key":"K","name":null},
			"columns":[{"name":"a","type":"STRING","header":"A"}]}}`, string(result.Output))
		require.Equal(t, []script.LogLine{{Level: definition.LogLevelLog, Message: "hello"}}, result.Log)
	}
}
