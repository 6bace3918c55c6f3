package importer_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/event"
	"entrepot/importer"
)

// publisher writes down what it is told, in order, and may refuse announcements.
type publisher struct {
	mu    sync.Mutex
	told  []string
	fails error
}

func (p *publisher) Announce(ctx context.Context, changes ...event.Change) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if database.Tx(ctx) == nil {
		return errors.New("announced outside a transaction")
	}
	for _, c := range changes {
		p.told = append(p.told, "announced "+describe(c))
	}
	return p.fails
}

func (p *publisher) Publish(changes ...event.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range changes {
		p.told = append(p.told, "published "+describe(c))
	}
}

func (p *publisher) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := p.told
	p.told = nil
	return told
}

func describe(c event.Change) string {
	switch {
	case c.Final:
		return "final"
	case c.Progress:
		return "progress"
	}
	return "status"
}

func TestFinalStatesAreAnnouncedInTheirTransactionAndOthersAreNot(t *testing.T) {
	t.Parallel()
	told := &publisher{}
	w := newWorld(t, func(c *importer.Config) { c.Bus = told })
	final := []string{"announced final", "published final"}
	content := "site,date,reading\nA,2024-01-02,1\n"
	definitionID := w.define(readings())

	run := w.start(w.upload(content), definitionID)
	require.Equal(t, []string{"published status"}, told.take())
	w.run(run.ID)
	require.Equal(t, append([]string{"published status"}, final...), told.take())

	run = w.start(w.upload(content), definitionID)
	told.take()
	_, err := w.Cancel(w.collector(), run.ID, nil)
	require.NoError(t, err)
	require.Equal(t, final, told.take())

	// Where it cannot be announced it has not happened.
	told.fails = errors.New("the database is away")
	run = w.start(w.upload(content), definitionID)
	told.take()
	_, err = w.Cancel(w.collector(), run.ID, nil)
	require.ErrorIs(t, err, told.fails)
	require.Equal(t, []string{"announced final"}, told.take())
	require.Equal(t, definition.ImportPending, w.get(run.ID).Status)
}
