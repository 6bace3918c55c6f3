package database_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

var errTest = errors.New("of the test")

// notes is a database with a table of its own, on SQLite.
func notes(t *testing.T, options ...testdb.Option) *database.DB {
	t.Helper()
	db := testdb.NewSQLite(t, options...)
	addTable(t, db, "notes", "text TEXT UNIQUE")
	return db
}

// eachNotes runs a test on every kind of database, with that table.
func eachNotes(t *testing.T, f func(t *testing.T, db *database.DB), options ...testdb.Option) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		addTable(t, db, "notes", "text TEXT UNIQUE")
		f(t, db)
	}, options...)
}

// addTable makes a table that the application may use.
func addTable(t *testing.T, db *database.DB, name, columns string) {
	t.Helper()
	_, err := testdb.Raw(t, db).ExecContext(t.Context(), "CREATE TABLE "+name+" ("+columns+")")
	require.NoError(t, err)
	if isPostgres(db) {
		_, err = testdb.Raw(t, db).ExecContext(t.Context(), "GRANT ALL ON "+name+" TO entrepot_app")
		require.NoError(t, err)
	}
}

func note(ctx context.Context, db *database.DB, text string) error {
	_, err := db.ExecContext(ctx, bind(db, "INSERT INTO notes VALUES (?)"), text)
	return err
}

func noted(ctx context.Context, t testing.TB, db *database.DB) []string {
	t.Helper()
	texts := []string{}
	for _, row := range query(ctx, t, db, "SELECT text FROM notes ORDER BY text") {
		texts = append(texts, row["text"].(string))
	}
	return texts
}

func requireNotes(t *testing.T, db *database.DB, want ...string) {
	t.Helper()
	read(t, db, func(ctx context.Context) { require.Equal(t, append([]string{}, want...), noted(ctx, t, db)) })
}

func TestStatementOutsideASessionIsRefused(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.System("test"))
		require.ErrorIs(t, note(ctx, db, "x"), database.ErrNoSession)
		_, err := db.QueryContext(ctx, "SELECT 1")
		require.ErrorIs(t, err, database.ErrNoSession)
		_, err = db.Client().Organization.Query().All(ctx)
		require.ErrorIs(t, err, database.ErrNoSession)
		_, err = db.Client().Tx(ctx)
		require.ErrorIs(t, err, database.ErrNoSession)
		require.ErrorIs(t, db.WithTx(ctx, nil), database.ErrNoSession)
		require.Nil(t, database.Tx(ctx))
		require.Panics(t, func() { database.AfterCommit(ctx, func() {}) })
		read(t, db, func(ctx context.Context) {
			require.Panics(t, func() { database.AfterCommit(ctx, func() {}) })
			require.Nil(t, database.Tx(ctx))
		})
		other := notes(t)
		read(t, other, func(ctx context.Context) {
			require.ErrorIs(t, note(ctx, db, "x"), database.ErrNoSession, "a session of another database is none")
		})
	})
}

func TestDoKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		after := 0
		work := func(end func(cancel context.CancelFunc) error) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			return db.Do(ctx, "work", func(ctx context.Context) error {
				database.AfterCommit(ctx, func() { after++ })
				require.NoError(t, note(ctx, db, "of work"))
				return end(cancel)
			})
		}
		require.ErrorIs(t, work(func(context.CancelFunc) error { return errTest }), errTest)
		require.ErrorIs(t, work(func(cancel context.CancelFunc) error { cancel(); return nil }), context.Canceled)
		require.PanicsWithValue(t, "at the disco", func() {
			_ = work(func(context.CancelFunc) error { panic("at the disco") })
		})
		var wait sync.WaitGroup
		wait.Go(func() { _ = work(func(context.CancelFunc) error { runtime.Goexit(); return nil }) })
		wait.Wait()
		requireNotes(t, db)
		require.Zero(t, after)

		require.NoError(t, work(func(context.CancelFunc) error { return nil }))
		requireNotes(t, db, "of work")
		require.Equal(t, 1, after)
	})
}

func TestFailedCommitIsReported(t *testing.T) {
	t.Parallel()
	db := testdb.NewSQLite(t)
	after := false
	err := db.Do(t.Context(), "store what points to nothing", func(ctx context.Context) error {
		database.AfterCommit(ctx, func() { after = true })
		execute(ctx, t, db, "PRAGMA defer_foreign_keys = ON")
		insert(ctx, t, db, "groups", values{"id": "g", "organization_id": "nowhere"})
		return nil
	})
	c, ok := database.AsConstraint(err)
	require.True(t, ok, err)
	require.Equal(t, database.ForeignKey, c.Kind)
	require.ErrorContains(t, err, "store what points to nothing: commit")
	require.False(t, after)
	do(t, db, func(ctx context.Context) { require.Zero(t, counts(ctx, t, db)["groups"]) })
}

