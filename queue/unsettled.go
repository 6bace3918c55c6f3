package queue

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
)

// settling is how long River tries to write down what became of a job, at the very most; with the database away for
// longer it gives up, and the job stands there as running although nobody works it.
const settling = time.Minute

// busy knows which jobs this process works, and which it has worked a moment ago.
type busy struct {
	mu   sync.Mutex
	jobs map[int64]time.Time // when they ended; zero while they run
}

func (b *busy) begin(job int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.jobs == nil {
		b.jobs = map[int64]time.Time{}
	}
	b.jobs[job] = time.Time{}
}

func (b *busy) end(job int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs[job] = time.Now()
}

// list gives them, and forgets those that ended long enough ago.
func (b *busy) list() (jobs []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for job, ended := range b.jobs {
		if !ended.IsZero() && time.Since(ended) > settling {
			delete(b.jobs, job)
			continue
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// resume makes jobs available again that stand as running by this process, which does not work them.
func (q *Queue) resume(ctx context.Context) error {
	by := "json_extract(attempted_by, '$[#-1]')"
	if q.db.Dialect() == dialect.Postgres {
		by = "attempted_by[cardinality(attempted_by)]"
	}
	before := time.Now().Add(-settling) // of this process's clock, as what it lists
	jobs := q.busy.list()
	var stuck []string
	err := q.db.Read(ctx, func(ctx context.Context) (err error) {
		stuck, err = q.ids(ctx, "SELECT CAST(id AS text) FROM "+q.table("river_job")+
			" WHERE state = 'running' AND attempted_at < $1 AND "+by+" = $2", before, q.id)
		return err
	})
	if err != nil {
		return err
	}
	stuck = slices.DeleteFunc(stuck, func(id string) bool {
		return slices.ContainsFunc(jobs, func(job int64) bool { return strconv.FormatInt(job, 10) == id })
	})
	if len(stuck) == 0 {
		return nil
	}
	q.log.WarnContext(ctx, "what became of jobs could not be written down; they are worked again", "jobs", len(stuck))
	return q.db.Do(ctx, "resume jobs", func(ctx context.Context) error {
		_, err := q.db.ExecContext(ctx, "UPDATE "+q.table("river_job")+" SET state = 'available' WHERE state = 'running' "+
			"AND attempted_at < $1 AND id IN ("+strings.Join(stuck, ", ")+")", before)
		return err
	})
}
