package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/viewer"
)

const (
	createToken = `mutation ($in: CreateApiTokenInput!) { createApiToken(input: $in) {
		apiToken { id name role createdBy { id } createdAt lastUsedAt expiresAt revokedAt } secret userErrors { code field message } } }`
	revokeToken = `mutation ($id: ID!) { revokeApiToken(input: {id: $id}) {
		apiToken { id revokedAt } userErrors { code field message } } }`
	listTokens = `query ($first: Int, $after: Cursor) { apiTokens(first: $first, after: $after) {
		nodes { id name role createdBy { id name } revokedAt } pageInfo { hasNextPage endCursor } totalCount } }`
	whoAsks = `{ viewer { user { id } organization { id } group { id } role } }`
)

// bearing sends a document with a token, and headers in pairs.
func (w *world) bearing(secret, document string, variables object, headers ...string) answer {
	w.t.Helper()
	body, err := json.Marshal(object{"query": document, "variables": variables})
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	a := answer{Status: response.StatusCode}
	require.NoError(w.t, json.NewDecoder(response.Body).Decode(&a))
	return a
}

func (w *world) createToken(v viewer.Viewer, in object) (id, secret string) {
	w.t.Helper()
	a := w.must(v, createToken, object{"in": in})
	require.Empty(w.t, a.at("createApiToken", "userErrors"))
	return a.at("createApiToken", "apiToken", "id").(string), a.at("createApiToken", "secret").(string)
}

func TestAPITokensAreTheOwners(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		made := w.must(w.owner, createToken, object{"in": object{"name": " nightly ", "role": "COLLECTOR"}})
		token := made.at("createApiToken", "apiToken").(object)
		require.Equal(t, "nightly", token["name"])
		require.Equal(t, "COLLECTOR", token["role"])
		require.Equal(t, object{"id": w.owner.UserID}, token["createdBy"])
		for _, empty := range []string{"lastUsedAt", "expiresAt", "revokedAt"} {
			require.Nil(t, token[empty], empty)
		}
		id := token["id"].(string)

		for _, v := range []viewer.Viewer{w.reader, w.collector, w.manager} {
			a := w.ask(v, listTokens, nil)
			require.Equal(t, "FORBIDDEN", a.code(), v.Role)
			require.Nil(t, a.Data)
			for document, variables := range map[string]object{
				createToken: {"in": object{"name": "n", "role": "VIEWER"}}, revokeToken: {"id": id},
			} {
				a := w.must(v, document, variables)
				for _, payload := range a.Data {
					require.Equal(t, "FORBIDDEN", payload.(object)["userErrors"].([]any)[0].(object)["code"])
					require.Nil(t, payload.(object)["apiToken"])
					require.Nil(t, payload.(object)["secret"])
				}
			}
		}

		// Another organization's owner sees nothing of it.
		require.Empty(t, w.must(w.foreigner, listTokens, nil).at("apiTokens", "nodes"))
		require.EqualValues(t, 0, w.must(w.foreigner, listTokens, nil).at("apiTokens", "totalCount"))
		foreign := w.must(w.foreigner, revokeToken, object{"id": id})
		absent := w.must(w.foreigner, revokeToken, object{"id": "tok-none"})
		require.Equal(t, "NOT_FOUND", foreign.at("revokeApiToken", "userErrors", 0, "code"))
		require.Equal(t, absent.Data, foreign.Data)
		require.Nil(t, w.must(w.foreigner, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": id}).at("node"))

		for field, in := range map[string]object{
			"expiresAt": {"name": "n", "role": "VIEWER", "expiresAt": "2020-01-01T00:00:00Z"},
			"name":      {"name": "  ", "role": "VIEWER"},
		} {
			a := w.must(w.owner, createToken, object{"in": in})
			require.Equal(t, "INVALID_INPUT", a.at("createApiToken", "userErrors", 0, "code"))
			require.Equal(t, []any{"input", field}, a.at("createApiToken", "userErrors", 0, "field"))
			require.Nil(t, a.at("createApiToken", "secret"))
		}
		require.NotNil(t, w.ask(w.owner, createToken, object{"in": object{"name": "n", "role": "ROOT"}}).code())
	})
}

func TestAPITokensAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		var ids []any
		for _, name := range []string{"one", "two", "three"} {
			id, _ := w.createToken(w.owner, object{"name": name, "role": "VIEWER"})
			ids = append([]any{id}, ids...)
			w.clock.ahead.Add(int64(time.Second))
		}
		w.must(w.owner, revokeToken, object{"id": ids[1]})
		var seen []any
		var after any
		for {
			a := w.must(w.owner, listTokens, object{"first": 2, "after": after})
			for _, node := range a.at("apiTokens", "nodes").([]any) {
				seen = append(seen, node.(object)["id"])
				require.Equal(t, node.(object)["id"] == ids[1], node.(object)["revokedAt"] != nil)
				require.Equal(t, "owner", node.(object)["createdBy"].(object)["name"])
			}
			require.EqualValues(t, 3, a.at("apiTokens", "totalCount"))
			if after = a.at("apiTokens", "pageInfo", "endCursor"); a.at("apiTokens", "pageInfo", "hasNextPage") == false {
				break
			}
		}
		require.Equal(t, ids, seen)
		require.Len(t, w.statements.during(func() { w.must(w.owner, `{ apiTokens { nodes { createdBy { name } } } }`, nil) }), 2)
		require.Equal(t, "BAD_USER_INPUT", w.ask(w.owner, listTokens, object{"first": 101}).code())
	})
}

func TestAnAPITokenIsABearerToken(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		owner := w.owner
		ends := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		for _, role := range []viewer.Role{viewer.RoleViewer, viewer.RoleCollector, viewer.RoleManager, viewer.RoleOwner} {
			id, secret := w.createToken(owner, object{"name": string(role), "role": string(role), "expiresAt": ends.Format(time.RFC3339Nano)})
			who := w.bearing(secret, whoAsks, nil)
			require.Equal(t, object{"viewer": object{
				"user": object{"id": owner.UserID}, "organization": object{"id": owner.OrganizationID},
				"group": object{"id": owner.GroupID}, "role": string(role),
			}}, who.Data)

			// Its role is its own: what needs more is refused.
			site := w.bearing(secret, `mutation ($key: String!) { createSite(input: {key: $key, name: $key}) {
				site { key } userErrors { code } } }`, object{"key": string(role)})
			if role.Includes(viewer.RoleManager) {
				require.Empty(t, site.at("createSite", "userErrors"))
			} else {
				require.Equal(t, "FORBIDDEN", site.at("createSite", "userErrors", 0, "code"))
			}
			require.Equal(t, role == viewer.RoleOwner, w.bearing(secret, listTokens, nil).code() == nil)

			for _, headers := range [][]string{
				{"X-Organization-Id", w.foreigner.OrganizationID}, {"X-Group-Id", w.otherGroup.GroupID}, {"X-Organization-Id", "org-none"},
			} {
				a := w.bearing(secret, whoAsks, nil, headers...)
				require.Equal(t, http.StatusUnauthorized, a.Status)
				require.Equal(t, "UNAUTHENTICATED", a.code())
			}

			// Over a WebSocket, whose operations run until it ends.
			s := w.dial(t)
			s.send(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + secret}})
			require.Equal(t, "connection_ack", s.read()["type"])
			s.send(object{"id": "1", "type": "subscribe", "payload": object{"query": `{ viewer { role } }`}})
			require.Equal(t, object{"data": object{"viewer": object{"role": string(role)}}}, s.read()["payload"])

			ended := []answer{w.bearing("entrepot_"+secret[9:51]+"_", whoAsks, nil)} // unknown
			if role == viewer.RoleViewer {
				w.clock.ahead.Store(int64(2 * time.Hour))
				ended = append(ended, w.bearing(secret, whoAsks, nil)) // expired
				w.clock.ahead.Store(0)
			}
			require.NotNil(t, w.must(owner, revokeToken, object{"id": id}).at("revokeApiToken", "apiToken", "revokedAt"))
			ended = append(ended, w.bearing(secret, whoAsks, nil))
			for _, a := range ended {
				require.Equal(t, http.StatusUnauthorized, a.Status)
				require.Equal(t, "UNAUTHENTICATED", a.code())
				require.Equal(t, ended[0], a, "alike")
			}
			refusedSocket := w.dial(t)
			refusedSocket.send(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + secret}})
			require.EqualValues(t, 4403, refusedSocket.closed())
		}
		w.tokens.Close() // what is under way to be written about them is written
		require.NotNil(t, w.must(owner, `{ apiTokens(last: 1) { nodes { lastUsedAt } } }`, nil).at("apiTokens", "nodes", 0, "lastUsedAt"))
		require.NotContains(t, w.log.String(), "entrepot_")
	})
}
