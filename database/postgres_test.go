package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/ent/migrate/migrations"
	"entrepot/internal/testdb"
)

func connect(t testing.TB, c database.Config) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func rawly(t testing.TB, address string, statements ...string) {
	t.Helper()
	pool, err := sql.Open("postgres", address)
	require.NoError(t, err)
	defer pool.Close()
	for _, text := range statements {
		_, err := pool.ExecContext(context.WithoutCancel(t.Context()), text)
		require.NoError(t, err, text)
	}
}

func TestOpenPostgres(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                              "Config.Path",
		"mysql://u:secret@h/d":          "postgres://",
		"postgres://u:secret@h":         "postgres://",
		"postgres://u:secret@h:port/db": "postgres://",
		"postgres://u:secret@127.0.0.1:1/d?sslmode=secretly": "sslmode",
	} {
		_, err := database.Open(t.Context(), database.Config{URL: address})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "u:secret")
	}
	_, err := database.Open(t.Context(), database.Config{URL: "postgres://u@h/d", Path: "x"})
	require.ErrorContains(t, err, "either")

	// Nobody answers: it waits as long as it was told and says so.
	for name, server := range map[string]func(net.Listener){
		"nobody listens": func(l net.Listener) { _ = l.Close() },
		"connections are closed at once, as by a server that stops": func(l net.Listener) {
			go func() {
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					_ = c.Close()
				}
			}()
		},
	} {
		var log bytes.Buffer
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		server(listener)
		_, err = database.Open(t.Context(), database.Config{
			URL: "postgres://u:secret@" + listener.Addr().String() + "/d", Wait: 200 * time.Millisecond,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.ErrorContains(t, err, "did not answer within 200ms", name)
		require.NotContains(t, log.String(), "u:secret")
		require.True(t, database.Unavailable(err), name)
		require.Contains(t, log.String(), "does not answer yet", name)
	}

	// A server that knows the role but not the database is not waited for.
	c, _ := testdb.EmptyPostgres(t)
	u, err := url.Parse(c.URL)
	require.NoError(t, err)
	u.Path = "/nothing"
	begun := time.Now()
	_, err = database.Open(t.Context(), database.Config{URL: u.String()})
	require.ErrorContains(t, err, "nothing")
	require.Less(t, time.Since(begun), 10*time.Second)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, testdb.NewSQLite(t).Check(t.Context()))

	c, superuser := testdb.EmptyPostgres(t)
	db := connect(t, c)
	require.ErrorContains(t, db.Check(t.Context()), "entrepot migrate")
	without := c
	without.MigrateURL = ""
	require.ErrorContains(t, connect(t, without).Migrate(t.Context()), "lacks the migrations")
	require.NoError(t, database.Migrate(t.Context(), database.Config{MigrateURL: c.MigrateURL}))
	require.NoError(t, db.Check(t.Context()))
	require.NoError(t, connect(t, without).Migrate(t.Context()), "nothing is missing")

	refuses := func(address, want string) {
		t.Helper()
		require.ErrorContains(t, connect(t, database.Config{URL: address}).Check(t.Context()), want)
	}
	refuses(c.MigrateURL, "owns tables")
	refuses(superuser, "superuser")
	role := "r_" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
	u, err := url.Parse(c.URL)
	require.NoError(t, err)
	u.User = url.User(role)
	rawly(t, superuser, "DROP ROLE IF EXISTS "+role, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { rawly(t, strings.Replace(superuser, u.Path, "/postgres", 1), "DROP ROLE "+role) })
	refuses(u.String(), "no member of entrepot_app")
	rawly(t, superuser, "ALTER ROLE "+role+" BYPASSRLS")
	refuses(u.String(), "BYPASSRLS")
	rawly(t, superuser, "ALTER ROLE "+role+" NOBYPASSRLS", "GRANT entrepot_owner TO "+role)
	refuses(u.String(), "owns tables")

	// What somebody changed by hand is seen, and made good by the next migration.
	for change, want := range map[string]string{
		"CREATE TABLE extra (organization_id text)":                              "on extra",
		"ALTER TABLE sites NO FORCE ROW LEVEL SECURITY":                          "on sites",
		"ALTER TABLE imports DISABLE ROW LEVEL SECURITY":                         "on imports",
		"DROP POLICY own ON sites":                                               "on sites",
		"ALTER POLICY own ON sites USING (true)":                                 "policies of the database were changed",
		"CREATE POLICY open ON users FOR SELECT USING (true)":                    "policies of the database were changed",
		"GRANT TRUNCATE ON sites TO entrepot":                                    "policies of the database were changed",
		"ALTER TABLE imports DISABLE TRIGGER imports_final":                      "triggers of the database were changed",
		"CREATE OR REPLACE VIEW peek AS SELECT * FROM sites":                     "policies of the database were changed",
		"UPDATE applied_steps SET file = 'x' WHERE name = 'triggers'":            "other triggers than this program",
		"DELETE FROM goose_db_version WHERE version_id > 0":                      "lacks the migrations",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1": "triggers of the database were changed",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			db := testdb.NewPostgres(t)
			_, err := testdb.Raw(t, db).ExecContext(t.Context(), change)
			require.NoError(t, err)
			require.ErrorContains(t, db.Check(t.Context()), want, change)
		})
	}

	for number, ok := range map[int]bool{
		140099: false, 150013: false, 150014: true, 160009: false, 160010: true, 170005: false, 170006: true, 180000: true,
	} {
		require.Equal(t, ok, database.VersionProblem(number, "x") == nil, number)
	}
}

