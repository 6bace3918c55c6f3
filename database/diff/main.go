// Command diff writes the migration from what the migrations make so far to what ent/schema says now:
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
)

const folder = "ent/migrate/migrations/sqlite"

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(args[0]) {
		return errors.New("usage: go run ./database/diff <name of small letters, digits and _>")
	}
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("run it from the root folder: %w", err)
	}
	stamp := time.Now().UTC().Format("20060102150405")
	version, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return err
	}
	text, err := database.Diff(ctx, os.DirFS(folder), version, database.Tables())
	if errors.Is(err, database.ErrNoChange) {
		fmt.Println(err)
		return nil
	}
	if err != nil {
		return err
	}
	name := filepath.Join(folder, stamp+"_"+args[0]+".sql")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil { //nolint:gosec // a source file
		return err
	}
	fmt.Println(name)
	return nil
}
