// Entrepot imports files in bulk, through a GraphQL API.
//
// This package reads the configuration, wires the other packages together, serves and stops; nothing else. It knows all
// of them and none knows it. Run is the program without the process, so that tests start it as it is.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // formats name time zones, and not every machine has them

	"entrepot/auth"
	"entrepot/definition"
	"entrepot/download"
	"entrepot/event"
	"entrepot/event/postgres"
	"entrepot/importer"
	"entrepot/processor/script"
	"entrepot/queue"
	"entrepot/seed"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

func main() {
	script.ServeIfChild()
	beginPrivate()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

const (
	// stopWithin is how long a stop may take in all: orchestrators kill after 30 seconds.
	stopWithin = 25 * time.Second
	// requestsWithin is how much of it requests and transfers have to end; imports are handed back meanwhile.
	requestsWithin = 10 * time.Second
)

// app is the running server.
type app struct {
	*house
	config    config
	log       *slog.Logger
	limits    definition.Limits
	bus       *event.Bus
	relay     *postgres.Relay // nil on SQLite: there are no other replicas
	bucket    *storage.Bucket
	queue     *queue.Queue
	uploads   *upload.Uploads
	importer  *importer.Importer
	downloads *download.Downloads

	listener net.Listener
	public   *url.URL
	http     *http.Server
	streams  context.Context    // ends when subscriptions must
	endAll   context.CancelFunc // of streams
	requests sync.WaitGroup     // those that are being answered, hijacked ones too
}

func serveCommand(
	ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string,
) (err error) {
	c, err := newConfig(settings(), args, getenv)
	if err != nil {
		return err
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	level := slog.LevelInfo
	if c.verbose {
		level = slog.LevelDebug
	}
	log := newLogger(stderr, level)
	h, err := openHouse(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if err := h.demonstrate(ctx, c); err != nil {
		return err
	}
	a := &app{house: h, config: c, log: log, limits: definition.DefaultLimits(), bus: &event.Bus{}}
	a.streams, a.endAll = context.WithCancel(context.Background())
	defer a.endAll()
	if err := a.build(ctx); err != nil {
		return errors.Join(err, a.release())
	}
	return a.run(ctx, stdout)
}

// build wires everything, up to the address to listen at. What it has opened when it fails is for release.
func (a *app) build(ctx context.Context) (err error) {
	if a.bucket, err = storage.Open(ctx, storage.Config{
		URL: a.config.bucket, Secret: a.secret, MaxBytes: a.limits.MaxFileBytes, Logger: a.log, Getenv: a.config.getenv,
	}); err != nil {
		return err
	}
	tell, err := a.publisher(ctx)
	if err != nil {
		return err
	}
	if a.queue, err = queue.New(queue.Config{
		DB: a.db, ConcurrentImports: a.limits.ConcurrentImports, Alone: !a.config.postgres(),
		ListenURL: a.db.ListenURL(), Logger: a.log,
	}); err != nil {
		return err
	}
	if a.uploads, err = upload.New(upload.Config{
		DB: a.db, Bucket: a.bucket, Queue: a.queue, Bus: tell, Limits: a.limits, Retention: a.config.retention, Logger: a.log,
	}); err != nil {
		return err
	}
	if a.importer, err = importer.New(importer.Config{
		DB: a.db, Bucket: a.bucket, Queue: a.queue, Bus: tell, Limits: a.limits, Logger: a.log, Worker: workerName(),
	}); err != nil {
		return err
	}
	if a.downloads, err = download.New(download.Config{DB: a.db, Secret: a.secret, Logger: a.log}); err != nil {
		return err
	}
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.addr); err != nil {
		return fmt.Errorf("listen at %s (choose another place with --addr): %w", a.config.addr, err)
	}
	if a.public = a.config.public; a.public == nil {
		a.public = &url.URL{Scheme: "http", Host: a.listener.Addr().String()}
	}
	if err := a.bucket.SetPublicURL(a.public.JoinPath("bucket").String()); err != nil {
		return err
	}
	if err := a.downloads.SetPublicURL(a.public.JoinPath("download").String()); err != nil {
		return err
	}
	handler, err := a.handler()
	if err != nil {
		return err
	}
	a.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		// Bodies and answers have no time limit here: whoever reads or writes them sets one as they move.
	}
	return nil
}

// publisher is where commands tell what changed: the bus of this process, or a relay to it and to the other replicas.
func (a *app) publisher(ctx context.Context) (importer.Publisher, error) {
	if !a.config.postgres() {
		return a.bus, nil
	}
	var err error
	a.relay, err = postgres.Open(ctx, postgres.Config{URL: a.db.ListenURL(), DB: a.db, Bus: a.bus, Logger: a.log})
	if err != nil {
		return nil, err
	}
	return a.relay, nil
}

// workerName tells this process from all others, those before it on the same machine too.
func workerName() string {
	host, err := os.Hostname()
	if err != nil || len(host) > 64 {
		host = "entrepot"
	}
	return fmt.Sprintf("%s %d %s", host, os.Getpid(), rand.Text())
}

// run serves until ctx ends, and then stops.
func (a *app) run(ctx context.Context, stdout io.Writer) error {
	if err := a.queue.Start(ctx, a.importer, a.uploads); err != nil {
		return errors.Join(err, a.release())
	}
	if a.config.demonstrates() {
		samples := seed.Parts{DB: a.db, Bucket: a.bucket, Uploads: a.uploads, Importer: a.importer}
		if err := seed.Imports(ctx, samples); err != nil && ctx.Err() == nil {
			// Nobody's work depends on the samples, and the next start tries again.
			a.log.Error("could not import the sample files", "error", err)
		}
	}
	served := make(chan error, 1)
	go func() { served <- a.http.Serve(a.listener) }()
	a.log.Info("listening", "address", a.listener.Addr().String())
	a.greet(ctx, stdout)

	var err error
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, a.stop(), a.release())
}

