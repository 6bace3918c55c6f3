// Command serve is a Google Cloud Storage to try Entrepot with, on this machine alone:
//
//	go run ./internal/fakegcs/serve
//
// It keeps its objects in a folder, makes a service account that it knows, and prints what to set so that Entrepot uses
// it. It ends with an interrupt; another start goes on with the same objects.
package main

import (
	"context"
	"crypto/rsa"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"entrepot/internal/fakegcs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:4443", "where to listen, on loopback; port 0 takes a free one")
	folder := flags.String("folder", "data-gcs", "folder of the objects and of the account's key")
	bucket := flags.String("bucket", "entrepot", "name of the bucket")
	origin := flags.String("origin", "*", "origin whose pages may send signed requests")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(*addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("--addr must be like 127.0.0.1:4443: whoever reaches the server may read and write everything")
	}
	place, err := filepath.Abs(*folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(place, 0o700); err != nil {
		return err
	}
	keyFile := filepath.Join(place, "account.json")
	account, err := fakegcs.OpenAccount(keyFile)
	if err != nil {
		return err
	}
	server, err := fakegcs.New(fakegcs.Config{
		Bucket: *bucket, Folder: place, Origins: []string{*origin},
		Verifier: fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: account.Public}},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "export STORAGE_EMULATOR_HOST=%s\n"+
		"export GOOGLE_APPLICATION_CREDENTIALS='%s'\n"+
		"export BUCKET_URL=gs://%s\n", listener.Addr(), keyFile, *bucket)
	service := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = service.Close() })()
	if err := service.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
