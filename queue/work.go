package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

type importArgs struct {
	OrganizationID string `json:"organizationId"`
	ImportID       string `json:"importId"`
}

// Kind names the job in the database.
func (importArgs) Kind() string { return "import" }

type checkArgs struct {
	OrganizationID string `json:"organizationId"`
	HistoryID      int64  `json:"historyId"`
}

// Kind names the job in the database.
func (checkArgs) Kind() string { return "check" }

type eraseArgs struct {
	OrganizationID string   `json:"organizationId"`
	Keys           []string `json:"keys"`
}

// Kind names the job in the database.
func (eraseArgs) Kind() string { return "erase" }

type importWorker struct {
	river.WorkerDefaults[importArgs]
	queue *Queue
}

// Timeout is none: a large file may take long. River then never rescues the job either; Runner.Recover does.
func (*importWorker) Timeout(*river.Job[importArgs]) time.Duration { return -1 }

func (w *importWorker) Work(ctx context.Context, job *river.Job[importArgs]) error {
	return w.queue.work(ctx, job.ID, func() error {
		if err := w.queue.runner.Run(ctx, job.Args.OrganizationID, job.Args.ImportID); err != nil {
			return err
		}
		return w.queue.leave(ctx, job.Args.OrganizationID, job.Args.ImportID)
	})
}

type checkWorker struct {
	river.WorkerDefaults[checkArgs]
	queue *Queue
}

func (w *checkWorker) Work(ctx context.Context, job *river.Job[checkArgs]) error {
	return w.queue.work(ctx, job.ID, func() error {
		return w.queue.checker.Check(ctx, job.Args.OrganizationID, job.Args.HistoryID)
	})
}

type eraseWorker struct {
	river.WorkerDefaults[eraseArgs]
	queue *Queue
}

func (w *eraseWorker) Work(ctx context.Context, job *river.Job[eraseArgs]) error {
	return w.queue.work(ctx, job.ID, func() error {
		return w.queue.checker.Erase(ctx, job.Args.OrganizationID, job.Args.Keys)
	})
}

// panicError is a panic of what a job called. It is caught here, because River would log it once more than we do.
type panicError struct {
	value any
	stack string
}

// Error tells the value, without the stack.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func caught(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, string(debug.Stack())}
		}
	}()
	return f()
}

// work does a job, and says in River's words what became of it.
func (q *Queue) work(ctx context.Context, job int64, do func() error) error {
	q.busy.begin(job)
	defer q.busy.end(job)
	err := caught(do)
	var delay Delay
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && q.ending.Load():
		return river.JobSnooze(0) // the next process does it
	case errors.As(err, &delay):
		return river.JobSnooze(max(delay.RetryAfter(), 0))
	}
	return err
}

// retryPolicy is when a job comes again after an error.
type retryPolicy struct{ delay func(n int) time.Duration }

func newRetryPolicy(delay func(n int) time.Duration) *retryPolicy {
	if delay == nil {
		delay = func(n int) time.Duration {
			return min(time.Second<<min(n-1, 10), 10*time.Minute)
		}
	}
	return &retryPolicy{delay}
}

// NextRetry implements river.ClientRetryPolicy. It goes by the errors, for an interrupted attempt is none.
func (p *retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(p.delay(len(job.Errors) + 1))
}

// errorLog writes one line per error of a job.
type errorLog struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (e *errorLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	message := "a job failed and will be tried again"
	if job.Attempt >= job.MaxAttempts {
		message = "a job failed for the last time"
	}
	args := []any{"kind", job.Kind, "args", string(job.EncodedArgs), "attempt", job.Attempt, "error", err}
	e.log.ErrorContext(ctx, message, append(args, stackOf(err)...)...)
	return nil
}

// stackOf is what a log says of a panic besides.
func stackOf(err error) []any {
	if caught := (*panicError)(nil); errors.As(err, &caught) {
		return []any{"stack", caught.stack}
	}
	return nil
}

// HandlePanic implements river.ErrorHandler. Workers let no panic through.
func (*errorLog) HandlePanic(context.Context, *rivertype.JobRow, any, string) *river.ErrorHandlerResult {
	return nil
}
