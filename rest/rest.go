// Package rest serves the older API's paths, so that its clients keep working, their description, and the server's health.
//
// It is called by the router that server.go builds, below the middleware that puts the viewer into the context. Its
// handlers map a request to one call of package upload, the same that graph calls, and what comes back to the older
// API's JSON. The OpenAPI 3.1 document is derived from the handlers' types, and the page that shows it from the document.
//
// It promises: every answer that is not a success is {"message"} with, where fields are meant, {"errors": {field:
// [messages]}}; no input makes a 5xx; what an answer does not tell is logged once.
//
// It may import ent, viewer, prefixid, definition, refusal, database, upload, importer, storage and event.
package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/ent"
	"entrepot/upload"
)

// Uploads are the commands and queries that the paths lead to; *upload.Uploads has them.
type Uploads interface {
	Writer
	Reader
	ErrorReader
}

// Writer has the commands.
type Writer interface {
	Create(ctx context.Context, in upload.CreateInput) (upload.Issued, error)
	Store(ctx context.Context, in upload.StoreInput) (*ent.ReviewUploadHistory, error)
}

// Reader reads histories and gives their files.
type Reader interface {
	Histories(
		ctx context.Context, filter upload.HistoryFilter, order upload.HistoryOrder, part upload.Part,
	) (list []*ent.ReviewUploadHistory, total int, err error)
	History(ctx context.Context, id int64) (*ent.ReviewUploadHistory, error)
	Download(ctx context.Context, id int64) (url string, expiresAt time.Time, err error)
}

// ErrorReader reads what is wrong with a history's rows.
type ErrorReader interface {
	RowErrors(ctx context.Context, historyID int64, part upload.Part) (upload.RowErrors, error)
	RowErrorsFile(ctx context.Context, historyID int64) (name string, content []byte, err error)
}

// Pinger tells whether the database can be read and written; *database.DB does.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Config is what Mount needs. Uploads, DB and PublicURL are required.
type Config struct {
	Uploads Uploads
	DB      Pinger
	// PublicURL is what links begin with, such as https://entrepot.example.
	PublicURL *url.URL
	// AtOnce is how many requests of one viewer are answered at a time; more get 429. 0 means 256.
	AtOnce int
	// Logger takes the cause of every answer that does not tell it; nil means slog.Default.
	Logger *slog.Logger
	// Version is the program's, for the OpenAPI document; empty means "development".
	Version string
}

// api is what the handlers share.
type api struct {
	uploads Uploads
	public  *url.URL
	log     *slog.Logger
}

// Mount adds /api, /openapi.json with its page /docs, /healthz and /readyz to the router. What it leaves out of /api
// answers 404.
func Mount(r chi.Router, c Config) error {
	var missing []error
	if c.Uploads == nil {
		missing = append(missing, errors.New("rest: Config.Uploads is missing"))
	}
	if c.DB == nil {
		missing = append(missing, errors.New("rest: Config.DB is missing"))
	}
	if c.PublicURL == nil {
		missing = append(missing, errors.New("rest: Config.PublicURL is missing"))
	}
	if err := errors.Join(missing...); err != nil {
		return err
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Version == "" {
		c.Version = "development"
	}
	if c.AtOnce <= 0 {
		c.AtOnce = 256
	}
	h := &health{db: c.DB, log: c.Logger}
	for path, answer := range map[string]http.HandlerFunc{"/healthz": h.alive, "/readyz": h.ready} {
		r.Get(path, answer)
		r.Head(path, answer) // as some probes ask
	}
	a := &api{uploads: c.Uploads, public: c.PublicURL, log: c.Logger}
	config := describe(c.Version, c.PublicURL)
	var operations []*huma.Operation
	config.OnAddOperation = append(config.OnAddOperation, func(_ *huma.OpenAPI, op *huma.Operation) {
		operations = append(operations, op)
	})
	r.Route("/api", func(r chi.Router) {
		r.Use(withRequestID, private, headAsGet, signedIn, newTurnstile(c.AtOnce).limit)
		r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, &Problem{status: http.StatusNotFound, Message: "There is nothing at this address."})
		})
		r.MethodNotAllowed(notAllowed)
		r.Group(func(r chi.Router) {
			r.Use(inGroup, wellFormed)
			described := humachi.New(r, config)
			a.registerUploads(described)
			a.registerHistories(described)
			a.registerErrors(described)
		})
	})
	return serveDescription(r, config.OpenAPI, operations)
}

// headAsGet leads HEAD where GET goes. chi's own middleware does not where the router has a route for whatever no other
// takes.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// withRequestID gives a request the id that its log lines carry, where the router has not given it one.
func withRequestID(next http.Handler) http.Handler {
	named := middleware.RequestID(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if middleware.GetReqID(r.Context()) != "" {
			next.ServeHTTP(w, r)
			return
		}
		named.ServeHTTP(w, r)
	})
}
