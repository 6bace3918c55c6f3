package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"

	"entrepot/auth"
	"entrepot/database"
	"entrepot/seed"
	"entrepot/viewer"
)

// The codes that the program exits with.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run carries out a command as if the program had been called with args, without its name, and returns its exit code.
// A server runs until ctx ends. Results go to stdout, everything else to stderr.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	name, rest := "serve", args
	for len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && (name == "serve" || name == "organization") {
		name, rest = strings.TrimPrefix(name+" "+rest[0], "serve "), rest[1:]
	}
	if len(args) == 1 && args[0] == "--version" {
		name = "version"
	}
	for _, arg := range args {
		if arg == "-h" || arg == "-help" || arg == "--help" {
			name = "help"
		}
	}
	var err error
	switch name {
	case "serve":
		err = serveCommand(ctx, rest, stdout, stderr, getenv)
	case "token":
		err = tokenCommand(ctx, rest, stdout, stderr, getenv)
	case "doctor":
		err = doctorCommand(ctx, rest, stdout, stderr, getenv)
	case "migrate":
		err = migrateCommand(ctx, rest, stdout, stderr, getenv)
	case "organization create":
		err = organizationCommand(ctx, rest, stdout, stderr, getenv)
	case "version":
		_, err = fmt.Fprintln(stdout, "entrepot", version())
	case "help":
		_, err = io.WriteString(stdout, help())
	default:
		err = usageError{fmt.Sprintf("there is no command %q", name)}
	}
	if err == nil {
		return exitOK
	}
	var usage usageError
	if errors.As(err, &usage) {
		for _, line := range usage {
			_, _ = fmt.Fprintln(stderr, "entrepot:", line)
		}
		_, _ = fmt.Fprintln(stderr, "Run “entrepot help” for the commands and flags.")
		return exitUsage
	}
	_, _ = fmt.Fprintln(stderr, "entrepot:", err)
	return exitFailed
}

func help() string {
	var b strings.Builder
	b.WriteString(`Entrepot imports files in bulk, through a GraphQL API.

  entrepot                        serves; prints where, and a link to sign in with
  entrepot token                  prints a bearer token, of the demonstration's OWNER unless flags say otherwise
  entrepot doctor                 looks at the database, the bucket and what else the server stands on, and says what to do
  entrepot migrate                brings the database up to date, and exits
  entrepot organization create    makes an organization with its first group and owner, and prints its id
  entrepot version                prints the version
  entrepot help                   prints this

`)
	list := func(title string, all []*setting) {
		fmt.Fprintln(&b, title)
		for _, s := range all {
			fmt.Fprintf(&b, "  %-24s%s", "--"+s.flag, s.help)
			if s.env != "" {
				fmt.Fprintf(&b, " (%s", s.env)
				if s.value != "" {
					fmt.Fprintf(&b, ", %s", s.value)
				}
				b.WriteString(")")
			}
			b.WriteString("\n")
		}
	}
	list("Flags, with the variables of the environment that set them too, and the defaults:", settings())
	list("\nFlags of “entrepot token”:", tokenSettings())
	list("\nFlags of “entrepot organization create”:", organizationSettings())
	return b.String()
}

// version is the module's version, or the commit that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "development " + s.Value
		}
	}
	return "development"
}

func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// quiet is the log of a command that prints a result: what it makes on the way was not what was asked for.
func quiet(c config, stderr io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if c.verbose {
		level = slog.LevelDebug
	}
	return newLogger(stderr, level)
}

// inHouse does what a command is for, and prints its result.
func inHouse(
	ctx context.Context, c config, stdout, stderr io.Writer, do func(ctx context.Context, h *house) (string, error),
) error {
	h, err := openHouse(ctx, c, quiet(c, stderr))
	if err != nil {
		return err
	}
	result, err := do(ctx, h)
	if err := errors.Join(err, h.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, result)
	return err
}

// tokenCommand prints a bearer token. It works beside a running server, and before the first start of one.
func tokenCommand(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	c, err := newConfig(append(settings(), tokenSettings()...), args, getenv)
	if err != nil {
		return err
	}
	if c.provider != nil {
		return auth.ErrProvider
	}
	return inHouse(ctx, c, stdout, stderr, func(ctx context.Context, h *house) (string, error) {
		if err := h.demonstrate(ctx, c); err != nil {
			return "", err
		}
		return h.token(ctx, c.wanted)
	})
}

// organizationCommand makes an organization. It works beside a running server.
func organizationCommand(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	c, err := newConfig(append(settings(), organizationSettings()...), args, getenv)
	if err != nil {
		return err
	}
	return inHouse(ctx, c, stdout, stderr, func(ctx context.Context, h *house) (string, error) {
		return seed.CreateOrganization(ctx, h.db, c.made)
	})
}

// migrateCommand migrates. On PostgreSQL it needs the owner's URL alone; with the application's too it checks what it did
// as the server will.
func migrateCommand(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	c, err := newConfig(settings(), args, getenv)
	if err != nil {
		return err
	}
	switch {
	case c.database != "" && c.migrate == "":
		return usageError{"“entrepot migrate” needs --migrate-database-url (MIGRATE_DATABASE_URL): the role of " +
			"--database-url (DATABASE_URL) does not own the tables"}
	case !c.postgres():
		if err := makeFolder(c.data); err != nil {
			return err
		}
	}
	at := databaseConfig(c, quiet(c, stderr))
	if c.database == "" {
		err = database.Migrate(ctx, at)
	} else {
		err = migrateAndCheck(ctx, at)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "The database is up to date.")
	return err
}

func migrateAndCheck(ctx context.Context, at database.Config) error {
	db, err := database.Open(ctx, at)
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	if err == nil {
		err = db.Check(ctx)
	}
	return errors.Join(err, db.Close())
}

func (h *house) token(ctx context.Context, w auth.Wanted) (string, error) {
	if w.Email == "" && w.Organization == "" {
		w.Organization = seed.Organization
	}
	if w.Email == "" && w.Role == "" {
		w.Role = viewer.RoleOwner
	}
	who, err := h.auth.Find(ctx, w)
	if err != nil {
		return "", fmt.Errorf("find whom the token is for: %w", err)
	}
	token, _, err := h.auth.Issue(who)
	return token, err
}
