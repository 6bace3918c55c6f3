package database_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/ent/migrate/migrations"
	"entrepot/internal/testdb"
)

const laterVersion = 20991231235959

// later is the program's migrations and one more, whose text is changed by edit.
func later(t *testing.T, change func(tables map[string]*schema.Table), edit func(text string) string) fs.FS {
	t.Helper()
	tables := database.Tables()
	byName := make(map[string]*schema.Table)
	for _, table := range tables {
		byName[table.Name] = table
	}
	change(byName)
	text, err := database.Diff(t.Context(), database.Config{}, laterVersion, tables)
	require.NoError(t, err)
	if edit != nil {
		text = edit(text)
	}
	files := fstest.MapFS{"20991231235959_later.sql": {Data: []byte(text)}}
	names, err := fs.Glob(migrations.SQLite(), "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		data, err := fs.ReadFile(migrations.SQLite(), name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

// loosen makes columns of parents nullable, which SQLite cannot do but by making the tables anew.
func loosen(tables map[string]*schema.Table) {
	for table, column := range map[string]string{
		"imports": "file_name", "groups": "name", "import_definitions": "name", "import_definition_versions": "number",
	} {
		for _, c := range tables[table].Columns {
			if c.Name == column {
				c.Nullable = true
			}
		}
	}
}

func triggerNames(ctx context.Context, t testing.TB, db *database.DB) []values {
	t.Helper()
	return query(ctx, t, db, "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
}

// A copy of the file of a filled database, to open with other migrations.
func filledFile(t *testing.T) (path string, before map[string]int64, triggers []values) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "filled.db")
	db, err := database.Open(t.Context(), database.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context()))
	do(t, db, func(ctx context.Context) {
		fill(ctx, t, db)
		before, triggers = counts(ctx, t, db), triggerNames(ctx, t, db)
	})
	require.NoError(t, db.Close())
	for table, n := range before {
		require.GreaterOrEqual(t, n, int64(2), table)
	}
	return path, before, triggers
}

func TestMigrationOfAFilledParentKeepsChildrenAndTriggers(t *testing.T) {
	t.Parallel()
	path, before, triggersBefore := filledFile(t)
	files := later(t, loosen, func(text string) string {
		for _, rebuilt := range []string{
			"new_imports", "new_groups", "new_import_definitions", "new_import_definition_versions",
		} {
			require.Contains(t, text, "CREATE TABLE `"+rebuilt+"`")
		}
		return text
	})
	db, err := database.Open(t.Context(), database.Config{Path: path, Migrations: files})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Migrate(t.Context()))
	read(t, db, func(ctx context.Context) {
		require.Equal(t, before, counts(ctx, t, db))
		require.Equal(t, triggersBefore, triggerNames(ctx, t, db))
		require.Empty(t, query(ctx, t, db, "SELECT * FROM pragma_foreign_key_check"))
		nullable := query(ctx, t, db, "SELECT \"notnull\" AS n FROM pragma_table_info('imports') WHERE name = 'file_name'")
		require.EqualValues(t, 0, nullable[0]["n"])
	})
	// Keys and triggers work, not only stand there.
	for text, kind := range map[string]database.ConstraintKind{
		"DELETE FROM imports":                database.ForeignKey,
		"DELETE FROM groups":                 database.ForeignKey,
		"UPDATE import_results SET year = 1": database.Trigger,
		"UPDATE imports SET attempt = -1":    database.Trigger,
	} {
		err := db.Do(t.Context(), "try", func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, text)
			return err
		})
		c, ok := database.AsConstraint(err)
		require.True(t, ok, "%s: %v", text, err)
		require.Equal(t, kind, c.Kind)
	}
}

func TestMigrationThatLosesRowsIsUndone(t *testing.T) {
	t.Parallel()
	path, before, triggersBefore := filledFile(t)
	losing := later(t, loosen, func(text string) string {
		require.Contains(t, text, "FROM `groups`;")
		return strings.Replace(text, "FROM `groups`;", "FROM `groups` WHERE organization_id <> 'org-a';", 1)
	})
	db, err := database.Open(t.Context(), database.Config{Path: path, Migrations: losing})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	c, ok := database.AsConstraint(db.Migrate(t.Context()))
	require.True(t, ok)
	require.Equal(t, "no_row_points_to_nothing", c.Name)
	read(t, db, func(ctx context.Context) {
		require.Equal(t, before, counts(ctx, t, db))
		require.Equal(t, triggersBefore, triggerNames(ctx, t, db))
	})
	pending, err := db.Pending(t.Context(), database.Tables())
	require.NoError(t, err)
	require.Empty(t, pending)
}

