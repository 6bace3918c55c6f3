package auth_test

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/database"
	"entrepot/ent/membership"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/viewer"
)

var (
	secret = []byte("a secret of more than 32 characters")
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// bundle is two organizations: A with two groups and B with one. ada is COLLECTOR in A, in its first group, and VIEWER
// in B, in its group; olga is OWNER in A, in both groups; nils is VIEWER in A and in no group.
type bundle struct {
	*auth.Authenticator
	db  *database.DB
	now time.Time

	orgA, orgB, groupA1, groupA2, groupB string
	ada, olga, nils                      string
}

func setup(t testing.TB) *bundle {
	t.Helper()
	return setupIn(t, testdb.New(t))
}

func setupIn(t testing.TB, db *database.DB) *bundle {
	t.Helper()
	b := &bundle{db: db, now: noon}
	var err error
	b.Authenticator, err = auth.New(auth.Config{DB: b.db, Secret: secret, Now: func() time.Time { return b.now }})
	require.NoError(t, err)
	b.orgA, b.orgB = prefixid.New(prefixid.Organization), prefixid.New(prefixid.Organization)
	person := func(name string) string {
		id := prefixid.New(prefixid.User)
		b.in(t, b.orgA, func(ctx context.Context) {
			b.db.Client().User.Create().SetID(id).SetName(name).SetEmail(name + "@test.example").ExecX(ctx)
		})
		return id
	}
	b.ada, b.olga, b.nils = person("ada"), person("olga"), person("nils")
	at := noon
	join := func(ctx context.Context, user, org string, role viewer.Role, groups ...string) {
		at = at.Add(time.Second)
		c := b.db.Client()
		c.Membership.Create().SetOrganizationID(org).SetUserID(user).SetRole(role).SetCreatedAt(at).ExecX(ctx)
		for _, g := range groups {
			at = at.Add(time.Second)
			c.GroupMembership.Create().SetOrganizationID(org).SetGroupID(g).SetUserID(user).SetCreatedAt(at).ExecX(ctx)
		}
	}
	organization := func(ctx context.Context, id, slug string, groups ...*string) {
		c := b.db.Client()
		c.Organization.Create().SetID(id).SetName("Organization " + slug).SetSlug(slug).ExecX(ctx)
		for i, name := range []string{"first", "second"}[:len(groups)] {
			*groups[i] = c.Group.Create().SetOrganizationID(id).SetName(name).SaveX(ctx).ID
		}
	}
	b.in(t, b.orgA, func(ctx context.Context) {
		organization(ctx, b.orgA, "a", &b.groupA1, &b.groupA2)
		join(ctx, b.nils, b.orgA, viewer.RoleViewer)
		join(ctx, b.ada, b.orgA, viewer.RoleCollector, b.groupA1)
	})
	b.in(t, b.orgB, func(ctx context.Context) {
		organization(ctx, b.orgB, "b", &b.groupB)
		join(ctx, b.ada, b.orgB, viewer.RoleViewer, b.groupB)
	})
	b.do(t, func(ctx context.Context) { join(ctx, b.olga, b.orgA, viewer.RoleOwner, b.groupA1, b.groupA2) })
	return b
}

// do changes something in A.
func (b *bundle) do(t testing.TB, f func(ctx context.Context)) {
	t.Helper()
	b.in(t, b.orgA, f)
}

func (b *bundle) in(t testing.TB, organization string, f func(ctx context.Context)) {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.Worker("test", organization))
	require.NoError(t, b.db.Do(ctx, "test", func(ctx context.Context) error {
		f(ctx)
		return nil
	}))
}

func (b *bundle) token(t testing.TB, who auth.Identity) string {
	t.Helper()
	token, expires, err := b.Issue(who)
	require.NoError(t, err)
	require.Equal(t, b.now.Add(12*time.Hour), expires)
	return token
}

