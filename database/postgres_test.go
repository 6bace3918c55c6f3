package database_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/internal/testdb"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	require.NoError(t, db.Check(t.Context()))
}
