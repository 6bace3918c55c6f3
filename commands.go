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
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, rest = args[0], args[1:]
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
	case "version", "--version":
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

  entrepot            serves; prints where, and a link to sign in with
  entrepot token      prints a bearer token, of the demonstration's OWNER unless flags say otherwise
  entrepot version    prints the version
  entrepot help       prints this

`)
	list := func(title string, all []*setting) {
		fmt.Fprintln(&b, title)
		for _, s := range all {
			fmt.Fprintf(&b, "  %-16s%s", "--"+s.flag, s.help)
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

// tokenCommand prints a bearer token. It works beside a running server, and before the first start of one.
func tokenCommand(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	c, err := newConfig(append(settings(), tokenSettings()...), args, getenv)
	if err != nil {
		return err
	}
	level := slog.LevelWarn // what it makes on the way to a token is not what was asked for
	if c.verbose {
		level = slog.LevelDebug
	}
	h, err := openHouse(ctx, c, newLogger(stderr, level))
	if err != nil {
		return err
	}
	token, err := h.token(ctx, c.wanted)
	if err := errors.Join(err, h.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
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
