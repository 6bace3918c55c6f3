package database_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
)

func TestNoPendingMigration(t *testing.T) {
	t.Parallel()
	pending, err := testdb.New(t).Pending(t.Context(), database.Tables())
	require.NoError(t, err)
	require.Empty(t, pending, "go run ./database/diff <name>")
}
