package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"entrepot/internal/testdb"
)

// graphql sends a document with a bearer token.
func (p *program) graphql(t *testing.T, bearer, document string, variables map[string]any) (status int, data map[string]any) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	require.NoError(t, err)
	status, body := p.ask(t, http.MethodPost, "/graphql", string(text), "Authorization", "Bearer "+bearer)
	var answer struct{ Data map[string]any }
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	return status, answer.Data
}

// A token works wherever a person's does, through every replica, until it is revoked through any.
func TestAPITokensOpenEveryDoor(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		p := start(t, t.TempDir())
		tryAPITokens(t, p, p, token(t, p.data))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c, _ := testdb.EmptyPostgres(t)
		data := t.TempDir()
		app := []string{
			"--database-url", c.URL, "--migrate-database-url", c.MigrateURL, "--bucket-url", "file://" + data + "/bucket", "--demo",
		}
		one := start(t, data, app...)
		tryAPITokens(t, one, start(t, data, app...), token(t, data, app...))
	})
}

func tryAPITokens(t *testing.T, one, two *program, person string) {
	t.Helper()
	const doors = "/api/v1/general/upload-file/gcs"
	_, data := one.graphql(t, person,
		`mutation { createApiToken(input: {name: "robot", role: COLLECTOR}) { apiToken { id } secret } }`, nil)
	made := data["createApiToken"].(map[string]any)
	secret := made["secret"].(string)
	robot := strings.Replace(owner, "OWNER", "COLLECTOR", 1)
	for _, p := range []*program{one, two} {
		require.Equal(t, robot, p.whoAmI(t, secret))
		status, body := p.ask(t, http.MethodPost, doors+"/upload-history",
			`{"file_name": "f.csv", "gcs_path": "gs://b/`+p.address+`"}`, "Authorization", "Bearer "+secret)
		require.Equal(t, http.StatusOK, status, body)
		require.Contains(t, body, "owner@demo.example", "it acts as its maker")
		status, body = p.ask(t, http.MethodGet, "/graphql?query={viewer{role}}", "", "Authorization", "Bearer "+secret)
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, websocket.StatusCode(-1), p.knock(t, secret))
	}
	opened := []*websocket.Conn{one.connect(t, secret), two.connect(t, secret)}
	_, data = two.graphql(t, person, `mutation ($id: ID!) { revokeApiToken(input: {id: $id}) { apiToken { revokedAt } } }`,
		map[string]any{"id": made["apiToken"].(map[string]any)["id"]})
	require.NotNil(t, data["revokeApiToken"].(map[string]any)["apiToken"])
	for _, conn := range opened { // at either replica
		_, _, err := conn.Read(t.Context())
		require.Equal(t, websocket.StatusCode(4403), websocket.CloseStatus(err), err)
	}
	for _, p := range []*program{one, two} {
		status, _ := p.graphql(t, secret, `{ viewer { role } }`, nil)
		require.Equal(t, http.StatusUnauthorized, status)
		for method, path := range map[string]string{
			http.MethodPost: doors + "/upload-history", http.MethodGet: "/graphql?query={viewer{role}}",
		} {
			status, body := p.ask(t, method, path, "", "Authorization", "Bearer "+secret)
			require.Equal(t, http.StatusUnauthorized, status, body)
		}
		require.Equal(t, websocket.StatusCode(4403), p.knock(t, secret))
		require.NotContains(t, p.log.String(), secret)
	}
	require.Eventually(t, func() bool { // it is written beside the requests
		_, data := one.graphql(t, person, `{ apiTokens { nodes { lastUsedAt } } }`, nil)
		return data["apiTokens"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["lastUsedAt"] != nil
	}, 10*time.Second, 50*time.Millisecond)
}

// knock opens a WebSocket with a token and gives the code that it is closed with, -1 where it is let in.
func (p *program) knock(t *testing.T, bearer string) websocket.StatusCode {
	t.Helper()
	conn, err := p.hello(t, bearer)
	_ = conn.CloseNow()
	return websocket.CloseStatus(err)
}

// connect opens a WebSocket with a token that is let in.
func (p *program) connect(t *testing.T, bearer string) *websocket.Conn {
	t.Helper()
	conn, err := p.hello(t, bearer)
	require.NoError(t, err)
	return conn
}

// hello opens a WebSocket and introduces itself; the error is of reading the answer.
func (p *program) hello(t *testing.T, bearer string) (*websocket.Conn, error) {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), strings.Replace(p.address, "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	require.NoError(t, err)
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	hello, err := json.Marshal(map[string]any{
		"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + bearer},
	})
	require.NoError(t, err)
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, hello))
	_, answer, err := conn.Read(t.Context())
	if err == nil {
		require.Contains(t, string(answer), "connection_ack")
	}
	return conn, err
}
