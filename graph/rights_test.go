package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/viewer"
)

const watchImports = `subscription { importStatusChanged { id status } }`

// watching is a world that reads the rights of who is connected often.
func watching(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	each(t, false, f, func(w *world) { w.rightsInterval = 20 * time.Millisecond })
}

func TestRightsTakenAwayEndWhatIsOpen(t *testing.T) {
	t.Parallel()
	watching(t, func(t *testing.T, w *world) {
		open := func(v viewer.Viewer) (socket, <-chan answer) {
			s := w.socket(t, v)
			s.send(object{"id": "1", "type": "subscribe", "payload": object{"query": watchImports}})
			return s, w.subscribe(v, watchImports, nil)
		}
		ended := func(s socket, stream <-chan answer, code int) {
			t.Helper()
			require.EqualValues(t, code, s.closed())
			for message := range stream { // to its end
				require.Empty(t, message.Errors)
			}
		}
		_, secret := w.createToken(w.owner, object{"name": "robot", "role": "MANAGER"})
		robot := w.dial(t)
		robot.send(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + secret}})
		require.Equal(t, "connection_ack", robot.read()["type"])
		revokedID, revoked := w.createToken(w.owner, object{"name": "revoked", "role": "VIEWER"})
		gone := w.dial(t)
		gone.send(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + revoked}})
		require.Equal(t, "connection_ack", gone.read()["type"])

		stays, heard := open(w.manager)
		leaver, leaverHeard := open(w.otherGroup)
		member, memberHeard := open(w.collector)
		promoted, promotedHeard := open(w.reader)

		w.must(w.owner, revokeToken, object{"id": revokedID})
		require.EqualValues(t, 4403, gone.closed())
		w.system(func(ctx context.Context) {
			w.db.Client().GroupMembership.Update().Where(groupmembership.UserID(w.otherGroup.UserID)).SetEndedAt(time.Now()).ExecX(ctx)
		})
		ended(leaver, leaverHeard, 4403)
		w.system(func(ctx context.Context) {
			w.db.Client().Membership.Update().Where(membership.UserID(w.collector.UserID)).SetEndedAt(time.Now()).ExecX(ctx)
		})
		ended(member, memberHeard, 4403)
		role := func(v viewer.Viewer, role viewer.Role) {
			w.system(func(ctx context.Context) {
				w.db.Client().Membership.Update().Where(membership.UserID(v.UserID)).SetRole(role).ExecX(ctx)
			})
		}
		role(w.reader, viewer.RoleManager)
		ended(promoted, promotedHeard, 1012)
		role(w.owner, viewer.RoleManager)
		robot.send(object{"id": "1", "type": "subscribe", "payload": object{"query": `{ viewer { role } }`}})
		require.Equal(t, object{"viewer": object{"role": "MANAGER"}}, robot.read()["payload"].(object)["data"],
			"its maker may still do what it may")
		require.Equal(t, "complete", robot.read()["type"])
		role(w.owner, viewer.RoleViewer)
		require.EqualValues(t, 1012, robot.closed())

		// Who lost nothing goes on.
		id := w.pending()
		require.Equal(t, id, stays.read()["payload"].(object)["data"].(object)["importStatusChanged"].(object)["id"])
		require.Equal(t, id, receive(t, heard).at("importStatusChanged", "id"))
	})
}

// A database that is away takes nobody's rights; what was taken away meanwhile ends what is open when it is back.
func TestWithoutTheDatabaseWhatIsOpenStays(t *testing.T) {
	t.Parallel()
	watching(t, func(t *testing.T, w *world) {
		s := w.socket(t, w.reader)
		w.renewing.Store(false)
		require.Eventually(t, func() bool {
			return strings.Contains(w.log.String(), "could not read the rights behind open connections")
		}, 20*time.Second, 5*time.Millisecond)
		s.send(object{"id": "1", "type": "subscribe", "payload": object{"query": `{ viewer { role } }`}})
		require.Equal(t, "next", s.read()["type"])
		require.Equal(t, "complete", s.read()["type"])
		w.system(func(ctx context.Context) {
			w.db.Client().Membership.Update().Where(membership.UserID(w.reader.UserID)).SetEndedAt(time.Now()).ExecX(ctx)
		})
		w.renewing.Store(true)
		require.EqualValues(t, 4403, s.closed())
	})
}
