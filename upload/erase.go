package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entrepot/storage"
)

const (
	// keysPerJob bounds what one job erases.
	keysPerJob = 200
	// A job that cannot erase comes again after firstErase, then a little later each time, up to lastErase.
	firstErase, lastErase = 5 * time.Second, 10 * time.Minute
)

// enqueueErase has objects deleted once the transaction is committed.
func (u *Uploads) enqueueErase(ctx context.Context, organizationID string, keys []string) error {
	for len(keys) > 0 {
		some := keys[:min(keysPerJob, len(keys))]
		keys = keys[len(some):]
		if err := u.queue.EnqueueErase(ctx, organizationID, some); err != nil {
			return fmt.Errorf("enqueue erasure: %w", err)
		}
	}
	return nil
}

// Erase is the background job that deletes objects of an organization for good. It may be called any number of times; what
// is not there any more is nothing to do. A *RetryError means that the bucket could not be reached or refused, which is
// logged once by each process.
func (u *Uploads) Erase(ctx context.Context, organizationID string, keys []string) error {
	for _, key := range keys {
		if !strings.HasPrefix(key, organizationID+"/") {
			return fmt.Errorf("erase objects: %q is not the organization's", key)
		}
		err := u.bucket.Delete(ctx, key)
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if ctx.Err() != nil {
			return fmt.Errorf("erase objects: %w", context.Cause(ctx))
		}
		after, tries := u.eraseAgain(keys[0])
		if tries == 1 {
			u.log.ErrorContext(ctx, "an object could not be erased; it is tried until it can be",
				"organization", organizationID, "key", key, "error", err)
		}
		return &RetryError{After: after, Err: fmt.Errorf("erase objects: %w", err)}
	}
	if len(keys) > 0 {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.erasures, keys[0])
	}
	return nil
}

// eraseAgain counts a failure of a job, known by its first key, and says when to try again.
func (u *Uploads) eraseAgain(first string) (after time.Duration, tries int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.erasures[first]++
	tries = u.erasures[first]
	return min(firstErase<<min(tries-1, 10), lastErase), tries
}