// greet prints where the server is and how to sign in.
func (a *app) greet(ctx context.Context, stdout io.Writer) {
	_, _ = fmt.Fprintf(stdout, "Entrepot is at %s/\n", a.public)
	if a.config.provider != nil {
		_, _ = fmt.Fprintf(stdout, "Sign in: with a token of %s\n", a.config.provider.Issuer)
		return
	}
	who, err := a.auth.Find(ctx, auth.Wanted{Organization: seed.Organization, Role: viewer.RoleOwner})
	if err != nil {
		a.log.Debug("there is no sign-in link", "error", err)
		_, _ = fmt.Fprintln(stdout, "Sign in: with a token; “entrepot token” with --user or --organization prints one")
		return
	}
	_, _ = fmt.Fprintf(stdout, "Sign in: %s/#code=%s\n", a.public, a.auth.NewCode(who))
}

// stop takes no more requests, ends subscriptions, hands imports back and waits for what is under way.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	a.endAll()
	var work sync.WaitGroup
	var queueErr error
	work.Go(func() { queueErr = a.queue.Stop(ctx) })
	work.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, requestsWithin)
		defer cancel()
		if err := a.http.Shutdown(ctx); err != nil {
			a.log.Warn("requests were cut off by the stop", "error", err)
			_ = a.http.Close()
		}
		// Shutdown knows nothing of the connections that WebSockets took over.
		ended := make(chan struct{})
		go func() {
			a.requests.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-ctx.Done():
		}
	})
	work.Wait()
	return queueErr
}

// release closes what build opened.
func (a *app) release() error {
	var err error
	if a.listener != nil {
		if closing := a.listener.Close(); !errors.Is(closing, net.ErrClosed) {
			err = closing
		}
	}
	if a.relay != nil {
		err = errors.Join(err, a.relay.Close())
	}
	if a.bucket != nil {
		err = errors.Join(err, a.bucket.Close())
	}
	return err
}
