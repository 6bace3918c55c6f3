package queue

import (
	"context"
	"fmt"

	"github.com/lib/pq"
)

// A process on PostgreSQL that works jobs shows that it lives by an advisory lock on the connection that listens: the
// server lets go of it when the process dies, however it dies. River marks a job with the client that runs it.

const (
	// aliveLock is the class of these locks; the other half is the hash of the client's id.
	aliveLock = 0x72697672 // “rivr”
	// unseen is how long a job must have been running before a client without a lock counts as dead, so that a connection
	// that was lost is made again meanwhile. A job that is taken from a living one is worked twice, which is harmless.
	unseen = "10 seconds"
)

// showAlive is the statement that takes the lock.
func showAlive(client string) string {
	return fmt.Sprintf("SELECT pg_advisory_lock_shared(%d, hashtext(%s))", aliveLock, pq.QuoteLiteral(client))
}

// reclaim makes the jobs of processes that died available again. Imports among them turn out to be nothing to do: their
// leases decide who runs them, and Runner.Recover gives them other jobs.
func (q *Queue) reclaim(ctx context.Context) error {
	result, err := q.db.Writer().ExecContext(ctx, fmt.Sprintf(`
		UPDATE %s.river_job SET state = 'available'
		WHERE state = 'running' AND attempted_at < now() - interval '%s' AND NOT EXISTS (
			SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
			WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %d AND l.objsubid = 2
				AND l.objid::bigint = hashtext(attempted_by[cardinality(attempted_by)])::bigint & 4294967295)`,
		q.schema, unseen, aliveLock))
	if err != nil {
		return fmt.Errorf("reclaim jobs of dead processes: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		q.log.WarnContext(ctx, "a process died while it was working jobs; they are worked again", "jobs", n)
	}
	return nil
}
