package upload_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/refusal"
	"entrepot/upload"
	"entrepot/viewer"
)

// TestOnlyTheGroupReadsItsHistories asks every query as people of every kind.
func TestOnlyTheGroupReadsItsHistories(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.put(t, asAda(t), "a.csv", "a\n1\n"))
	h.check(t, stored)
	newest := upload.HistoryOrder{By: upload.ByCreatedAt, Descending: true}
	for name, c := range map[string]struct {
		v    viewer.Viewer
		code refusal.Code // of what names the history; the list is empty then, or refused too
	}{
		"its group": {viewer.Viewer{UserID: ada, OrganizationID: org, GroupID: group, Role: viewer.RoleViewer}, ""},
		"another group": {
			viewer.Viewer{UserID: bob, OrganizationID: org, GroupID: nextGroup, Role: viewer.RoleOwner}, refusal.NotFound,
		},
		"another organization": {
			viewer.Viewer{UserID: eve, OrganizationID: otherOrg, GroupID: otherGroup, Role: viewer.RoleOwner}, refusal.NotFound,
		},
		"no group": {viewer.Viewer{UserID: ada, OrganizationID: org, Role: viewer.RoleOwner}, refusal.GroupRequired},
		"no role":  {viewer.Viewer{UserID: ada, OrganizationID: org, GroupID: group}, refusal.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := viewer.NewContext(t.Context(), c.v)
			_, historyErr := h.History(ctx, stored.ID)
			_, _, downloadErr := h.Download(ctx, stored.ID)
			_, errorsErr := h.RowErrors(ctx, stored.ID, upload.Part{Limit: 1})
			_, _, fileErr := h.RowErrorsFile(ctx, stored.ID)
			list, total, listErr := h.Histories(ctx, upload.HistoryFilter{}, newest, upload.Part{Limit: 100})
			for _, err := range []error{historyErr, downloadErr, errorsErr, fileErr} {
				if c.code == "" {
					require.NoError(t, err)
					continue
				}
				refusals, ok := refusal.From(err)
				require.True(t, ok, err)
				require.Equal(t, c.code, refusals[0].Code)
			}
			if c.code == "" || c.code == refusal.NotFound {
				require.NoError(t, listErr)
			} else {
				refusals, _ := refusal.From(listErr)
				require.Equal(t, c.code, refusals[0].Code)
			}
			if c.code == "" {
				require.Equal(t, 1, total)
				require.Equal(t, stored.ID, list[0].ID)
				require.NotNil(t, list[0].Edges.User)
				require.NotNil(t, list[0].Edges.Group)
			} else {
				require.Zero(t, total)
				require.Empty(t, list)
			}
		})
	}
	_, err := h.History(t.Context(), stored.ID) // nobody
	_, ok := refusal.From(err)
	require.True(t, ok)
}
