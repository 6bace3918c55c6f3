package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// Imports take turns, so that one organization's thousand do not delay another's first. Each that may run has a row in
// import_turns. A few rows of an organization have a lane: a job of River's. The others wait, in the order of their ids,
// which is that of their creation; whoever leaves the line has the next ones enqueued in the same transaction.
//
// All changes to an organization's line are made under its lock, so that two that leave at once neither pass over an
// import nor enqueue one twice. Whatever happens to a process, a row is left: with a job, or in line; tidy finds what
// has neither a job nor somebody before it.

const (
	// turnLock is the class of the locks of lines on PostgreSQL; the other half is the hash of the organization's id.
	turnLock = 0x7475726e // “turn”
	// leaveTime is how long a stopping worker tries to leave the line; after that the job, when it is worked again, does.
	leaveTime = 5 * time.Second
	// lostAfter is how many sweeps an import may have a lane before its job is looked for.
	lostAfter = 20
)

// EnqueueImport asks, in the caller's open Do, for an import to be run: at once where its organization has a lane for it,
// or else in its turn. The job, or the place in line, exists when that commits. For an import that had a job already it
// makes another one, since the worker of the first may have died.
func (q *Queue) EnqueueImport(ctx context.Context, organizationID, importID string) error {
	if err := q.lockLine(ctx, organizationID); err != nil {
		return err
	}
	enqueued, err := q.ids(ctx, fmt.Sprintf(`INSERT INTO import_turns (import_id, organization_id, enqueued_at)
		VALUES ($1, CAST($2 AS text), CASE WHEN (SELECT count(*) FROM import_turns
			WHERE organization_id = $2 AND enqueued_at IS NOT NULL) < %d
			THEN CURRENT_TIMESTAMP END)
		ON CONFLICT (import_id) DO UPDATE SET enqueued_at = CASE WHEN import_turns.enqueued_at IS NULL
			THEN excluded.enqueued_at ELSE CURRENT_TIMESTAMP END
		RETURNING CASE WHEN enqueued_at IS NULL THEN '' ELSE import_id END`, q.lanes), importID, organizationID)
	if err != nil {
		return fmt.Errorf("stand in line: %w", err)
	}
	return q.enqueueImports(ctx, organizationID, enqueued)
}

// leave ends an import's turn, when Run had nothing more to do for it, although ctx may have ended. One that another
// worker has, which its lease tells, keeps its lane.
func (q *Queue) leave(ctx context.Context, organizationID, importID string) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer stop()
	return q.db.Do(ctx, "leave the line", func(ctx context.Context) error {
		if err := q.lockLine(ctx, organizationID); err != nil {
			return err
		}
		_, err := q.db.ExecContext(ctx, `DELETE FROM import_turns WHERE import_id = $1
			AND NOT EXISTS (SELECT 1 FROM import_leases WHERE import_leases.import_id = import_turns.import_id)`, importID)
		if err != nil {
			return err
		}
		return q.advance(ctx, organizationID)
	})
}

// advance gives an organization's free lanes to those who wait longest. The caller has locked the line.
func (q *Queue) advance(ctx context.Context, organizationID string) error {
	next, err := q.ids(ctx, fmt.Sprintf(`UPDATE import_turns SET enqueued_at = CURRENT_TIMESTAMP WHERE import_id IN (
			SELECT import_id FROM import_turns WHERE organization_id = $1 AND enqueued_at IS NULL ORDER BY import_id
			LIMIT (SELECT CASE WHEN count(*) < %[1]d THEN %[1]d - count(*) ELSE 0 END FROM import_turns
				WHERE organization_id = $1 AND enqueued_at IS NOT NULL))
		RETURNING import_id`, q.lanes), organizationID)
	if err != nil {
		return fmt.Errorf("advance the line: %w", err)
	}
	return q.enqueueImports(ctx, organizationID, next)
}

func (q *Queue) enqueueImports(ctx context.Context, organizationID string, importIDs []string) error {
	for _, id := range importIDs {
		if id == "" {
			continue
		}
		if err := q.enqueue(ctx, importQueue, importArgs{OrganizationID: organizationID, ImportID: id}); err != nil {
			return err
		}
	}
	return nil
}

// lockLine holds an organization's line until the end of the transaction. It is the last lock that a transaction takes.
// SQLite has one writer anyway.
func (q *Queue) lockLine(ctx context.Context, organizationID string) error {
	if q.db.Dialect() != dialect.Postgres {
		return nil
	}
	_, err := q.db.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d, hashtext($1))", turnLock), organizationID)
	if err != nil {
		return fmt.Errorf("lock the line: %w", err)
	}
	return nil
}

// ids runs a statement that gives texts.
func (q *Queue) ids(ctx context.Context, statement string, args ...any) (all []string, err error) {
	rows, err := q.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, rows.Err()
}

// tidy finds lines that have stopped although a lane is free, and imports with a lane whose job is gone. Neither should
// be, but one that waits for ever is worse than a look every few seconds.
func (q *Queue) tidy(ctx context.Context) error {
	var stopped, lost []string
	err := q.db.Read(ctx, func(ctx context.Context) (err error) {
		if stopped, err = q.ids(ctx, fmt.Sprintf(`SELECT organization_id FROM import_turns GROUP BY organization_id
			HAVING count(*) > count(enqueued_at) AND count(enqueued_at) < %d`, q.lanes)); err != nil {
			return err
		}
		if time.Since(q.looked) < lostAfter*q.recoverEvery {
			return nil
		}
		lost, err = q.ids(ctx, `SELECT organization_id || ' ' || import_id FROM import_turns WHERE enqueued_at < $1
			AND import_id NOT IN (SELECT args ->> 'importId' FROM `+q.table("river_job")+` WHERE kind = 'import'
				AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled') AND args ->> 'importId' IS NOT NULL)`,
			time.Now().Add(-lostAfter*q.recoverEvery))
		q.looked = time.Now()
		return err
	})
	if err != nil {
		return err
	}
	for _, organizationID := range stopped {
		err = errors.Join(err, q.db.Do(ctx, "advance the line", func(ctx context.Context) error {
			if err := q.lockLine(ctx, organizationID); err != nil {
				return err
			}
			return q.advance(ctx, organizationID)
		}))
	}
	for _, one := range lost {
		organizationID, importID, _ := strings.Cut(one, " ")
		q.log.WarnContext(ctx, "an import had lost its job; it is enqueued again", "import_id", importID)
		err = errors.Join(err, q.db.Do(ctx, "enqueue again", func(ctx context.Context) error {
			return q.EnqueueImport(ctx, organizationID, importID)
		}))
	}
	return err
}