func TestAfterCommitKeepsOrder(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		var order []string
		tell := func(ctx context.Context, what string) {
			database.AfterCommit(ctx, func() {
				requireNotes(t, db, "inner", "outer") // committed, and the writer is free
				order = append(order, what)
			})
		}
		require.NoError(t, db.Do(t.Context(), "outer", func(ctx context.Context) error {
			tell(ctx, "1")
			require.NoError(t, note(ctx, db, "outer"))
			require.NoError(t, db.Do(ctx, "inner", func(ctx context.Context) error {
				tell(ctx, "2")
				return note(ctx, db, "inner")
			}))
			require.ErrorIs(t, db.Do(ctx, "undone", func(ctx context.Context) error {
				tell(ctx, "never")
				require.NoError(t, note(ctx, db, "undone"))
				return errTest
			}), errTest)
			database.AfterCommit(ctx, func() { panic("logged only") })
			tell(ctx, "3")
			require.Empty(t, order)
			return nil
		}))
		require.Equal(t, []string{"1", "2", "3"}, order)
	})
}

func TestNestedDo(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		do(t, db, func(outer context.Context) {
			require.NoError(t, note(outer, db, "outer"))
			// A failure that was expected is undone alone.
			err := db.Do(outer, "inner", func(ctx context.Context) error {
				require.NoError(t, note(ctx, db, "lost"))
				return note(ctx, db, "outer")
			})
			c, ok := database.AsConstraint(err)
			require.True(t, ok, err)
			require.Equal(t, database.Unique, c.Kind)
			// So is a panic, and what a canceled context of the inner one left.
			require.Panics(t, func() {
				_ = db.Do(outer, "inner", func(ctx context.Context) error {
					require.NoError(t, note(ctx, db, "lost"))
					panic("x")
				})
			})
			inner, cancel := context.WithCancel(outer)
			require.ErrorIs(t, db.Do(inner, "inner", func(ctx context.Context) error {
				require.NoError(t, note(ctx, db, "lost"))
				cancel()
				return nil
			}), context.Canceled)
			// Two levels; the outer context is refused while an inner Do is open, as is an inner one once it is over.
			var over context.Context
			require.NoError(t, db.Do(outer, "inner", func(ctx context.Context) error {
				over = ctx
				require.ErrorIs(t, note(outer, db, "x"), database.ErrNested)
				require.ErrorIs(t, db.Do(outer, "second", func(context.Context) error { return nil }), database.ErrNested)
				require.NoError(t, note(ctx, db, "inner"))
				require.ErrorIs(t, db.Do(ctx, "innermost", func(ctx context.Context) error {
					require.NoError(t, note(ctx, db, "innermost"))
					return errTest
				}), errTest)
				return db.Read(ctx, func(ctx context.Context) error {
					require.Equal(t, []string{"inner", "outer"}, noted(ctx, t, db))
					return nil
				})
			}))
			require.ErrorIs(t, note(over, db, "x"), database.ErrSessionOver)
			require.NoError(t, note(outer, db, "usable"))
		})
		requireNotes(t, db, "inner", "outer", "usable")
	})
}

func TestSwallowedErrorFailsTheDo(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		err := db.Do(t.Context(), "swallow", func(ctx context.Context) error {
			require.NoError(t, note(ctx, db, "a"))
			require.Error(t, note(ctx, db, "a"))
			require.ErrorIs(t, note(ctx, db, "b"), database.ErrFailed)
			return nil
		})
		require.ErrorIs(t, err, database.ErrFailed)
		_, ok := database.AsConstraint(err)
		require.True(t, ok, "the cause is kept")
		requireNotes(t, db)
	})
}

