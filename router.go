package main

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/auth"
	"entrepot/console"
	"entrepot/graph"
	"entrepot/rest"
)

// handler is everything that the server answers to: the API behind the sign-in, and what is open beside it, which is
// the console's files, health, the exchange of a sign-in code, and the bucket and the downloads, whose URLs are signed.
func (a *app) handler() (http.Handler, error) {
	builtIn := a.config.provider == nil
	api, err := graph.New(graph.Config{
		DB: a.db, Bus: a.bus, Uploads: a.uploads, Importer: a.importer, Catalog: a.catalog, Downloads: a.downloads,
		Tokens: a.auth, Limits: a.limits, Logger: a.log,
		Authenticate:  a.auth.WebSocketViewer,
		Renewed:       a.auth.Renewed,
		Introspection: builtIn, // GraphiQL reads it
	})
	if err != nil {
		return nil, err
	}
	pages, err := console.Handler(console.Config{GraphiQL: builtIn, UploadOrigin: a.bucket.Origin()})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(a.counted, middleware.RequestID, a.logged, a.recovered)
	if builtIn {
		// What listens on loopback, and signs anybody in who has its link, answers to its own names only.
		r.Use(func(next http.Handler) http.Handler { return auth.OnlyHosts(a.public, next) })
		r.Handle("/auth/exchange", a.auth.Exchange())
	}
	r.Handle("/bucket", a.bucket.Handler())
	r.Handle("/download", a.downloads.Handler())
	var mounting error
	r.Group(func(r chi.Router) {
		r.Use(a.auth.Middleware)
		r.With(a.auth.Required, a.ending).Handle("/graphql", api)
		mounting = rest.Mount(r, rest.Config{
			Uploads: a.uploads, DB: a.db, PublicURL: a.public, Logger: a.log, Version: version(),
		})
	})
	r.Handle("/*", pages)
	return r, mounting
}

// counted lets a stop wait for the request.
func (a *app) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		defer a.requests.Done()
		next.ServeHTTP(w, r)
	})
}

// ending ends subscriptions when the server stops: nothing else would, and the stop would wait for them.
func (a *app) ending(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" && !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(a.streams, cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// logged writes a line per request where the log is verbose. Addresses are written without their query, which may hold
// a signature.
func (a *app) logged(next http.Handler) http.Handler {
	if !a.config.verbose {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			a.log.DebugContext(r.Context(), "request", "request_id", middleware.GetReqID(r.Context()),
				"method", r.Method, "path", r.URL.Path, "status", wrapped.Status(), "bytes", wrapped.BytesWritten(),
				"duration", time.Since(began))
		}()
		next.ServeHTTP(wrapped, r)
	})
}

// recovered answers 500 for a handler that panics, and logs it once.
func (a *app) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(value) // means: cut the connection
			}
			a.log.ErrorContext(r.Context(), "a request panicked", "request_id", middleware.GetReqID(r.Context()),
				"path", r.URL.Path, "panic", value, "stack", string(debug.Stack()))
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"code":"INTERNAL","message":"Something went wrong on the server."}` + "\n"))
		}()
		next.ServeHTTP(w, r)
	})
}
