// Package importer runs one Import from its file to its results, and starts, cancels and retries Imports.
//
// graph and rest call the commands (Start, Cancel, Retry) as the person who asks; queue calls Run for each job and
// Recover for leases that expired. A run reads the object from storage, cuts it into records with tabular, computes
// with processor, and writes through ent as a worker of the import's organization; after each commit it tells event.
//
// Promises: an import and its job are created together; nothing is read, parsed or computed in a write transaction;
// results and the final status are one write; every write of a run is guarded by the import's attempt and status, so
// that nothing is written after a cancel or by a worker that was given up. What comes out does not depend on threads,
// retries or crashes.
//
// It may import ent, viewer, prefixid, definition, refusal, database, storage, event, tabular and processor; never
// queue.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"time"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/event"
	"entrepot/storage"
	"entrepot/viewer"
)

// Enqueuer has Run called for an import, in its organization's turn: it is told in the transaction that is open in ctx.
type Enqueuer interface {
	EnqueueImport(ctx context.Context, organizationID, importID string) error
}

// Publisher tells everybody who listens of changes: *event.Bus in one process, the relay of event/postgres where there
// are several.
type Publisher interface {
	// Announce is called in the open transaction that makes the changes, Publish after its commit.
	Announce(ctx context.Context, changes ...event.Change) error
	Publish(changes ...event.Change)
}

// Config is what an Importer is made of. DB, Bucket, Queue and Bus are required.
type Config struct {
	DB     *database.DB
	Bucket *storage.Bucket
	Queue  Enqueuer
	Bus    Publisher
	// Limits bound each import; the zero value is definition.DefaultLimits.
	Limits definition.Limits
	// Logger gets what no caller is told; nil discards it.
	Logger *slog.Logger
	// Now is the clock of what is stored; nil is time.Now.
	Now func() time.Time
	// Worker names this process in leases, at most 128 bytes; empty is "entrepot".
	Worker string
	// Lease is how long a worker is believed alive after its last sign of life, which it gives three times as often;
	// 0 is 15 seconds. At least 300 milliseconds.
	Lease time.Duration
	// TempDir is the folder for what a file needs beside memory, such as the parts of a workbook; it is removed when its
	// import ends, however it does. Empty is the system's own.
	TempDir string
	// Parallelism is how many goroutines compute one import; 0 is as many as there are processors, at most 4.
	Parallelism int
}

// Importer runs imports. Its methods may be called by any number of goroutines.
type Importer struct {
	Config
	// wrapSource lets tests stand between the bucket and the parser; nil otherwise.
	wrapSource func(io.Reader) io.Reader
	previews   *slots
	// previewTime is how long a preview may take.
	previewTime time.Duration
}

// RetryError says that an import cannot run yet. It is no fault: the job is to be tried again.
type RetryError struct {
	// After is how long to wait before that.
	After  time.Duration
	reason string
}

// Error tells what is waited for.
func (e *RetryError) Error() string { return "import is not ready: " + e.reason }

// RetryAfter is After.
func (e *RetryError) RetryAfter() time.Duration { return e.After }

const (
	defaultLease = 15 * time.Second
	minLease     = 300 * time.Millisecond
	maxWorker    = 128
	maxParallel  = 4
)

// New checks the configuration; its error names everything that is wrong with it.
func New(c Config) (*Importer, error) {
	var problems []error
	require := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New("new importer: "+problem))
		}
	}
	require(c.DB != nil, "DB is missing")
	require(c.Bucket != nil, "Bucket is missing")
	require(c.Queue != nil, "Queue is missing")
	require(c.Bus != nil, "Bus is missing")
	if c.Limits == (definition.Limits{}) {
		c.Limits = definition.DefaultLimits()
	}
	require(c.Limits.MaxFileBytes > 0 && c.Limits.MaxRows > 0 && c.Limits.MaxColumns > 0 && c.Limits.MaxCellBytes > 0 &&
		c.Limits.MaxRowErrors >= 0 && c.Limits.MaxSites > 0 && c.Limits.MaxResults > 0 && c.Limits.QueuedImports > 0,
		"Limits must be positive")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Worker == "" {
		c.Worker = "entrepot"
	}
	require(len(c.Worker) <= maxWorker, "Worker is longer than 128 bytes")
	if c.Lease == 0 {
		c.Lease = defaultLease
	}
	require(c.Lease >= minLease, "Lease is shorter than 300 milliseconds")
	if c.Parallelism == 0 {
		c.Parallelism = min(runtime.GOMAXPROCS(0), maxParallel)
	}
	require(c.Parallelism > 0, "Parallelism is negative")
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &Importer{Config: c, previews: new(slots), previewTime: defaultPreviewTime}, nil
}

// now is the time that is stored: UTC, to the millisecond.
func (i *Importer) now() time.Time { return i.Now().UTC().Truncate(time.Millisecond) }

// tell publishes a change of status once the transaction in ctx is committed. A final one is announced in it, so that
// other replicas hear of it even where this process dies in between.
func (i *Importer) tell(ctx context.Context, organizationID, importID string, final bool) error {
	change := event.Change{Kind: event.Import, OrganizationID: organizationID, ID: importID, Final: final}
	if final {
		if err := i.Bus.Announce(ctx, change); err != nil {
			return fmt.Errorf("announce change: %w", err)
		}
	}
	database.AfterCommit(ctx, func() { i.Bus.Publish(change) })
	return nil
}

// tellProgress publishes a change of counts once the transaction in ctx is committed.
func (i *Importer) tellProgress(ctx context.Context, organizationID, importID string) {
	change := event.Change{Kind: event.Import, OrganizationID: organizationID, ID: importID, Progress: true}
	database.AfterCommit(ctx, func() { i.Bus.Publish(change) })
}

// asWorker is ctx with this package asking for one organization.
func asWorker(ctx context.Context, organizationID string) context.Context {
	return viewer.NewContext(ctx, viewer.Worker("importer", organizationID))
}