func TestMigrateHealsWhatWasChanged(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	state := func() (all []values) {
		read(t, db, func(ctx context.Context) {
			all = query(ctx, t, db, "SELECT oid::text AS id FROM pg_policy UNION ALL SELECT oid::text FROM pg_trigger "+
				"WHERE NOT tgisinternal UNION ALL SELECT xmin::text FROM organizations ORDER BY 1")
		})
		return all
	}
	before := state()
	require.NoError(t, db.Migrate(t.Context()))
	require.Equal(t, before, state(), "a second time nothing is done")
	for _, text := range []string{
		"DROP POLICY own ON sites", "ALTER TABLE sites NO FORCE ROW LEVEL SECURITY", "DROP TRIGGER imports_final ON imports",
		"CREATE POLICY open ON users FOR SELECT USING (true)", "REVOKE ALL ON river.river_job FROM entrepot_app",
	} {
		_, err := testdb.Raw(t, db).ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	require.Error(t, db.Check(t.Context()))
	require.NoError(t, db.Migrate(t.Context()))
	require.NoError(t, db.Check(t.Context()))
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
}

// An empty database, migrated by several processes' worth of connections at the same moment.
func TestManyMigrateAtOnce(t *testing.T) {
	t.Parallel()
	c, _ := testdb.EmptyPostgres(t)
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			db, err := database.Open(t.Context(), c)
			if err == nil {
				err = errors.Join(db.Migrate(t.Context()), db.Check(t.Context()), db.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	db := connect(t, c)
	pending, err := db.Pending(t.Context(), database.Tables())
	require.NoError(t, err)
	require.Empty(t, pending)
}

func TestMigrationOfAFilledPostgres(t *testing.T) {
	t.Parallel()
	scratch, _ := testdb.EmptyPostgres(t)
	tables := database.Tables()
	byName := make(map[string]*schema.Table)
	for _, table := range tables {
		byName[table.Name] = table
	}
	loosen(byName)
	text, err := database.Diff(t.Context(), database.Config{MigrateURL: scratch.MigrateURL}, laterVersion, tables)
	require.NoError(t, err)
	files := fstest.MapFS{"20991231235959_later.sql": {Data: []byte(text)}}
	names, err := fs.Glob(migrations.Postgres(), "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(migrations.Postgres(), name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: data}
	}
	var later database.Config
	db := testdb.NewPostgres(t, testdb.With(func(c *database.Config) { later = *c }))
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	later.Migrations = files
	newer := connect(t, later)
	require.ErrorContains(t, newer.Check(t.Context()), "20991231235959_later.sql")
	require.NoError(t, newer.Migrate(t.Context()))
	require.NoError(t, newer.Check(t.Context()))
	require.NoError(t, db.Check(t.Context()), "an older program still runs beside it")
	do(t, newer, func(ctx context.Context) {
		require.Len(t, query(ctx, t, newer, "SELECT 1 FROM imports"), 1)
		execute(ctx, t, newer, "UPDATE imports SET file_name = NULL")
	})
}

func TestFailedCommitOnPostgres(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	addTable(t, db, "parents", "id int PRIMARY KEY")
	addTable(t, db, "children", "id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED")
	after := false
	err := db.Do(t.Context(), "store what points to nothing", func(ctx context.Context) error {
		database.AfterCommit(ctx, func() { after = true })
		execute(ctx, t, db, "INSERT INTO children VALUES (1)")
		return nil
	})
	c, ok := database.AsConstraint(err)
	require.True(t, ok, err)
	require.Equal(t, database.ForeignKey, c.Kind)
	require.ErrorContains(t, err, "store what points to nothing: commit")
	require.False(t, after)
	do(t, db, func(ctx context.Context) { require.Empty(t, query(ctx, t, db, "SELECT 1 FROM children")) })
}

// The server goes and comes back: what is asked meanwhile is Unavailable, and nothing has to be restarted.
func TestServerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	all := testdb.Raw(t, db)
	kill := func() {
		_, err := all.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "+
			"WHERE datname = current_database() AND pid <> pg_backend_pid()")
		require.NoError(t, err)
	}
	var name string
	require.NoError(t, all.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
	sites := func() error {
		return db.Read(as(t.Context(), "org-a"), func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, "SELECT 1 FROM sites")
			if err != nil {
				return err
			}
			return rows.Close()
		})
	}
	require.NoError(t, sites())
	kill()
	require.NoError(t, sites(), "broken connections are replaced")
	kill()
	do(t, db, func(context.Context) {})

	err := db.Do(as(t.Context(), "org-a"), "lose the connection", func(ctx context.Context) error {
		execute(ctx, t, db, "UPDATE sites SET name = 'lost'")
		kill()
		_, err := db.ExecContext(ctx, "UPDATE sites SET name = 'lost'")
		return err
	})
	require.True(t, database.Unavailable(err), err)
	read(t, db, func(ctx context.Context) {
		require.Equal(t, "x", query(ctx, t, db, "SELECT name FROM sites")[0]["name"])
	})

	_, err = all.ExecContext(t.Context(), "ALTER DATABASE "+name+" CONNECTION LIMIT 0")
	require.NoError(t, err)
	kill()
	require.True(t, database.Unavailable(sites()))
	require.True(t, database.Unavailable(db.Do(t.Context(), "x", func(context.Context) error { return nil })))
	require.True(t, database.Unavailable(db.Ping(t.Context())))
	_, err = all.ExecContext(t.Context(), "ALTER DATABASE "+name+" CONNECTION LIMIT -1")
	require.NoError(t, err)
	require.NoError(t, sites())
	require.NoError(t, db.Ping(t.Context()))
}

