package graph

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"

	"entrepot/viewer"
)

const (
	// closeForbidden is the close code of graphql-transport-ws for a connection whose rights are refused or have ended.
	closeForbidden = 4403
	// closeAgain is “service restart” in IANA's registry of close codes; clients connect again.
	closeAgain = 1012
	// closeInvalid is the close code of graphql-transport-ws for a message that is none.
	closeInvalid = 4400
)

type connectionKey struct{}

// connection is one that subscriptions may go over. It lets what only sees the context reach the socket, if it is one.
type connection struct {
	socket atomic.Pointer[socket]
}

func withConnection(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), connectionKey{}, &connection{}))
}

// opensSocket tells whether a request is the handshake of a WebSocket.
func opensSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(strings.ToLower(r.Header.Get("Upgrade")), "websocket")
}

// serveSocket serves a WebSocket to its end. gqlgen leaves one open whose connection_init or message is not what the
// protocol says.
func serveSocket(executor http.Handler, w http.ResponseWriter, r *http.Request) {
	r = withConnection(r)
	executor.ServeHTTP(w, r)
	if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		if s := c.socket.Load(); s != nil {
			_ = s.WriteClose(closeInvalid, "Invalid message")
		}
	}
}

// sockets accepts connections as gqlgen does and remembers them.
type sockets struct {
	transport.CoderWebsocketImplementation
}

// Accept upgrades a request.
func (s sockets) Accept(
	w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions,
) (transport.WebsocketConn, error) {
	conn, err := s.CoderWebsocketImplementation.Accept(w, r, o)
	if err != nil {
		return nil, err
	}
	accepted := &socket{WebsocketConn: conn, ctx: r.Context()}
	if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		c.socket.Store(accepted)
	}
	return accepted, nil
}

// socket is a WebSocket that says nothing more once the server ends it. Without that gqlgen would complete its operations
// first, and clients would not come back for the final states.
type socket struct {
	transport.WebsocketConn
	ctx    context.Context //nolint:containedctx // of the request that opened it; it ends when the server stops
	closed atomic.Bool
}

// WriteJSON writes a message.
func (s *socket) WriteJSON(v any) error {
	if s.closed.Load() || s.ctx.Err() != nil {
		return net.ErrClosed
	}
	return s.WebsocketConn.WriteJSON(v)
}

// WriteClose begins the end, with a code that lets clients come back where the server stops.
func (s *socket) WriteClose(code int, reason string) error {
	s.closed.Store(true)
	if s.ctx.Err() != nil {
		code, reason = closeAgain, "The server stops: connect again"
	}
	return s.WebsocketConn.WriteClose(code, reason)
}

// SetReadLimit is gqlgen's.
func (s *socket) SetReadLimit(limit int64) {
	if c, ok := s.WebsocketConn.(transport.WebsocketReadLimiter); ok {
		c.SetReadLimit(limit)
	}
}

// SetReadDeadline is gqlgen's.
func (s *socket) SetReadDeadline(t time.Time) error {
	if c, ok := s.WebsocketConn.(transport.WebsocketReadDeadliner); ok {
		return c.SetReadDeadline(t)
	}
	return nil
}

// bound is ctx until v's token expires or v's rights are no longer what they were. Then a socket is closed: with 4403 where
// v has none left, with 1012 where connecting again gives those of a new role. Canceling the context alone, which ends a
// stream, would look like a normal completion.
func (r *rights) bound(ctx context.Context, v viewer.Viewer) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	end := func(code int, reason string) {
		if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
			if socket := c.socket.Load(); socket != nil {
				_ = socket.WriteClose(code, reason)
			}
		}
		cancel()
	}
	if !v.ExpiresAt.IsZero() {
		timer := time.AfterFunc(time.Until(v.ExpiresAt), func() { end(closeForbidden, "Forbidden: the token has expired") })
		context.AfterFunc(ctx, func() { timer.Stop() })
	}
	r.watch(ctx, v, func(now viewer.Viewer) {
		if now == (viewer.Viewer{}) {
			end(closeForbidden, "Forbidden: the rights have ended")
			return
		}
		end(closeAgain, "The role has changed: connect again")
	})
	return ctx
}
