package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"entrepot/viewer"
)

const (
	maxBody         = 1 << 20
	maxMessage      = 256 << 10
	cachedDocuments = 1000
	initTimeout     = 10 * time.Second
	pingInterval    = 20 * time.Second
)

// server answers at /graphql.
type server struct {
	executor http.Handler
	rights   *rights
}

func newServer(c *Config, schema graphql.ExecutableSchema) *server {
	p := presenter{c.Logger}
	held := newRights(c)
	documents := lru.New[*ast.QueryDocument](cachedDocuments)

	h := handler.New(schema)
	// Server-sent events are asked for by POST too, so they come first.
	h.AddTransport(transport.SSE{KeepAlivePingInterval: pingInterval})
	h.AddTransport(websocket(c, held))
	h.AddTransport(transport.GET{})
	h.AddTransport(transport.POST{})
	h.SetQueryCache(documents)
	h.SetErrorPresenter(p.present)
	h.SetRecoverFunc(p.recovered)
	h.SetDisableSuggestion(true)
	h.Use(&documentLimits{
		bytes: c.Limits.DocumentBytes, tokens: 2000, depth: 12, aliases: 30, fields: 100, expanded: 500, known: documents,
	})
	h.Use(costLimit{most: mostObjects, page: c.Limits.PageSize})
	h.Use(enumNames{schema.Schema()})
	h.Use(away{})
	h.Use(newLive(c, schema, p))
	h.Use(previews{p})
	h.Use(snapshots{c.DB})
	if c.Introspection {
		h.Use(extension.Introspection{})
	}
	return &server{executor: answering(h), rights: held}
}

// ServeHTTP lets only viewers through; a WebSocket says who it is in its first message. Bodies are read before gqlgen
// sees them, which would quote them in its errors.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if opensSocket(r) {
		if !sameOrigin(r) {
			refuse(w, http.StatusForbidden, codeForbidden, "Pages of other origins may not open a socket.")
			return
		}
		serveSocket(s.executor, w, r)
		return
	}
	if r.Header.Get("Upgrade") != "" { // to HTTP/2, say: an offer, which gqlgen takes for a socket
		r = r.Clone(r.Context())
		r.Header.Del("Upgrade")
	}
	v, ok := viewer.FromContext(r.Context())
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="entrepot"`)
		refuse(w, http.StatusUnauthorized, codeUnauthenticated, "Sign in: send a valid token in the Authorization header.")
		return
	}
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			refuse(w, http.StatusRequestEntityTooLarge, codeLimit, "The request is larger than 1 MiB.")
			return
		case err != nil:
			return
		case !json.Valid(body):
			refuse(w, http.StatusBadRequest, codeBadInput, "The request's body is not JSON.")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r = posted(r)
	}
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") { // which may go on for long
		r = withConnection(r)
		r = r.WithContext(s.rights.bound(r.Context(), v))
		w = stream{w, r.Context()}
	}
	s.executor.ServeHTTP(w, r)
}

// stream is where server-sent events are written while its context lasts. Without that gqlgen would tell a client whose
// stream the server ends that the operation is complete, and the client would not come back for the final state.
type stream struct {
	http.ResponseWriter
	ctx context.Context //nolint:containedctx // of the one request
}

// Write writes nothing once the context has ended.
func (s stream) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (s stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Flush is for streams.
func (s stream) Flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() }

// sameOrigin tells whether a browser's page is the server's own; what is no browser sends no origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// refuse answers a request that is no operation.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"errors": []any{map[string]any{"message": message, "extensions": map[string]any{"code": code}}},
	})
}

// websocket speaks graphql-transport-ws.
func websocket(c *Config, held *rights) transport.Websocket {
	limit := int64(maxMessage)
	return transport.Websocket{
		Implementation:   sockets{},
		InitTimeout:      initTimeout,
		PingPongInterval: pingInterval,
		PayloadReadLimit: &limit,
		InitFunc: func(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			v, err := c.Authenticate(ctx, payload)
			if err != nil {
				return transport.WithWebsocketCloseCode(ctx, closeForbidden), nil, errors.New("Forbidden")
			}
			return held.bound(viewer.NewContext(ctx, v), v), nil, nil
		},
	}
}