// A process that dies between the file's transaction and goose's record of it must not find its tables there already.
func TestMigrationCountsAsAppliedWithItsTransaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := database.Open(t.Context(), database.Config{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Migrate(t.Context()))
	do(t, db, func(ctx context.Context) { // as it was before goose's record
		execute(ctx, t, db, `DELETE FROM goose_db_version WHERE id IN
			(SELECT max(id) FROM goose_db_version GROUP BY version_id HAVING count(*) > 1)`)
	})
	require.NoError(t, db.Migrate(t.Context()))
}

func TestSecondMigrateChangesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.NewSQLite(t)
	version := func() (v int64) {
		read(t, db, func(ctx context.Context) {
			v = query(ctx, t, db, "SELECT schema_version AS v FROM pragma_schema_version")[0]["v"].(int64)
		})
		return v
	}
	before := version()
	require.NoError(t, db.Migrate(t.Context()))
	require.Equal(t, before, version())

	do(t, db, func(ctx context.Context) {
		execute(ctx, t, db, "DROP TRIGGER imports_transition")
		execute(ctx, t, db, "DROP TRIGGER imports_final")
		execute(ctx, t, db, "CREATE TRIGGER imports_final BEFORE UPDATE ON imports BEGIN SELECT 1; END")
		execute(ctx, t, db, "CREATE TRIGGER of_yesterday BEFORE UPDATE ON imports BEGIN SELECT 1; END")
	})
	require.NoError(t, db.Migrate(t.Context()))
	fresh := testdb.NewSQLite(t)
	var want []values
	read(t, fresh, func(ctx context.Context) { want = triggerNames(ctx, t, fresh) })
	require.Len(t, want, 15)
	read(t, db, func(ctx context.Context) {
		require.Equal(t, want, triggerNames(ctx, t, db))
		require.Len(t, query(ctx, t, db, "SELECT 1 FROM organizations WHERE id = ?", database.SystemOrganization), 1)
	})
}

// A new file, opened and migrated by several processes and goroutines at the same moment, a few times over.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	const processes, rounds = 4, 12
	type child struct {
		in  io.WriteCloser
		out *bufio.Scanner
		cmd *exec.Cmd
	}
	children := make([]child, processes)
	for i := range children {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStartChild$")
		cmd.Env = append(os.Environ(), startChild+"=1")
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		children[i] = child{in, bufio.NewScanner(out), cmd}
	}
	for round := range rounds {
		path, command := filepath.Join(t.TempDir(), "shared.db"), "open"
		if round == rounds-1 {
			command = "migrate"
		}
		for _, c := range children {
			_, err := fmt.Fprintln(c.in, command, path)
			require.NoError(t, err)
		}
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() {
				if err := start(t.Context(), command, path); err != nil {
					t.Errorf("%s in this process: %v", command, err)
				}
			})
		}
		for _, c := range children {
			require.True(t, c.out.Scan(), "a process ended")
			require.Equal(t, "ok", c.out.Text(), "%s in another process", command)
		}
		wait.Wait()
		if command == "migrate" {
			db, err := database.Open(t.Context(), database.Config{Path: path})
			require.NoError(t, err)
			pending, err := db.Pending(t.Context(), database.Tables())
			require.NoError(t, err)
			require.Empty(t, pending)
			require.NoError(t, db.Close())
		}
	}
	for _, c := range children {
		require.NoError(t, c.in.Close())
		for c.out.Scan() {
		}
		require.NoError(t, c.cmd.Wait())
	}
}

const startChild = "ENTREPOT_TEST_START_CHILD"

// TestStartChild is what TestManyStartAtOnce runs in other processes.
func TestStartChild(t *testing.T) { //nolint:paralleltest // alone in its process
	if os.Getenv(startChild) == "" {
		return // only a process that TestManyStartAtOnce starts has something to do here
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		command, path, _ := strings.Cut(in.Text(), " ")
		if err := start(t.Context(), command, path); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok")
	}
}

func start(ctx context.Context, command, path string) error {
	db, err := database.Open(ctx, database.Config{Path: path})
	if err != nil {
		return err
	}
	if command == "migrate" {
		err = db.Migrate(ctx)
	}
	return errors.Join(err, db.Close())
}

func TestDiffWithoutChange(t *testing.T) {
	t.Parallel()
	_, err := database.Diff(t.Context(), database.Config{}, laterVersion, database.Tables())
	require.ErrorIs(t, err, database.ErrNoChange)
}
