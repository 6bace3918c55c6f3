package event_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/event"
)

func TestAChangeReachesItsOrganizationAndKindOnly(t *testing.T) {
	t.Parallel()
	var bus event.Bus
	mine := bus.Subscribe("org-a", event.Import)
	other := bus.Subscribe("org-b", event.Import)
	uploads := bus.Subscribe("org-a", event.UploadHistory)

	bus.Publish(event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1"})

	got, err := mine.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1"}}, got)
	require.Empty(t, other.Take())
	require.Empty(t, uploads.Take())
}

func TestChangesOfOneThingBecomeOneAndAStatusIsNeverLost(t *testing.T) {
	t.Parallel()
	var bus event.Bus
	s := bus.Subscribe("org-a", event.Import)
	change := event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1", Progress: true}
	bus.Publish(change, change)
	change.Progress = false
	bus.Publish(change)
	change.Progress = true
	bus.Publish(change)

	got := s.Take()
	require.Len(t, got, 1)
	require.False(t, got[0].Progress)
	require.False(t, got[0].Final)
	require.Empty(t, s.Take())

	bus.Publish(change, event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1", Final: true}, change)
	got = s.Take()
	require.Len(t, got, 1)
	require.False(t, got[0].Progress)
	require.True(t, got[0].Final)
}

func TestWakeAllMakesEverySubscriptionLookAgain(t *testing.T) {
	t.Parallel()
	var bus event.Bus
	imports, uploads := bus.Subscribe("org-a", event.Import), bus.Subscribe("org-b", event.UploadHistory)
	one := event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1"}
	bus.Publish(one)
	bus.WakeAll()
	bus.WakeAll()
	require.Equal(t, []event.Change{one, {Kind: event.Import, OrganizationID: "org-a"}}, imports.Take())
	require.Equal(t, []event.Change{{Kind: event.UploadHistory, OrganizationID: "org-b"}}, uploads.Take())
}

func TestNothingIsPublishedByAnAnnouncement(t *testing.T) {
	t.Parallel()
	var bus event.Bus
	s := bus.Subscribe("org-a", event.Import)
	require.NoError(t, bus.Announce(t.Context(), event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-1"}))
	require.Empty(t, s.Take())
}

func TestAClosedSubscriptionHearsNothingAndPublishersNeverWait(t *testing.T) {
	t.Parallel()
	var bus event.Bus
	s := bus.Subscribe("org-a", event.Import)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				bus.Publish(event.Change{Kind: event.Import, OrganizationID: "org-a", ID: fmt.Sprint(g, i%10)})
			}
		})
	}
	wg.Wait()
	require.Len(t, s.Take(), 80)
	s.Close()
	s.Close()
	bus.Publish(event.Change{Kind: event.Import, OrganizationID: "org-a", ID: "imp-2"})
	require.Empty(t, s.Take())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
