package graph

import (
	"context"
	"net/http"
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
)

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

// bound is ctx until v's token expires or v's rights are no longer what they were. Then a socket is closed: with 4403 where
// v has none left, with 1012 where connecting again gives those of a new role. Canceling the context alone, which ends a
// stream, would look like a normal completion.
func (r *rights) bound(ctx context.Context, v viewer.Viewer) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	end := func(code int, reason string) {
		if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
			if socket := c.socket.Load(); socket != nil {
				_ = (*socket).WriteClose(code, reason)
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
