package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/ent/user"
	"entrepot/viewer"
)

var provider = auth.Provider{
	Secret: []byte("a secret shared with the provider"), Issuer: "https://id.example/", Audience: "entrepot-test",
}

// withProvider is the bundle behind an identity provider.
func withProvider(t testing.TB) *bundle {
	t.Helper()
	b := setup(t)
	var err error
	b.Authenticator, err = auth.New(auth.Config{DB: b.db, Provider: &provider, Now: func() time.Time { return b.now }})
	require.NoError(t, err)
	return b
}

// provided is a provider's token for ada, with changed claims; nil leaves one out.
func provided(t testing.TB, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": provider.Issuer, "aud": provider.Audience, "sub": "idp|ada", "email": "Ada@Test.example", "name": "Ada",
		"exp": noon.Add(time.Hour).Unix(),
	}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return sign(t, jose.HS256, provider.Secret, claims)
}

func (b *bundle) subject(t testing.TB, id string) (subject string) {
	t.Helper()
	b.do(t, func(ctx context.Context) {
		if s := b.db.Client().User.Query().Where(user.ID(id)).OnlyX(ctx).Subject; s != nil {
			subject = *s
		}
	})
	return subject
}

func TestAProvidersPersonIsFoundByAddressFirstAndThenBySubject(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	v, err := b.Viewer(t.Context(), provided(t, nil), "", "")
	require.NoError(t, err)
	require.Equal(t, viewer.Viewer{
		UserID: b.ada, OrganizationID: b.orgA, GroupID: b.groupA1, Role: viewer.RoleCollector,
		ExpiresAt: noon.Add(time.Hour + 30*time.Second),
	}, v)
	require.Equal(t, "idp|ada", b.subject(t, b.ada))

	v, err = b.Viewer(t.Context(), provided(t, map[string]any{"email": "olga@test.example"}), b.orgB, "")
	require.NoError(t, err)
	require.Equal(t, b.ada, v.UserID, "the subject says who it is, whatever the address")
	require.Equal(t, b.orgB, v.OrganizationID)
	require.Empty(t, b.subject(t, b.olga))

	_, err = b.Viewer(t.Context(), provided(t, map[string]any{"sub": "idp|eve"}), "", "")
	require.ErrorIs(t, err, auth.ErrUnauthenticated)
	require.ErrorContains(t, err, "another account")
	require.Equal(t, "idp|ada", b.subject(t, b.ada))
}

func TestFirstSignInsAtOnceAreOnePerson(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { _, errs[i] = b.Viewer(t.Context(), provided(t, nil), "", "") })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, "idp|ada", b.subject(t, b.ada))
}

func TestNobodyIsMadeByAProvider(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	b.do(t, func(ctx context.Context) {
		b.db.Client().User.Create().SetName("Lone").SetEmail("lone@test.example").ExecX(ctx)
	})
	for name, c := range map[string]struct {
		change map[string]any
		reason string
	}{
		"unknown":         {map[string]any{"email": "eve@test.example"}, "belong to no organization"},
		"no membership":   {map[string]any{"sub": "idp|lone", "email": "lone@test.example"}, "belong to no organization"},
		"not verified":    {map[string]any{"email_verified": false}, "no verified e-mail"},
		"not verified, 2": {map[string]any{"email_verified": "false"}, "no verified e-mail"},
		"no address":      {map[string]any{"email": nil}, "no verified e-mail"},
		"not an address":  {map[string]any{"email": []string{"ada@test.example"}}, "not one of the identity provider"},
	} {
		_, err := b.Viewer(t.Context(), provided(t, c.change), "", "")
		require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
		require.ErrorContains(t, err, c.reason, name)
	}
	require.Empty(t, b.subject(t, b.ada))
	_, err := b.Viewer(t.Context(), provided(t, map[string]any{"email_verified": "true"}), "", "")
	require.NoError(t, err)
}

func TestOnlyTokensOfTheProviderCount(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	long := append(append([]byte{}, provider.Secret...), provider.Secret...)
	for name, token := range map[string]string{
		"empty":               "",
		"of our own key":      sign(t, jose.HS256, key(t, provider.Secret), b.claims(nil)),
		"another secret":      sign(t, jose.HS256, []byte(strings.Repeat("x", 32)), map[string]any{"sub": "x"}),
		"another algorithm":   sign(t, jose.HS384, long, map[string]any{"sub": "x"}),
		"another issuer":      provided(t, map[string]any{"iss": "https://id.example"}),
		"no issuer":           provided(t, map[string]any{"iss": nil}),
		"another audience":    provided(t, map[string]any{"aud": "other"}),
		"no audience":         provided(t, map[string]any{"aud": nil}),
		"no subject":          provided(t, map[string]any{"sub": nil}),
		"a long subject":      provided(t, map[string]any{"sub": strings.Repeat("ı", 256)}),
		"a subject with zero": provided(t, map[string]any{"sub": "a\x00"}),
		"no expiry":           provided(t, map[string]any{"exp": nil}),
		"expired":             provided(t, map[string]any{"exp": noon.Add(-30 * time.Second).Unix()}),
		"not yet":             provided(t, map[string]any{"nbf": noon.Add(31 * time.Second).Unix()}),
		"from the future":     provided(t, map[string]any{"iat": noon.Add(31 * time.Second).Unix()}),
		"too long":            provided(t, map[string]any{"name": strings.Repeat("x", 8<<10)}),
	} {
		_, err := b.Viewer(t.Context(), token, "", "")
		require.ErrorIs(t, err, auth.ErrUnauthenticated, name)
	}
	for name, change := range map[string]map[string]any{
		"one of several audiences": {"aud": []string{"other", provider.Audience}},
		"clocks differ a little":   {"nbf": noon.Add(29 * time.Second).Unix(), "exp": noon.Add(-29 * time.Second).Unix()},
	} {
		_, err := b.Viewer(t.Context(), provided(t, change), "", "")
		require.NoError(t, err, name)
	}
}

func TestWithAProviderNothingElseSignsIn(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	_, _, err := b.Issue(auth.Identity{UserID: b.ada})
	require.ErrorIs(t, err, auth.ErrProvider)
	_, err = b.Find(t.Context(), auth.Wanted{Email: "ada@test.example"})
	require.ErrorIs(t, err, auth.ErrProvider)

	_, err = auth.New(auth.Config{DB: b.db, Provider: &auth.Provider{Secret: []byte("short")}})
	for _, want := range []string{"5 bytes", "issuer", "audience"} {
		require.ErrorContains(t, err, want)
	}
}

func TestAProvidersTokenOpensARequest(t *testing.T) {
	t.Parallel()
	b := withProvider(t)
	handler := b.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := viewer.FromContext(r.Context())
		_, _ = w.Write([]byte(v.UserID))
	}))
	for token, status := range map[string]int{provided(t, nil): http.StatusOK, "x.y.z": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, status, w.Code)
	}
}
