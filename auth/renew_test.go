package auth_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// Whoever has stayed is, after each change, who would come with the same token now.
func TestWhoStaysIsWhoWouldComeNow(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		made, robot := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, nil)
		_, placeless := b.apiToken(t, b.olgaIn(""), viewer.RoleCollector, nil)
		_, kept := b.apiToken(t, b.olgaIn(b.groupA2), viewer.RoleViewer, nil)
		tokens := map[string]string{
			"ada": b.token(t, auth.Identity{b.ada, b.orgA, b.groupA1}), "nils": b.token(t, auth.Identity{b.nils, b.orgA, ""}),
			"olga in A1": b.token(t, auth.Identity{b.olga, b.orgA, b.groupA1}),
			"olga in A2": b.token(t, auth.Identity{b.olga, b.orgA, b.groupA2}),
			"robot":      robot, "robot without a group": placeless, "robot in A2": kept,
		}
		var names []string
		var before []viewer.Viewer
		for name, token := range tokens {
			v, err := b.Viewer(t.Context(), token, "", "")
			require.NoError(t, err)
			names, before = append(names, name), append(before, v)
		}
		agree := func(changed ...string) {
			t.Helper()
			now, err := b.Renewed(t.Context(), b.orgA, before)
			require.NoError(t, err)
			var differ []string
			for i, name := range names {
				want, err := b.Viewer(t.Context(), tokens[name], "", "")
				if err != nil {
					require.ErrorIs(t, err, auth.ErrUnauthenticated)
				}
				require.Equal(t, want, now[i], name)
				if now[i] != before[i] {
					differ = append(differ, name)
				}
			}
			slices.Sort(differ)
			require.Equal(t, changed, differ)
		}
		agree()
		role := func(user string, role viewer.Role) {
			b.do(t, func(ctx context.Context) {
				b.db.Client().Membership.Update().Where(membership.UserID(user)).SetRole(role).ExecX(ctx)
			})
		}
		role(b.nils, viewer.RoleManager)
		agree("nils")
		role(b.nils, viewer.RoleViewer)
		agree()
		role(b.olga, viewer.RoleCollector)
		agree("olga in A1", "olga in A2", "robot")
		role(b.olga, viewer.RoleOwner)
		_, err := b.RevokeAPIToken(viewer.NewContext(t.Context(), b.olgaIn("")), made.ID)
		require.NoError(t, err)
		agree("robot")
		b.do(t, func(ctx context.Context) {
			b.db.Client().GroupMembership.Update().
				Where(groupmembership.UserID(b.olga), groupmembership.GroupID(b.groupA2)).SetEndedAt(noon).ExecX(ctx)
		})
		agree("olga in A2", "robot", "robot in A2")
		b.do(t, func(ctx context.Context) {
			b.db.Client().Membership.Update().Where(membership.UserIDIn(b.ada, b.olga)).SetEndedAt(noon).ExecX(ctx)
		})
		agree("ada", "olga in A1", "olga in A2", "robot", "robot in A2", "robot without a group")
	})
}

// What one organization's viewers may do is nothing of another's.
func TestRightsElsewhereDoNotCount(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		ada := viewer.Viewer{UserID: b.ada, OrganizationID: b.orgA, GroupID: b.groupA1, Role: viewer.RoleCollector}
		now, err := b.Renewed(t.Context(), b.orgB, []viewer.Viewer{ada, b.olgaIn(b.groupA1), {UserID: "user-none"}})
		require.NoError(t, err)
		require.Equal(t, make([]viewer.Viewer, 3), now)
	})
}

func TestManyAreRenewedInAFewStatements(t *testing.T) {
	t.Parallel()
	var statements atomic.Int64
	b := setupIn(t, testdb.New(t, testdb.OnStatement(func(context.Context, string) { statements.Add(1) })))
	many := make([]viewer.Viewer, 2500)
	for i := range many {
		many[i] = b.olgaIn(b.groupA1)
		many[i].ExpiresAt = noon.Add(time.Duration(i))
		if i%5 == 0 {
			many[i].GroupID = "grp-none"
		}
	}
	statements.Store(0)
	now, err := b.Renewed(t.Context(), b.orgA, many)
	require.NoError(t, err)
	require.EqualValues(t, 3*2, statements.Load(), "three times a thousand, without API tokens")
	for i := range many {
		if i%5 == 0 {
			many[i] = viewer.Viewer{}
		}
	}
	require.Equal(t, many, now)
}
