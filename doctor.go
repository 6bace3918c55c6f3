package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"entrepot/auth"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/processor/script"
	"entrepot/storage"
)

// checkWithin is how long the doctor takes at most.
const checkWithin = 2 * time.Minute

// errUnwell ends the doctor with the code of a failure; what is wrong has been printed.
var errUnwell = errors.New("something is wrong; what to do is said above")

// doctorCommand looks at everything that the server would stand on, without starting it, and says of each thing what is
// wrong and what to do. It changes nothing but for a probe of a few bytes in the bucket, which it deletes again.
func doctorCommand(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	c, err := newConfig(settings(), args, getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	d := &doctor{config: c, stdout: stdout}
	d.look(ctx, stderr)
	if d.unwell {
		return errUnwell
	}
	return nil
}

// doctor prints what it finds, as it finds it.
type doctor struct {
	config config
	stdout io.Writer
	unwell bool
}

func (d *doctor) well(name, what string) {
	_, _ = fmt.Fprintf(d.stdout, "ok    %s: %s\n", name, what)
}

func (d *doctor) ill(name, problem, fix string) {
	d.unwell = true
	_, _ = fmt.Fprintf(d.stdout, "FAIL  %s: %s\n", name, problem)
	if fix != "" {
		_, _ = fmt.Fprintf(d.stdout, "      %s\n", fix)
	}
}

func (d *doctor) look(ctx context.Context, stderr io.Writer) {
	c, log := d.config, quiet(d.config, stderr)
	signIn := "the built-in one, for this machine"
	if c.provider != nil {
		signIn = "tokens of " + c.provider.Issuer + " for " + c.provider.Audience
	}
	d.well("sign-in", signIn)
	at := databaseConfig(c, log)
	at.MigrateURL = ""
	switch _, err := os.Stat(at.Path); {
	case at.URL != "":
		d.database(ctx, at, "Make the roles with database/roles.sql, and apply migrations with “entrepot migrate”.",
			"PostgreSQL, up to date; row-level security holds for the role")
	case c.postgres():
		d.ill("database", "--migrate-database-url (MIGRATE_DATABASE_URL) is given without --database-url (DATABASE_URL).",
			"Name the database as the role that the server runs as, too.")
	case errors.Is(err, fs.ErrNotExist):
		d.well("database", "SQLite; the first start makes it in "+c.data)
	default:
		d.database(ctx, at, "See who owns the files in the data folder, and whether the disk is full.", "SQLite, in "+at.Path)
	}
	d.bucket(ctx, storage.Config{
		URL: c.bucket, MaxBytes: definition.DefaultLimits().MaxFileBytes, Logger: log,
		Secret: make([]byte, auth.MinSecretBytes), // signs the doctor's own requests to a folder, and nothing else
	})
	d.scripts(ctx)
}

// database looks at a database, which running servers may have open.
func (d *doctor) database(ctx context.Context, at database.Config, fix, well string) {
	at.Wait = time.Second
	db, err := database.Open(ctx, at)
	if err == nil {
		err = errors.Join(db.Check(ctx), db.Close())
	}
	if err != nil {
		d.ill("database", sentence(err), fix)
		return
	}
	d.well("database", well)
}

func (d *doctor) bucket(ctx context.Context, at storage.Config) {
	at.Getenv = d.config.getenv
	if folder, ok := storage.Folder(at.URL); ok {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			d.well("bucket", "a folder; the first start makes it")
			return
		}
	}
	b, err := storage.Open(ctx, at)
	if err != nil {
		d.ill("bucket", sentence(err), "")
		return
	}
	defer func() { _ = b.Close() }()
	origin := ""
	if d.config.public != nil {
		origin = d.config.public.String()
	}
	for _, f := range b.Check(ctx, origin) {
		if f.OK {
			d.well("bucket", f.Name)
		} else {
			d.ill("bucket: "+f.Name, f.Problem, f.Fix)
		}
	}
	if origin == "" && strings.HasPrefix(at.URL, "gs:") {
		d.well("bucket", "CORS is not looked at: say with --url (ENTREPOT_URL) where pages come from")
	}
}

// scripts looks whether processors can be walled in here.
func (d *doctor) scripts(ctx context.Context) {
	err := script.Check(ctx, "function process() { return {} }")
	var wrong *script.Error
	switch {
	case err == nil:
		d.well("processors", "code runs in a process of its own, behind a filter of system calls")
	case errors.As(err, &wrong) && wrong.Code == definition.ErrorProcessorUnavailable:
		d.well("processors", "definitions with code are refused here; aggregates work. "+wrong.Message)
	default:
		d.ill("processors", sentence(err), "See whether the machine is short of memory or of processes.")
	}
}

// sentence is an error as a line for people.
func sentence(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return strings.TrimSuffix(text, ".") + "."
}
