package database_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// What sign-in sees before anybody's id is known, by row-level security alone.

func ids(ctx context.Context, t testing.TB, db *database.DB, table string) (all []string) {
	t.Helper()
	for _, r := range query(ctx, t, db, "SELECT id::text FROM "+table+" ORDER BY id") {
		all = append(all, r["id"].(string))
	}
	return all
}

func TestATokensHashShowsThatTokenAlone(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	bearing := func(hash string) context.Context {
		return viewer.NewContext(t.Context(), viewer.ByToken("auth", hash))
	}
	mine := tokenHash("tok-org-a")
	require.NoError(t, db.Read(bearing(mine), func(ctx context.Context) error {
		for _, table := range tenantTables(ctx, t, db) {
			n := query(ctx, t, db, "SELECT count(*) AS n FROM "+table)[0]["n"]
			if table == "api_tokens" {
				require.EqualValues(t, 1, n)
			} else {
				require.EqualValues(t, 0, n, table)
			}
		}
		require.Equal(t, []string{"tok-org-a"}, ids(ctx, t, db, "api_tokens"))

		// The same transaction goes on as the token's maker, who is seen where they belong; the token is not.
		maker := viewer.NewContext(ctx, viewer.SignIn("auth", "user-org-a"))
		require.Equal(t, []string{"mem-org-a"}, ids(maker, t, db, "memberships"))
		require.Equal(t, []string{"org-a"}, ids(maker, t, db, "organizations"))
		require.Equal(t, []string{"gm-org-a"}, ids(maker, t, db, "group_memberships"))
		require.Empty(t, ids(maker, t, db, "api_tokens"))
		require.Empty(t, ids(viewer.NewContext(ctx, viewer.System("auth")), t, db, "api_tokens"))
		require.Equal(t, []string{"tok-org-a"}, ids(ctx, t, db, "api_tokens"))
		return nil
	}))
	for _, hash := range []string{"", mine[1:], mine + "0", "%", "tok-org-a", `' OR ''='`} {
		require.NoError(t, db.Read(bearing(hash), func(ctx context.Context) error {
			require.Empty(t, ids(ctx, t, db, "api_tokens"), hash)
			return nil
		}))
	}
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context) error {
		require.Empty(t, ids(ctx, t, db, "api_tokens"), "the transactions before have left nothing behind")
		return nil
	}))

	// It writes nothing, the token itself included.
	for _, table := range tableNames(t, db) {
		column := "organization_id"
		if table == "organizations" || table == "users" {
			column = "id"
		}
		for _, text := range []string{"UPDATE " + table + " SET " + column + " = " + column, "DELETE FROM " + table} {
			require.ErrorIs(t, db.Do(bearing(mine), "write", func(ctx context.Context) error {
				result, err := db.ExecContext(ctx, text)
				require.NoError(t, err, text)
				n, err := result.RowsAffected()
				require.NoError(t, err)
				require.Zero(t, n, text)
				return errTest
			}), errTest)
		}
	}
	for _, r := range rowsOf(9, "org-a", "-new") {
		if !slices.Contains(idsOnly, r.table) {
			requireRefused(t, db.Do(bearing(mine), "insert", func(ctx context.Context) error {
				return tryInsert(ctx, t, db, r.table, r.row)
			}), r.table)
		}
	}
}

func tableNames(t testing.TB, db *database.DB) (names []string) {
	t.Helper()
	read(t, db, func(ctx context.Context) { names = tenantTables(ctx, t, db) })
	return names
}

// A look-up in a session that goes on leaves nothing behind for the statements after it.
func TestALookUpEndsBeforeItsSession(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	system := viewer.NewContext(t.Context(), viewer.System("auth"))
	within := func(ctx context.Context) error {
		nothing := func() {
			require.Empty(t, ids(ctx, t, db, "users"))
			require.Empty(t, ids(ctx, t, db, "organizations"))
		}
		nothing()
		require.NoError(t, db.LookUp(ctx, "user-org-b", func(ctx context.Context) error {
			require.Equal(t, []string{"user-org-b"}, ids(ctx, t, db, "users"))
			return nil
		}))
		nothing()
		require.ErrorIs(t, db.LookUp(ctx, "org-b", func(ctx context.Context) error {
			require.Equal(t, []string{"org-b"}, ids(ctx, t, db, "organizations"))
			return errTest
		}), errTest)
		nothing()
		// One look-up in another: the outer one's text is not back.
		require.NoError(t, db.LookUp(ctx, "user-org-a", func(ctx context.Context) error {
			require.NoError(t, db.LookUp(ctx, "user-org-b", func(context.Context) error { return nil }))
			require.Empty(t, ids(ctx, t, db, "users"))
			return nil
		}))
		nothing()
		return nil
	}
	require.NoError(t, db.Read(system, within))
	require.NoError(t, db.Do(system, "look up", within))

	// In a transaction that has failed nothing is seen any more, and the look-up's own error is told.
	err := db.Read(system, func(ctx context.Context) error {
		err := db.LookUp(ctx, "user-org-b", func(ctx context.Context) error {
			_, err := db.QueryContext(ctx, "SELECT 1/0")
			return err
		})
		require.ErrorContains(t, err, "division by zero")
		_, err = db.QueryContext(ctx, "SELECT id FROM users")
		require.ErrorIs(t, err, database.ErrFailed)
		return errTest
	})
	require.ErrorIs(t, err, errTest)
}