func TestEntsOwnTransactionsJoin(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		worker := as(t.Context(), "org-a")
		do(t, db, func(ctx context.Context) {
			insert(ctx, t, db, "organizations", values{"id": "org-a"})
		})
		create := func(commit, deferred bool) error {
			return db.Do(worker, "create", func(ctx context.Context) error {
				tx, err := db.Client().Tx(ctx)
				require.NoError(t, err)
				name := fmt.Sprint("o-", commit, deferred)
				require.NoError(t, tx.Group.Create().SetID(name).SetName(name).Exec(ctx))
				if deferred {
					defer func() { _ = tx.Rollback() }()
				}
				if commit {
					return tx.Commit()
				}
				return tx.Rollback()
			})
		}
		require.NoError(t, create(true, false))
		require.NoError(t, create(true, true), "a rollback after the commit does nothing")
		require.ErrorIs(t, create(false, false), database.ErrFailed)
		require.NoError(t, db.Read(worker, func(ctx context.Context) error {
			require.Equal(t, 2, db.Client().Group.Query().CountX(ctx))
			return nil
		}))
	})
}

func TestSnapshotIsOneState(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		early, end := db.Snapshot(t.Context())
		defer end()
		idle, endIdle := db.Snapshot(t.Context())
		defer endIdle()
		require.Empty(t, noted(early, t, db))
		require.NoError(t, db.Do(early, "write", func(ctx context.Context) error { // overshadows the snapshot
			require.NotNil(t, database.Tx(ctx))
			return note(ctx, db, "new")
		}))
		require.Empty(t, noted(early, t, db), "it was opened before the commit")
		require.NoError(t, db.Read(early, func(ctx context.Context) error {
			require.Empty(t, noted(ctx, t, db), "Read joins")
			return nil
		}))
		require.Equal(t, []string{"new"}, noted(idle, t, db), "it is opened by its first statement")
		err := note(idle, db, "x")
		require.True(t, database.Unavailable(err), "it cannot write: %v", err)
		end()
		end()
		_, err = db.QueryContext(early, "SELECT 1")
		require.ErrorIs(t, err, database.ErrSessionOver)
		require.NoError(t, db.Do(early, "write", func(ctx context.Context) error { return nil }), "what is over is no session")

		do(t, db, func(ctx context.Context) {
			require.NoError(t, note(ctx, db, "own"))
			inside, end := db.Snapshot(ctx)
			require.Equal(t, []string{"new", "own"}, noted(inside, t, db))
			end()
			require.NoError(t, note(ctx, db, "more"))
		})
		requireNotes(t, db, "more", "new", "own")
	})
}

func TestSnapshotsFreeTheirConnections(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		for range 100 { // more than there are connections
			ctx, cancel := context.WithCancel(t.Context())
			ctx, end := db.Snapshot(ctx)
			require.Empty(t, noted(ctx, t, db))
			if rand.IntN(2) == 0 {
				end()
			}
			cancel() // ends what was not ended
		}
	})
}

func TestManyGoroutinesShareASnapshot(t *testing.T) {
	t.Parallel()
	var statements atomic.Int64
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		ctx, end := db.Snapshot(t.Context())
		defer end()
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 20 {
					rows := query(ctx, t, db, "WITH RECURSIVE n(i) AS (SELECT CAST(? AS INTEGER) UNION ALL "+
						"SELECT i + 1 FROM n WHERE i < CAST(? AS INTEGER) + 50) SELECT i FROM n", i, i)
					if len(rows) != 51 || rows[50]["i"].(int64) != int64(i+50) {
						t.Errorf("goroutine %d read another one's rows", i)
					}
				}
			})
		}
		wait.Wait()
	}, testdb.OnStatement(func(_ context.Context, query string) {
		if strings.HasPrefix(query, "WITH RECURSIVE") {
			statements.Add(1)
		}
	}))
	t.Cleanup(func() { require.EqualValues(t, 320, statements.Load()) })
}

const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"

var endlessText = strings.Replace(endless, "SELECT i FROM", "SELECT CAST(i AS TEXT) FROM", 1)

func TestCanceledRowsGiveTheirTurnBack(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		ctx, end := db.Snapshot(t.Context())
		defer end()
		one, cancel := context.WithCancel(ctx)
		rows, err := db.QueryContext(one, endless)
		require.NoError(t, err)
		require.True(t, rows.Next())
		waiting, stop := context.WithCancel(ctx)
		stop()
		_, err = db.QueryContext(waiting, "SELECT 1")
		require.ErrorIs(t, err, context.Canceled, "waiting for the turn ends with the context")
		cancel()
		if isPostgres(db) {
			_, err = db.QueryContext(ctx, "SELECT 1")
			require.ErrorIs(t, err, database.ErrFailed, "PostgreSQL ends the transaction with its statement")
			require.ErrorIs(t, err, context.Canceled)
		} else {
			require.Empty(t, noted(ctx, t, db), "nobody closed the rows")
		}
		for rows.Next() {
		}
		require.ErrorIs(t, rows.Err(), context.Canceled, "the rest is not taken for the end")
		require.NoError(t, rows.Close())
	})
}

