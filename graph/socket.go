package graph

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
)

// closeForbidden is the close code of graphql-transport-ws for a connection whose rights are refused or have ended.
const closeForbidden = 4403

type connectionKey struct{}

// connection lets what only sees the context reach the socket.
type connection struct {
	socket atomic.Pointer[transport.WebsocketConn]
}

func withConnection(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), connectionKey{}, &connection{}))
}

// sockets accepts connections as gqlgen does and remembers them.
type sockets struct {
	transport.CoderWebsocketImplementation
}

// Accept upgrades a request.
func (s sockets) Accept(
	w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions,
) (transport.WebsocketConn, error) {
	socket, err := s.CoderWebsocketImplementation.Accept(w, r, o)
	if c, ok := r.Context().Value(connectionKey{}).(*connection); ok && err == nil {
		c.socket.Store(&socket)
	}
	return socket, err
}

// closeAt closes the context's socket with 4403 when its token expires. Canceling the context alone would look like a
// normal completion.
func closeAt(ctx context.Context, at time.Time) context.Context {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok || at.IsZero() {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(time.Until(at), func() {
		if socket := c.socket.Load(); socket != nil {
			_ = (*socket).WriteClose(closeForbidden, "Forbidden: the token has expired")
		}
		cancel()
	})
	context.AfterFunc(ctx, func() { timer.Stop() })
	return ctx
}