func TestUnavailablePostgres(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t, testdb.With(func(c *database.Config) {
		c.URL += "&statement_timeout=50&idle_in_transaction_session_timeout=100"
	}))
	fails := func(text string) error {
		err := db.Do(t.Context(), "fail", func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, text)
			return err
		})
		require.Error(t, err, text)
		return err
	}
	require.True(t, database.Unavailable(fails("SELECT pg_sleep(10)")))
	for state, want := range map[string]bool{
		"40P01": true, "40001": true, "53300": true, "57P01": true, "25006": true, "22012": false, "42601": false, "P0001": false,
		"23505": false,
	} {
		err := fails(fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '%s'; END $$", state))
		require.Equal(t, want, database.Unavailable(err), state)
	}
	require.False(t, database.Unavailable(fails("SELEC")))

	idle := db.Do(t.Context(), "idle", func(ctx context.Context) error {
		execute(ctx, t, db, "SELECT 1")
		var n int
		for n = 1; n > 0; time.Sleep(10 * time.Millisecond) { // until the server has ended it
			require.NoError(t, testdb.Raw(t, db).QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity "+
				"WHERE datname = current_database() AND state = 'idle in transaction'").Scan(&n))
		}
		return nil
	})
	require.True(t, database.Unavailable(idle), idle)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := db.Read(ctx, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "SELECT pg_sleep(10)")
		return err
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, database.Unavailable(err), "the caller's wish")
}