func TestRowsLeftOpenHoldNobodyUp(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		var rows *database.Rows
		open := func(ctx context.Context) (err error) {
			rows, err = db.QueryContext(ctx, endless)
			return err
		}
		check := func() {
			require.False(t, rows.Next())
			require.ErrorIs(t, rows.Err(), database.ErrSessionOver)
		}
		require.ErrorIs(t, db.Do(t.Context(), "leave", func(ctx context.Context) error {
			return errors.Join(open(ctx), errTest)
		}), errTest)
		check()
		require.NoError(t, db.Read(t.Context(), open))
		check()
		do(t, db, func(ctx context.Context) { require.NoError(t, note(ctx, db, "x")) })
	})
}

// What ends a query on PostgreSQL, a context of its own, is not taken for why it has ended: the transaction would be
// thrown away although nobody had canceled anything.
func TestRowsClosedEarlyAreNoFailure(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		for i := range 300 {
			do(t, db, func(ctx context.Context) {
				rows, err := db.QueryContext(ctx, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")
				require.NoError(t, err)
				require.True(t, rows.Next())
				require.NoError(t, rows.Close())
				runtime.Gosched() // to what waits for either in database/sql
				require.NoError(t, rows.Err())
				require.NoError(t, note(ctx, db, fmt.Sprint(i)))
			})
		}
	})
}

// Whoever reads in a snapshot whose context ends is told so: that is nobody's fault, statements after the end are.
func TestASnapshotEndsByItsContextsError(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		ctx, end := db.Snapshot(ctx)
		defer end()
		later := context.WithoutCancel(ctx) // only the snapshot knows
		rows, err := db.QueryContext(later, endless)
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		for rows.Next() {
		}
		require.ErrorIs(t, rows.Err(), context.Canceled)
		require.NotErrorIs(t, rows.Err(), database.ErrSessionOver)
		require.NoError(t, rows.Close())
		_, err = db.QueryContext(later, "SELECT 1")
		require.ErrorIs(t, err, context.Canceled)
	})
}

// SQLite ends the whole transaction when a change is interrupted: what follows would be committed at once, by itself.
// PostgreSQL loses the connection.
func TestInterruptedChangeEndsTheTransaction(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 2)
	eachNotes(t, func(t *testing.T, db *database.DB) {
		err := db.Do(t.Context(), "outer", func(ctx context.Context) error {
			require.NoError(t, note(ctx, db, "before"))
			inner, cancel := context.WithCancel(ctx)
			go func() {
				<-started
				time.Sleep(20 * time.Millisecond) // into the statement; too early only makes the test weaker
				cancel()
			}()
			require.ErrorIs(t, db.Do(inner, "inner", func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, "INSERT INTO notes "+endlessText)
				return err
			}), context.Canceled)
			return note(ctx, db, "after")
		})
		require.ErrorIs(t, err, database.ErrFailed)
		requireNotes(t, db)
		do(t, db, func(ctx context.Context) { require.NoError(t, note(ctx, db, "next")) })
		requireNotes(t, db, "next")
	}, testdb.OnStatement(func(_ context.Context, query string) {
		if strings.HasPrefix(query, "INSERT INTO notes WITH") {
			started <- struct{}{}
		}
	}))
}

// Whatever is canceled whenever: nothing hangs, and what remains is what was committed.
func TestSessionsUnderRandomCancellation(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		var mu sync.Mutex
		want := make(map[string]bool)
		var wait sync.WaitGroup
		for g := range 8 {
			wait.Go(func() {
				for i := range 15 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(20))*time.Millisecond)
					name := fmt.Sprintf("%d-%02d", g, i)
					err := db.Do(ctx, name, func(ctx context.Context) error {
						if err := note(ctx, db, name); err != nil {
							return err
						}
						_ = db.Do(ctx, "inner", func(ctx context.Context) error {
							return errors.Join(note(ctx, db, name+" inner"), errTest)
						})
						return nil
					})
					if err == nil {
						mu.Lock()
						want[name] = true
						mu.Unlock()
					}
					snapshot, end := db.Snapshot(ctx)
					var readers sync.WaitGroup
					for range 3 {
						readers.Go(func() {
							rows, err := db.QueryContext(snapshot, endless)
							for n := 0; err == nil && rows.Next() && n < 500; n++ {
							}
							if err == nil && rand.IntN(2) == 0 {
								_ = rows.Close()
							}
						})
					}
					if rand.IntN(2) == 0 {
						readers.Wait()
					}
					cancel()
					readers.Wait()
					end()
				}
			})
		}
		wait.Wait()
		read(t, db, func(ctx context.Context) {
			got := noted(ctx, t, db)
			require.Len(t, got, len(want))
			for _, name := range got {
				require.True(t, want[name], name)
			}
		})
	})
}

