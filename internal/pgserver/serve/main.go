// Command serve starts a throw-away PostgreSQL server, prints its URL for a superuser, and stops it when its standard
// input ends. All test processes of a run share one that way:
//
//	coproc go run ./internal/pgserver/serve
//	read -r ENTREPOT_TEST_POSTGRES <&"${COPROC[0]}"
//	export ENTREPOT_TEST_POSTGRES
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"entrepot/internal/pgserver"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	server, err := pgserver.Start(ctx)
	if err != nil {
		return err
	}
	fmt.Println(server.URL(pgserver.Superuser, "postgres"))
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, server.Stop())
}
