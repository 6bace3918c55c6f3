package pgserver_test

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/internal/pgserver"
)

func TestServerComesAndGoes(t *testing.T) {
	t.Parallel()
	s, err := pgserver.Start(t.Context())
	if errors.Is(err, pgserver.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	address := s.URL(pgserver.Superuser, "postgres")
	db, err := sql.Open("postgres", address)
	require.NoError(t, err)
	defer db.Close()
	var encoding string
	require.NoError(t, db.QueryRowContext(t.Context(), "SHOW server_encoding").Scan(&encoding))
	require.Equal(t, "UTF8", encoding)

	u, err := url.Parse(address)
	require.NoError(t, err)
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop())
	require.Error(t, db.PingContext(t.Context()))
	_, err = os.Stat(u.Query().Get("host"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