func TestPostgresConnectionsAreSetUp(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	settings := func(ctx context.Context) values {
		all := make(values)
		for _, name := range []string{
			"transaction_isolation", "transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout",
			"TimeZone", "search_path", "application_name",
		} {
			all[name] = query(ctx, t, db, "SELECT current_setting('"+name+"') AS v")[0]["v"]
		}
		return all
	}
	want := values{
		"transaction_isolation": "read committed", "transaction_read_only": "off", "statement_timeout": "1min",
		"idle_in_transaction_session_timeout": "1min", "TimeZone": "UTC", "search_path": "public", "application_name": "entrepot",
	}
	do(t, db, func(ctx context.Context) { require.Equal(t, want, settings(ctx)) })
	want["transaction_isolation"], want["transaction_read_only"] = "repeatable read", "on"
	read(t, db, func(ctx context.Context) { require.Equal(t, want, settings(ctx)) })
}

// Statements that come again are prepared: that must not show, whatever happens to what they were prepared for.
func TestPreparedStatements(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t, testdb.With(func(c *database.Config) {
		c.Connections = database.Connections{Readers: 1, Writers: 1, Jobs: 1}
	}))
	addTable(t, db, "things", "id int, value int")
	all := testdb.Raw(t, db)
	one := func() (v any, err error) {
		err = db.Read(t.Context(), func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, "SELECT value FROM things WHERE id = $1", 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				if err := rows.Scan(&v); err != nil {
					return err
				}
			}
			return rows.Err()
		})
		return v, err
	}
	do(t, db, func(ctx context.Context) { execute(ctx, t, db, "INSERT INTO things VALUES (?, ?)", 1, 7) })
	for range 8 {
		v, err := one()
		require.NoError(t, err)
		require.EqualValues(t, 7, v)
	}
	var prepared int
	read(t, db, func(ctx context.Context) {
		prepared = len(query(ctx, t, db, "SELECT 1 FROM pg_prepared_statements WHERE statement LIKE 'SELECT value%'"))
	})
	require.Equal(t, 1, prepared)

	_, err := all.ExecContext(t.Context(), "ALTER TABLE things ALTER COLUMN value TYPE text USING value::text")
	require.NoError(t, err)
	_, err = one() // the plan's result has another type: the server refuses it once
	require.Error(t, err)
	v, err := one()
	require.NoError(t, err)
	require.Equal(t, "7", fmt.Sprintf("%s", v))

	for round := range 3 { // more texts than are kept
		for i := range 200 {
			read(t, db, func(ctx context.Context) {
				got := query(ctx, t, db, fmt.Sprintf("SELECT %d + CAST(? AS int) AS n", i), round)[0]["n"]
				require.EqualValues(t, i+round, got)
			})
		}
	}
	for i := range 300 {
		for range 2 {
			read(t, db, func(ctx context.Context) { query(ctx, t, db, fmt.Sprintf("SELECT %d + CAST(? AS int) AS n", i), 1) })
		}
	}
	read(t, db, func(ctx context.Context) {
		n := query(ctx, t, db, "SELECT count(*) AS n FROM pg_prepared_statements")[0]["n"].(int64)
		require.LessOrEqual(t, n, int64(128))
		require.Greater(t, n, int64(100))
	})
	do(t, db, func(ctx context.Context) { // a failure in a prepared statement leaves the connection usable
		for range 4 {
			require.Error(t, db.Do(ctx, "fail", func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, "SELECT 1 / CAST($1 AS int)", 0)
				return err
			}))
		}
	})
}

func TestListenersReachAServerOnThisMachineWithoutTLS(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), t.TempDir()+"/test.db"
	lite, err := database.Open(ctx, database.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, lite.Close()) })
	require.Empty(t, lite.ListenURL())
	db := testdb.NewPostgres(t)
	require.Contains(t, db.ListenURL(), "sslmode=disable", "what the operator says stays")
}
