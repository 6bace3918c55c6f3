package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/ent"
	"entrepot/ent/apitoken"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/internal/testdb"
	"entrepot/refusal"
	"entrepot/viewer"
)

// olgaIn is the owner in a group of A, or in none.
func (b *bundle) olgaIn(group string) viewer.Viewer {
	return viewer.Viewer{UserID: b.olga, OrganizationID: b.orgA, GroupID: group, Role: viewer.RoleOwner}
}

func (b *bundle) apiToken(t testing.TB, as viewer.Viewer, role viewer.Role, expiresAt *time.Time) (*ent.APIToken, string) {
	t.Helper()
	made, secret, err := b.CreateAPIToken(viewer.NewContext(t.Context(), as), "robot", role, expiresAt)
	require.NoError(t, err)
	return made, secret
}

// lastUsed is what is written down about a token once that has ended which is under way.
func (b *bundle) lastUsed(t testing.TB, id string) (at *time.Time) {
	t.Helper()
	b.Settle()
	b.do(t, func(ctx context.Context) { at = b.db.Client().APIToken.GetX(ctx, id).LastUsedAt })
	return at
}

// eachKind runs a test on either database.
func eachKind(t *testing.T, f func(t *testing.T, b *bundle)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, setupIn(t, testdb.NewSQLite(t))) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, setupIn(t, testdb.NewPostgres(t))) })
}

func requireEnded(t testing.TB, b *bundle, secret string, about ...any) {
	t.Helper()
	v, err := b.Viewer(t.Context(), secret, "", "")
	require.ErrorIs(t, err, auth.ErrUnauthenticated, about...)
	require.ErrorContains(t, err, "unknown, revoked or expired", about...)
	require.Zero(t, v)
}

func TestAnAPITokenActsWhereItWasMade(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		for _, role := range []viewer.Role{viewer.RoleViewer, viewer.RoleCollector, viewer.RoleManager, viewer.RoleOwner} {
			for _, group := range []string{b.groupA1, b.groupA2, ""} {
				made, secret := b.apiToken(t, b.olgaIn(group), role, nil)
				require.Equal(t, b.olga, made.CreatedByID)
				want := b.olgaIn(group)
				want.Role, want.TokenID = role, made.ID
				for _, headers := range [][2]string{{"", ""}, {b.orgA, ""}, {b.orgA, group}, {"", group}} {
					v, err := b.Viewer(t.Context(), secret, headers[0], headers[1])
					require.NoError(t, err)
					require.Equal(t, want, v)
				}
				for _, headers := range [][2]string{
					{b.orgB, ""}, {"org-none", ""}, {"", b.groupB}, {b.orgB, b.groupB}, {b.orgA, "grp-none"}, {"org-system", ""},
				} {
					v, err := b.Viewer(t.Context(), secret, headers[0], headers[1])
					require.ErrorIs(t, err, auth.ErrUnauthenticated, headers)
					require.Zero(t, v)
				}
			}
		}
		_, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleOwner, nil)
		_, err := b.Viewer(t.Context(), secret, "", b.groupA2)
		require.ErrorIs(t, err, auth.ErrUnauthenticated, "a group of the maker's that is not the token's")
	})
}

func TestASecretIsKeptAsItsHashAlone(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		made, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
		require.Regexp(t, `^entrepot_[A-Za-z0-9_-]{43}$`, secret)
		_, other := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
		require.NotEqual(t, secret, other)
		hash := sha256.Sum256([]byte(secret))
		b.do(t, func(ctx context.Context) {
			stored := b.db.Client().APIToken.GetX(ctx, made.ID)
			require.Equal(t, hex.EncodeToString(hash[:]), stored.TokenHash)
		})
		for name, wrong := range map[string]string{
			"the prefix":       "entrepot_",
			"the hash":         hex.EncodeToString(hash[:]),
			"the hash, marked": "entrepot_" + hex.EncodeToString(hash[:])[:43],
			"one digit off":    secret[:len(secret)-1] + map[bool]string{true: "A", false: "E"}[secret[len(secret)-1] != 'A'],
			"shorter":          secret[:len(secret)-1],
			"longer":           secret + "A",
			"in capitals":      strings.ToUpper(secret),
			"zero":             secret[:len(secret)-1] + "\x00",
			"no text":          secret[:len(secret)-1] + "\xff",
			"huge":             "entrepot_" + strings.Repeat("a", 1<<20),
		} {
			_, err := b.Viewer(t.Context(), wrong, "", "")
			require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
		}
	})
}

