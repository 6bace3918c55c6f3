// Command diff writes the migration from what the migrations make so far to what ent/schema says now, for SQLite and for
// PostgreSQL, whose server must be installed (it starts one of its own, for a moment):
//
//	go run ./database/diff add_site_region
//
// It is run from the root folder, after go generate. Read the file that it names before you commit it; it is never
// changed afterwards.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"entrepot/database"
	"entrepot/internal/pgserver"
)

const folder = "ent/migrate/migrations"

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) != 1 || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(args[0]) {
		return errors.New("usage: go run ./database/diff <name of small letters, digits and _>")
	}
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("run it from the root folder: %w", err)
	}
	server, err := pgserver.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()

	stamp := time.Now().UTC().Format("20060102150405")
	for kind, c := range map[string]database.Config{
		"sqlite": {}, "postgres": {MigrateURL: server.URL(pgserver.Superuser, "postgres")},
	} {
		if err := write(ctx, filepath.Join(folder, kind), stamp, args[0], c); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// write makes one file, where there is something to change.
func write(ctx context.Context, dir, stamp, name string, c database.Config) error {
	version, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return err
	}
	c.Migrations = os.DirFS(dir)
	text, err := database.Diff(ctx, c, version, database.Tables())
	if errors.Is(err, database.ErrNoChange) {
		fmt.Println(dir+":", err)
		return nil
	}
	if err != nil {
		return err
	}
	path := filepath.Join(dir, stamp+"_"+name+".sql")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // a source file
		return err
	}
	fmt.Println(path)
	return nil
}