func TestWithTx(t *testing.T) {
	t.Parallel()
	eachNotes(t, func(t *testing.T, db *database.DB) {
		err := db.Do(t.Context(), "lend", func(ctx context.Context) error {
			require.NoError(t, db.WithTx(ctx, func(tx *sql.Tx) error {
				require.Same(t, database.Tx(ctx), tx)
				_, err := tx.ExecContext(ctx, "INSERT INTO notes VALUES ('lent')")
				return err
			}))
			require.Equal(t, []string{"lent"}, noted(ctx, t, db))
			require.ErrorIs(t, db.WithTx(ctx, func(*sql.Tx) error { return errTest }), errTest)
			return nil
		})
		require.ErrorIs(t, err, database.ErrFailed)
		requireNotes(t, db)
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	_, err := database.Open(t.Context(), database.Config{})
	require.ErrorContains(t, err, "Config.Path")
	_, err = database.Open(t.Context(), database.Config{Path: filepath.Join(t.TempDir(), "no", "folder.db")})
	require.ErrorIs(t, err, fs.ErrNotExist)
	broken := filepath.Join(t.TempDir(), "broken.db")
	require.NoError(t, os.WriteFile(broken, []byte(strings.Repeat("not a database ", 100)), 0o600))
	_, err = database.Open(t.Context(), database.Config{Path: broken})
	require.ErrorContains(t, err, "not a database")

	path := filepath.Join(t.TempDir(), "a ?#%41.db") // every character is part of the name
	made, err := database.Open(t.Context(), database.Config{Path: path})
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "a new file")
	}
	require.NoError(t, made.Close())
	require.NoError(t, os.Chmod(path, 0o644))
	db, err := database.Open(t.Context(), database.Config{Path: path})
	require.NoError(t, err)
	do(t, db, func(ctx context.Context) { execute(ctx, t, db, "CREATE TABLE t (a)") })
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), name)
		}
	}
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, db.Close())
	require.NoError(t, db.Close())
	require.ErrorIs(t, db.Ping(t.Context()), database.ErrClosed)
	err = db.Do(t.Context(), "late", nil)
	require.ErrorIs(t, err, database.ErrClosed)
	require.True(t, database.Unavailable(err))
	err = db.Read(t.Context(), func(ctx context.Context) error { return note(ctx, db, "late") })
	require.ErrorIs(t, err, database.ErrClosed)
}

func TestPingOfWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	db := notes(t)
	ctx, cancel := context.WithCancel(t.Context())
	do(t, db, func(context.Context) {
		cancel()
		require.ErrorIs(t, db.Ping(ctx), context.Canceled, "the writer is busy: Ping waits no longer than its context")
	})
	_, err := db.Writer().ExecContext(t.Context(), "PRAGMA query_only = 1")
	require.NoError(t, err)
	require.True(t, database.Unavailable(db.Ping(t.Context())))
}

// What was acknowledged survives a power cut only while the writer's connections say so, and keys hold only there.
func TestConnectionsAreSetUp(t *testing.T) {
	t.Parallel()
	db := testdb.NewSQLite(t)
	settings := func(ctx context.Context) values {
		all := make(values)
		for _, name := range []string{"journal_mode", "synchronous", "foreign_keys", "query_only", "recursive_triggers"} {
			for _, value := range query(ctx, t, db, "PRAGMA "+name)[0] {
				all[name] = value
			}
		}
		return all
	}
	for range 2 { // the second time on another connection
		do(t, db, func(ctx context.Context) {
			require.Equal(t, values{
				"journal_mode": "wal", "synchronous": int64(2), "foreign_keys": int64(1), "query_only": int64(0),
				"recursive_triggers": int64(0), // the triggers that count revisions would call themselves
			}, settings(ctx))
		})
		conn, err := db.Writer().Conn(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, conn.Raw(func(any) error { return driver.ErrBadConn }), driver.ErrBadConn)
	}
	read(t, db, func(ctx context.Context) { require.EqualValues(t, 1, settings(ctx)["query_only"]) })
}
