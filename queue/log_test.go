package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/queue"
)

func TestADatabaseThatIsAwayDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *queue.Config) { c.Alone, c.RecoverEvery = false, 50*time.Millisecond })
	sweeps := make(chan struct{})
	b.start(t, &work{recover: func(ctx context.Context, _ bool) error {
		select {
		case sweeps <- struct{}{}:
		case <-ctx.Done():
		}
		return errors.New("the database is away")
	}})
	receive(t, sweeps)
	require.NoError(t, b.db.Close())
	for range 30 { // River has asked for jobs several times meanwhile
		receive(t, sweeps)
	}
	require.NoError(t, b.Stop(t.Context()))
	for _, message := range []string{"could not look for imports of dead workers", "Error fetching jobs"} {
		require.Equal(t, 1, strings.Count(b.log.String(), message), "%s\n%s", message, b.log.String())
	}
}
