// Command with runs a command beside a throw-away PostgreSQL server, which all its test processes share:
//
//	go run ./internal/pgserver/with go test ./...
//
// It ends with the command's exit code; the server ends with it, however it ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"entrepot/internal/pgserver"
)

// variable is testdb.ServerVariable, which cannot be imported: what tests use stays out of programs.
const variable = "ENTREPOT_TEST_POSTGRES"

func main() {
	code, err := run(context.Background(), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 {
		return 2, errors.New("usage: go run ./internal/pgserver/with <command> [arguments]")
	}
	server, err := pgserver.Start(ctx)
	if err != nil {
		return 1, err
	}
	defer func() { _ = server.Stop() }()
	command := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running what it is told is its job
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), variable+"="+server.URL(pgserver.Superuser, "postgres"))
	err = command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