func TestATokenIsItsPersonInTheChosenOrganizationAndGroup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := func(org, group string) auth.Identity { return auth.Identity{b.ada, org, group} }
	olga := func(group string) auth.Identity { return auth.Identity{b.olga, b.orgA, group} }
	nils := auth.Identity{UserID: b.nils}
	inA := viewer.Scope{OrganizationID: b.orgA, GroupID: b.groupA1, Role: viewer.RoleCollector}
	inB := viewer.Scope{OrganizationID: b.orgB, GroupID: b.groupB, Role: viewer.RoleViewer}
	owner1 := viewer.Scope{OrganizationID: b.orgA, GroupID: b.groupA1, Role: viewer.RoleOwner}
	owner2 := viewer.Scope{OrganizationID: b.orgA, GroupID: b.groupA2, Role: viewer.RoleOwner}
	for name, c := range map[string]struct {
		token            auth.Identity
		askOrg, askGroup string
		want             viewer.Scope
		reason           string
	}{
		"the first of both":         {token: ada("", ""), want: inA},
		"the token's":               {token: ada(b.orgB, b.groupB), want: inB},
		"the header's organization": {token: ada(b.orgB, b.groupB), askOrg: b.orgA, want: inA},
		"the token's second group":  {token: olga(b.groupA2), want: owner2},
		"the header's group":        {token: olga(b.groupA2), askGroup: b.groupA1, want: owner1},
		"an owner has one group":    {token: olga(""), want: owner1},
		"nobody's group":            {token: nils, want: viewer.Scope{OrganizationID: b.orgA, Role: viewer.RoleViewer}},
		"away from the token's":     {token: ada(b.orgA, b.groupA1), askOrg: b.orgB, want: inB},

		"a foreign organization":              {token: olga(""), askOrg: b.orgB, reason: "organization"},
		"an organization that is not":         {token: olga(""), askOrg: "org-none", reason: "organization"},
		"the token's organization is foreign": {token: auth.Identity{b.olga, b.orgB, ""}, reason: "organization"},
		"the reserved organization":           {token: ada("", ""), askOrg: database.SystemOrganization, reason: "organization"},
		"a foreign group":                     {token: ada(b.orgA, ""), askGroup: b.groupA2, reason: "group"},
		"another organization's own group":    {token: ada(b.orgA, ""), askGroup: b.groupB, reason: "group"},
		"a group that is not":                 {token: ada(b.orgA, ""), askGroup: "grp-none", reason: "group"},
		"the token's group is foreign":        {token: ada(b.orgA, b.groupA2), reason: "group"},
		"a group for somebody in none":        {token: nils, askGroup: b.groupA1, reason: "group"},
		"a person who is not":                 {token: auth.Identity{UserID: "user-none"}, reason: "no organization"},
	} {
		v, err := b.Viewer(t.Context(), b.token(t, c.token), c.askOrg, c.askGroup)
		if c.reason != "" {
			require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
			require.ErrorContains(t, err, c.reason, name)
			require.Zero(t, v, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, viewer.Viewer{
			UserID: c.token.UserID, ExpiresAt: noon.Add(12 * time.Hour),
			OrganizationID: c.want.OrganizationID, GroupID: c.want.GroupID, Role: c.want.Role,
		}, v, name)
	}
}

func TestEndedMembershipsCountNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, auth.Identity{b.ada, b.orgA, b.groupA1})
	b.do(t, func(ctx context.Context) {
		b.db.Client().GroupMembership.Update().SetEndedAt(noon).ExecX(ctx)
	})
	_, err := b.Viewer(t.Context(), token, "", "")
	require.ErrorIs(t, err, auth.ErrUnauthenticated, "the token's group is not the person's any more")
	v, err := b.Viewer(t.Context(), b.token(t, auth.Identity{b.ada, b.orgA, ""}), "", "")
	require.NoError(t, err)
	require.Empty(t, v.GroupID)

	b.do(t, func(ctx context.Context) {
		b.db.Client().Membership.Update().Where(membership.OrganizationID(b.orgA)).SetEndedAt(noon).ExecX(ctx)
	})
	_, err = b.Viewer(t.Context(), token, "", "")
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
	v, err = b.Viewer(t.Context(), token, b.orgB, "")
	require.NoError(t, err)
	require.Equal(t, b.orgB, v.OrganizationID)
	_, err = b.Viewer(t.Context(), b.token(t, auth.Identity{UserID: b.olga}), "", "")
	require.ErrorContains(t, err, "no organization")
}

func TestARoleIsReadAtEachRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, auth.Identity{UserID: b.olga})
	b.do(t, func(ctx context.Context) {
		b.db.Client().Membership.Update().Where(membership.UserID(b.olga)).SetRole(viewer.RoleViewer).ExecX(ctx)
	})
	v, err := b.Viewer(t.Context(), token, "", "")
	require.NoError(t, err)
	require.Equal(t, viewer.RoleViewer, v.Role)
}

// key is the key that tokens are signed with, so that a test can sign what the server never would.
func key(t testing.TB, secret []byte) []byte {
	t.Helper()
	k, err := hkdf.Key(sha256.New, secret, nil, "entrepot tokens 1", sha256.Size)
	require.NoError(t, err)
	return k
}

func sign(t testing.TB, algorithm jose.SignatureAlgorithm, k []byte, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: k}, nil)
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return token
}

func (b *bundle) claims(change map[string]any) map[string]any {
	claims := map[string]any{
		"iss": "entrepot", "aud": "entrepot", "sub": b.ada, "jti": "1", "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix(),
	}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func TestOnlyTokensOfThisServerCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	k := key(t, secret)
	good := sign(t, jose.HS256, k, b.claims(nil))
	_, err := b.Viewer(t.Context(), good, "", "")
	require.NoError(t, err, "or the rest shows nothing")

	encode := func(v map[string]any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	parts := strings.Split(good, ".")
	long := append(append([]byte{}, k...), k...)
	for name, token := range map[string]string{
		"empty":                 "",
		"not a token":           "abc",
		"huge":                  strings.Repeat("a", 1<<20),
		"tampered claims":       parts[0] + "." + encode(b.claims(map[string]any{"sub": b.olga})) + "." + parts[2],
		"tampered signature":    parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"no signature":          parts[0] + "." + parts[1] + ".",
		"two parts":             parts[0] + "." + parts[1],
		"algorithm none":        encode(map[string]any{"alg": "none"}) + "." + parts[1] + ".",
		"none with a signature": encode(map[string]any{"alg": "none"}) + "." + parts[1] + "." + parts[2],
		"another algorithm":     sign(t, jose.HS512, long, b.claims(nil)),
		"another key":           sign(t, jose.HS256, key(t, []byte(strings.Repeat("x", 32))), b.claims(nil)),
		"the secret as the key": sign(t, jose.HS256, secret[:32], b.claims(nil)),
		"another issuer":        sign(t, jose.HS256, k, b.claims(map[string]any{"iss": "somebody"})),
		"no issuer":             sign(t, jose.HS256, k, b.claims(map[string]any{"iss": nil})),
		"another audience":      sign(t, jose.HS256, k, b.claims(map[string]any{"aud": []string{"somebody"}})),
		"no audience":           sign(t, jose.HS256, k, b.claims(map[string]any{"aud": nil})),
		"no subject":            sign(t, jose.HS256, k, b.claims(map[string]any{"sub": nil})),
		"no id":                 sign(t, jose.HS256, k, b.claims(map[string]any{"jti": nil})),
		"no expiry":             sign(t, jose.HS256, k, b.claims(map[string]any{"exp": nil})),
		"expired":               sign(t, jose.HS256, k, b.claims(map[string]any{"exp": noon.Unix()})),
		"not yet":               sign(t, jose.HS256, k, b.claims(map[string]any{"nbf": noon.Add(time.Minute).Unix()})),
	} {
		v, err := b.Viewer(t.Context(), token, "", "")
		require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
		require.Zero(t, v, name)
	}
}

func TestATokenLastsTwelveHours(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, auth.Identity{UserID: b.ada})
	b.now = noon.Add(12*time.Hour - time.Second)
	_, err := b.Viewer(t.Context(), token, "", "")
	require.NoError(t, err)
	b.now = noon.Add(12 * time.Hour)
	_, err = b.Viewer(t.Context(), token, "", "")
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
	require.ErrorContains(t, err, "2026-03-02T00:00:00Z")
}

func TestAWebSocketsFirstMessageIsTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := "Bearer " + b.token(t, auth.Identity{UserID: b.ada})
	v, err := b.WebSocketViewer(t.Context(), map[string]any{
		"authorization": token, "X-Organization-Id": b.orgB, "x-group-id": b.groupB, "more": 1, "X-Group-Id": nil,
	})
	require.NoError(t, err)
	require.Equal(t, viewer.Scope{OrganizationID: b.orgB, GroupID: b.groupB, Role: viewer.RoleViewer}, v.Scope())
	require.Equal(t, noon.Add(12*time.Hour), v.ExpiresAt)
	for name, payload := range map[string]map[string]any{
		"nothing":        nil,
		"no token":       {"X-Group-Id": b.groupB},
		"not a text":     {"Authorization": 1},
		"not a bearer":   {"Authorization": strings.TrimPrefix(token, "Bearer ")},
		"twice":          {"Authorization": token, "authorization": token},
		"a group's list": {"Authorization": token, "X-Group-Id": []any{b.groupB}},
		"foreign":        {"Authorization": token, "X-Group-Id": b.groupA2},
	} {
		_, err := b.WebSocketViewer(t.Context(), payload)
		require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	type wanted = auth.Wanted
	ada, adaInB := auth.Identity{b.ada, b.orgA, b.groupA1}, auth.Identity{b.ada, b.orgB, b.groupB}
	olga := auth.Identity{b.olga, b.orgA, b.groupA1}
	for name, c := range map[string]struct {
		wanted wanted
		who    auth.Identity
		err    string
	}{
		"who has a group first":  {wanted: wanted{Organization: "a"}, who: ada},
		"by e-mail":              {wanted: wanted{Email: " NILS@test.example"}, who: auth.Identity{b.nils, b.orgA, ""}},
		"by role":                {wanted: wanted{Role: viewer.RoleOwner, Organization: "a"}, who: olga},
		"by role and short name": {wanted: wanted{Role: viewer.RoleViewer, Organization: "b"}, who: adaInB},
		"by organization's name": {wanted: wanted{Organization: "Organization b"}, who: adaInB},
		"by organization's id":   {wanted: wanted{Organization: b.orgB}, who: adaInB},
		"by group's name":        {wanted: wanted{Organization: "a", Group: "second"}, who: auth.Identity{b.olga, b.orgA, b.groupA2}},
		"by group's id":          {wanted: wanted{Group: b.groupA1, Email: "olga@test.example"}, who: olga},

		"in another organization": {wanted: wanted{Email: "ada@test.example", Organization: "b"}, who: adaInB},

		"anybody":                 {wanted: wanted{Role: viewer.RoleOwner}, err: "name a user or an organization"},
		"not of that one":         {wanted: wanted{Email: "olga@test.example", Organization: "b"}, err: "no member"},
		"no such organization":    {wanted: wanted{Organization: "c"}, err: `there is no organization "c"`},
		"no such member":          {wanted: wanted{Email: "x@test.example"}, err: `user "x@test.example"`},
		"not in that group":       {wanted: wanted{Email: "ada@test.example", Group: "second"}, err: `group "second"`},
		"no owner in that one":    {wanted: wanted{Role: viewer.RoleOwner, Organization: "b"}, err: `role "OWNER"`},
		"nobody is in the system": {wanted: wanted{Organization: database.SystemOrganization}, err: "no organization"},
	} {
		who, err := b.Find(t.Context(), c.wanted)
		if c.err != "" {
			require.ErrorContains(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.who, who, name)
	}
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{Secret: []byte("short"), TokenLife: -1})
	for _, want := range []string{"database", "5 bytes", "negative"} {
		require.ErrorContains(t, err, want)
	}
}

// FuzzToken looks for a text that passes for a token without having been signed here.
func FuzzToken(f *testing.F) {
	b := setup(f)
	good := sign(f, jose.HS256, key(f, secret), b.claims(nil))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add("eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".")
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		_, err := b.Viewer(t.Context(), token, "", "")
		if token == good {
			require.NoError(t, err)
		}
		if err == nil {
			require.Equal(t, decoded(good), decoded(token), "base64 has several spellings, which are one token")
			return
		}
		require.ErrorIs(t, err, auth.ErrUnauthenticated)
	})
}

func decoded(token string) (parts []string) {
	for part := range strings.SplitSeq(strings.TrimSpace(token), ".") {
		text, _ := base64.RawURLEncoding.DecodeString(part)
		parts = append(parts, string(text))
	}
	return parts
}
