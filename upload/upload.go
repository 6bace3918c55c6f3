// Package upload is the life of an uploaded file: it issues the signed URL that the client sends the bytes to (Create),
// records the file (Store), checks it in the background (Check), checks it again (Revalidate), gives it back (Original),
// and erases it (Delete), as it does what was kept long enough and what nobody asked for (Sweep).
//
// graph, rest and queue call it, one function per command. Commands take the user and the group from the viewer in the
// context, answer with refusal.Errors what a person can put right, and have then written nothing. Files are read and
// computed upon outside of transactions; changes of status are guarded, so two checks of one history do no harm. What is
// to be erased is out of everybody's reach with the commit that says so; its objects are deleted by a job of that commit
// (Erase), however often it takes. Changes are told to the bus after their commit.
//
// It may import ent, viewer, prefixid, definition, refusal, database, storage, event, and tabular for the check; never
// queue, which implements Enqueuer, nor graph or rest.
package upload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/event"
	"entrepot/prefixid"
	"entrepot/storage"
	"entrepot/viewer"
)

// Enqueuer adds background jobs inside the transaction that the context carries: they exist when it commits.
type Enqueuer interface {
	// EnqueueCheck adds the job that calls Check.
	EnqueueCheck(ctx context.Context, organizationID string, historyID int64) error
	// EnqueueImport adds the job that runs an import.
	EnqueueImport(ctx context.Context, organizationID, importID string) error
	// EnqueueErase adds the job that calls Erase.
	EnqueueErase(ctx context.Context, organizationID string, keys []string) error
}

// Publisher tells everybody who listens of changes: *event.Bus in one process, the relay of event/postgres where there
// are several.
type Publisher interface {
	// Announce is called in the open transaction that makes the changes, Publish after its commit.
	Announce(ctx context.Context, changes ...event.Change) error
	Publish(changes ...event.Change)
}

// Config is what New needs. DB, Bucket, Queue and Bus are required.
type Config struct {
	DB     *database.DB
	Bucket *storage.Bucket
	Queue  Enqueuer
	Bus    Publisher
	// Limits bound what a file may be; the zero value means definition.DefaultLimits.
	Limits definition.Limits
	// Retention is how long Sweep leaves things; the zero value means for good.
	Retention Retention
	// TempDir is the folder for what a file needs beside memory, such as the parts of a workbook; it is removed when the
	// check ends, however it does. Empty is the system's own.
	TempDir string
	// Logger takes the causes of checks that could not read the bucket; nil means slog.Default.
	Logger *slog.Logger
	// Now is the clock of what is stored, and of Sweep; nil means time.Now.
	Now func() time.Time
}

// Uploads carries out the commands. Its methods may be called from any goroutine.
type Uploads struct {
	db     *database.DB
	bucket *storage.Bucket
	queue  Enqueuer
	bus    Publisher
	limits definition.Limits
	log    *slog.Logger
	now    func() time.Time

	retention Retention
	tempDir   string

	mu       sync.Mutex
	tries    map[int64]int  // how often this process failed to read the file of a history from the bucket
	erasures map[string]int // how often this process failed to erase what a job names, by its first key
}

// maxURLSeconds is how long buckets sign for at most.
const maxURLSeconds = 900

// New makes Uploads. Its error names everything that is missing.
func New(c Config) (*Uploads, error) {
	var missing []error
	for _, required := range []struct {
		name string
		set  bool
	}{
		{"DB", c.DB != nil}, {"Bucket", c.Bucket != nil}, {"Queue", c.Queue != nil}, {"Bus", c.Bus != nil},
	} {
		if !required.set {
			missing = append(missing, fmt.Errorf("upload: Config.%s is missing", required.name))
		}
	}
	if c.Limits == (definition.Limits{}) {
		c.Limits = definition.DefaultLimits()
	}
	if c.Limits.MaxFileBytes <= 0 || c.Limits.UploadURLSeconds <= 0 || c.Limits.UploadURLSeconds > maxURLSeconds {
		missing = append(missing, errors.New("upload: Config.Limits needs MaxFileBytes above 0 and UploadURLSeconds of 1 to 900"))
	}
	if c.Retention.Files < 0 || c.Retention.RowErrors < 0 || c.Retention.Results < 0 {
		missing = append(missing, errors.New("upload: Config.Retention must not be negative"))
	}
	if err := errors.Join(missing...); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Uploads{
		db: c.DB, bucket: c.Bucket, queue: c.Queue, bus: c.Bus, limits: c.Limits, log: c.Logger, now: c.Now,
		retention: c.Retention, tempDir: c.TempDir, tries: map[int64]int{}, erasures: map[string]int{},
	}, nil
}

// RetryError says that a job could not be done now, and when to try again. Nothing is lost.
type RetryError struct {
	After time.Duration
	Err   error
}

// Error tells why and when.
func (e *RetryError) Error() string { return fmt.Sprintf("try again in %s: %v", e.After, e.Err) }

// Unwrap gives the reason.
func (e *RetryError) Unwrap() error { return e.Err }

// RetryAfter is how long to wait.
func (e *RetryError) RetryAfter() time.Duration { return e.After }

// publish tells of a history's new state once the transaction in ctx is committed. A final one is announced in it, so
// that other replicas hear of it even where this process dies in between.
func (u *Uploads) publish(ctx context.Context, organizationID string, historyID int64, final bool) error {
	change := event.Change{
		Kind:           event.UploadHistory,
		OrganizationID: organizationID,
		ID:             prefixid.FromNumber(prefixid.UploadHistory, historyID),
		Final:          final,
	}
	if final {
		if err := u.bus.Announce(ctx, change); err != nil {
			return fmt.Errorf("announce change: %w", err)
		}
	}
	database.AfterCommit(ctx, func() { u.bus.Publish(change) })
	return nil
}

// moment is the time that is stored: UTC, to the millisecond.
func (u *Uploads) moment() time.Time { return u.now().UTC().Truncate(time.Millisecond) }

// asWorker is ctx with this package asking for one organization, where a person's rights do not reach.
func asWorker(ctx context.Context, organizationID string) context.Context {
	return viewer.NewContext(ctx, viewer.Worker("upload", organizationID))
}

// day is a date in a message.
func day(at time.Time) string { return at.UTC().Format("2006-01-02") }