func TestAnAPITokenExpires(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		ends := noon.Add(time.Hour)
		_, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, &ends)
		b.now = ends.Add(-time.Millisecond)
		v, err := b.Viewer(t.Context(), secret, "", "")
		require.NoError(t, err)
		require.True(t, ends.Equal(v.ExpiresAt), "sockets close then")
		b.now = ends
		requireEnded(t, b, secret)
	})
}

func TestARevokedAPITokenCountsNoMore(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		owner := viewer.NewContext(t.Context(), b.olgaIn(""))
		made, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, nil)
		_, kept := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, nil)
		b.now = noon.Add(time.Minute)
		revoked, err := b.RevokeAPIToken(owner, made.ID)
		require.NoError(t, err)
		require.True(t, b.now.Equal(*revoked.RevokedAt))
		requireEnded(t, b, secret)
		_, err = b.Viewer(t.Context(), kept, "", "")
		require.NoError(t, err)

		b.now = noon.Add(time.Hour)
		again, err := b.RevokeAPIToken(owner, made.ID)
		require.NoError(t, err)
		require.Equal(t, revoked.RevokedAt.UTC(), again.RevokedAt.UTC())

		elsewhere := viewer.NewContext(t.Context(), viewer.Viewer{UserID: b.ada, OrganizationID: b.orgB, Role: viewer.RoleOwner})
		var absent [2]string
		for i, id := range []string{made.ID, "tok-none"} {
			_, err := b.RevokeAPIToken(elsewhere, id)
			wrong, ok := refusal.From(err)
			require.True(t, ok)
			require.Equal(t, refusal.NotFound, wrong[0].Code)
			absent[i] = wrong.Error()
		}
		require.Equal(t, absent[0], absent[1])
	})
}

func TestAnAPITokenDoesNoMoreThanItsMakerNow(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		_, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, nil)
		_, modest := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
		role := func(secret string) viewer.Role {
			v, err := b.Viewer(t.Context(), secret, "", "")
			require.NoError(t, err)
			return v.Role
		}
		for _, now := range []viewer.Role{viewer.RoleCollector, viewer.RoleViewer, viewer.RoleManager, viewer.RoleOwner} {
			b.do(t, func(ctx context.Context) {
				b.db.Client().Membership.Update().Where(membership.UserID(b.olga)).SetRole(now).ExecX(ctx)
			})
			want := now
			if now == viewer.RoleOwner {
				want = viewer.RoleManager
			}
			require.Equal(t, want, role(secret))
			require.Equal(t, viewer.RoleViewer, role(modest))
		}
	})
}

func TestAnAPITokenEndsWithItsMakersMembership(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		_, inGroup := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleManager, nil)
		_, inOther := b.apiToken(t, b.olgaIn(b.groupA2), viewer.RoleManager, nil)
		_, inNone := b.apiToken(t, b.olgaIn(""), viewer.RoleManager, nil)
		b.do(t, func(ctx context.Context) {
			b.db.Client().GroupMembership.Update().
				Where(groupmembership.UserID(b.olga), groupmembership.GroupID(b.groupA1)).SetEndedAt(noon).ExecX(ctx)
		})
		requireEnded(t, b, inGroup)
		for _, secret := range []string{inOther, inNone} {
			_, err := b.Viewer(t.Context(), secret, "", "")
			require.NoError(t, err)
		}
		b.do(t, func(ctx context.Context) {
			b.db.Client().Membership.Update().Where(membership.UserID(b.olga)).SetEndedAt(noon).ExecX(ctx)
		})
		for _, secret := range []string{inGroup, inOther, inNone} {
			requireEnded(t, b, secret)
		}
	})
}

func TestWhatIsWrongWithANewAPIToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	past := noon
	long := strings.Repeat("ı", 256)
	most := strings.Repeat("ı", 255)
	at := func(y int) *time.Time { return new(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)) }
	for name, c := range map[string]struct {
		role    viewer.Role // of who asks
		name    string
		wanted  viewer.Role
		expires *time.Time
		want    []refusal.Code
	}{
		"good":                 {viewer.RoleOwner, most, viewer.RoleOwner, at(2100), nil},
		"below owner":          {viewer.RoleManager, "n", viewer.RoleViewer, nil, []refusal.Code{refusal.Forbidden}},
		"a collector":          {viewer.RoleCollector, "n", viewer.RoleViewer, nil, []refusal.Code{refusal.Forbidden}},
		"a reader":             {viewer.RoleViewer, "n", viewer.RoleViewer, nil, []refusal.Code{refusal.Forbidden}},
		"no name":              {viewer.RoleOwner, " \t", viewer.RoleViewer, nil, []refusal.Code{refusal.InvalidInput}},
		"long name":            {viewer.RoleOwner, long, viewer.RoleViewer, nil, []refusal.Code{refusal.InvalidInput}},
		"no role":              {viewer.RoleOwner, "n", "ADMIN", nil, []refusal.Code{refusal.InvalidInput}},
		"expired":              {viewer.RoleOwner, "n", viewer.RoleViewer, &past, []refusal.Code{refusal.InvalidInput}},
		"long after all years": {viewer.RoleOwner, "n", viewer.RoleViewer, at(10000), []refusal.Code{refusal.InvalidInput}},
		"everything": {
			viewer.RoleOwner, "", "", &past,
			[]refusal.Code{refusal.InvalidInput, refusal.InvalidInput, refusal.InvalidInput},
		},
	} {
		as := b.olgaIn(b.groupA1)
		as.Role = c.role
		made, secret, err := b.CreateAPIToken(viewer.NewContext(t.Context(), as), c.name, c.wanted, c.expires)
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		wrong, ok := refusal.From(err)
		require.True(t, ok, "%s: %v", name, err)
		var codes []refusal.Code
		for _, one := range wrong {
			codes = append(codes, one.Code)
		}
		require.Equal(t, c.want, codes, name)
		require.Nil(t, made, name)
		require.Empty(t, secret, name)
	}
	_, err := b.RevokeAPIToken(viewer.NewContext(t.Context(), viewer.Viewer{
		UserID: b.olga, OrganizationID: b.orgA, Role: viewer.RoleManager,
	}), "tok-none")
	wrong, _ := refusal.From(err)
	require.Len(t, wrong, 1)
	require.Equal(t, refusal.Forbidden, wrong[0].Code)
	b.do(t, func(ctx context.Context) {
		require.Equal(t, 1, b.db.Client().APIToken.Query().CountX(ctx), "what is refused writes nothing")
	})
}

func TestLiveAPITokensAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	soon := noon.Add(time.Minute)
	first, _ := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
	for range 99 {
		b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, &soon)
	}
	owner := viewer.NewContext(t.Context(), b.olgaIn(b.groupA1))
	full := func() bool {
		_, _, err := b.CreateAPIToken(owner, "n", viewer.RoleViewer, &soon)
		wrong, refused := refusal.From(err)
		require.Equal(t, refused, err != nil)
		return refused && wrong[0].Code == refusal.LimitReached
	}
	require.True(t, full())
	_, err := b.RevokeAPIToken(owner, first.ID)
	require.NoError(t, err)
	require.False(t, full(), "revoked ones do not count")
	require.True(t, full())
	b.now = soon
	soon = soon.Add(time.Minute)
	require.False(t, full(), "expired ones do not count")
}

func TestTheLastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		made, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
		use := func() {
			_, err := b.Viewer(t.Context(), secret, "", "")
			require.NoError(t, err)
		}
		require.Nil(t, b.lastUsed(t, made.ID))
		var all sync.WaitGroup
		for range 8 {
			all.Go(use)
		}
		all.Wait()
		require.True(t, noon.Equal(*b.lastUsed(t, made.ID)))
		b.now = noon.Add(59 * time.Second)
		use()
		require.True(t, noon.Equal(*b.lastUsed(t, made.ID)))
		b.now = noon.Add(time.Minute)
		use()
		require.True(t, b.now.Equal(*b.lastUsed(t, made.ID)))

		// Another replica whose clock is behind changes nothing.
		b.do(t, func(ctx context.Context) {
			b.db.Client().APIToken.Update().SetLastUsedAt(noon.Add(3 * time.Minute)).ExecX(ctx)
		})
		b.now = noon.Add(2 * time.Minute)
		use()
		require.True(t, noon.Add(3*time.Minute).Equal(*b.lastUsed(t, made.ID)))

		_, err := b.Viewer(t.Context(), secret, b.orgB, "")
		require.Error(t, err)
		b.Close()
		b.now = noon.Add(time.Hour)
		use()
		require.True(t, noon.Add(3*time.Minute).Equal(*b.lastUsed(t, made.ID)), "nothing is written after Close")
	})
}

// A database that takes no write lets tokens in as before.
func TestAUseThatCannotBeWrittenFailsNothing(t *testing.T) {
	t.Parallel()
	b := setupIn(t, testdb.NewSQLite(t))
	made, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleViewer, nil)
	held, release := make(chan struct{}), make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		b.do(t, func(context.Context) {
			close(held)
			<-release
		})
	})
	<-held // the one writer of SQLite
	v, err := b.Viewer(t.Context(), secret, "", "")
	require.NoError(t, err)
	require.Equal(t, b.olga, v.UserID)
	close(release)
	writer.Wait()
	require.NotNil(t, b.lastUsed(t, made.ID))
}

func TestAPITokensWorkBesideAProvider(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	_, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleCollector, nil)
	v, err := b.Viewer(t.Context(), secret, "", "")
	require.NoError(t, err)
	require.Equal(t, viewer.RoleCollector, v.Role)
	requireEnded(t, b, secret[:len(secret)-2]+"__")
	v, err = b.WebSocketViewer(t.Context(), map[string]any{"authorization": "Bearer " + secret, "X-Organization-Id": b.orgA})
	require.NoError(t, err)
	require.Equal(t, b.olga, v.UserID)
	_, err = b.WebSocketViewer(t.Context(), map[string]any{"authorization": "Bearer " + secret, "X-Organization-Id": b.orgB})
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
}

// Whatever a token's maker is elsewhere, it reads and writes with its own scope only.
func TestAnAPITokenSeesItsOrganizationOnly(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, b *bundle) {
		b.in(t, b.orgB, func(ctx context.Context) { // olga is an owner there too
			b.db.Client().Membership.Create().SetOrganizationID(b.orgB).SetUserID(b.olga).SetRole(viewer.RoleOwner).ExecX(ctx)
			b.db.Client().APIToken.Create().SetOrganizationID(b.orgB).SetCreatedByID(b.olga).SetName("theirs").
				SetRole(viewer.RoleOwner).SetTokenHash(strings.Repeat("0", 64)).ExecX(ctx)
		})
		made, secret := b.apiToken(t, b.olgaIn(b.groupA1), viewer.RoleOwner, nil)
		v, err := b.Viewer(t.Context(), secret, "", "")
		require.NoError(t, err)
		require.NoError(t, b.db.Read(viewer.NewContext(t.Context(), v), func(ctx context.Context) error {
			require.Equal(t, []string{made.ID}, b.db.Client().APIToken.Query().Order(apitoken.ByID()).IDsX(ctx))
			return nil
		}))
		_, err = b.Viewer(t.Context(), secret, b.orgB, "")
		require.ErrorIs(t, err, auth.ErrUnauthenticated, "the maker's, and not the token's")
	})
}
