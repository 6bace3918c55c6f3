// Package rest serves the older API's paths, so that its clients keep working, and the server's health.
//
// It is called by the router that server.go builds, below the middleware that puts the viewer into the context. Its
// handlers map a request to one call of a command (package upload), and what comes back to the older API's JSON; the
// OpenAPI 3.1 document is derived from the same types. Every answer that is not a success is {"message"} with, where
// fields are meant, {"errors": {field: [messages]}}.
//
// It may import ent, viewer, prefixid, definition, refusal, database, upload, importer, storage and event.
package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/ent"
	"entrepot/upload"
)

// Uploads are the commands that the paths lead to; *upload.Uploads has them.
type Uploads interface {
	Store(ctx context.Context, in upload.StoreInput) (*ent.ReviewUploadHistory, error)
}

// Pinger tells whether the database can be read and written; *database.DB does.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Config is what Mount needs. Uploads and DB are required.
type Config struct {
	Uploads Uploads
	DB      Pinger
	// Logger takes the cause of every answer that does not tell it; nil means slog.Default.
	Logger *slog.Logger
	// Version is the program's, for the OpenAPI document; empty means "development".
	Version string
}

// api is what the handlers share.
type api struct {
	uploads Uploads
	log     *slog.Logger
}

// Mount adds /api, /healthz and /readyz to the router. What it leaves out of /api answers 404.
func Mount(r chi.Router, c Config) error {
	var missing []error
	if c.Uploads == nil {
		missing = append(missing, errors.New("rest: Config.Uploads is missing"))
	}
	if c.DB == nil {
		missing = append(missing, errors.New("rest: Config.DB is missing"))
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
	h := &health{db: c.DB, log: c.Logger}
	r.Get("/healthz", h.alive)
	r.Get("/readyz", h.ready)
	r.Route("/api", func(r chi.Router) {
		r.Use(withRequestID, signedIn)
		r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, &Problem{status: http.StatusNotFound, Message: "There is nothing at this address."})
		})
		r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, &Problem{status: http.StatusMethodNotAllowed, Message: "This address does not take this method."})
		})
		a := &api{uploads: c.Uploads, log: c.Logger}
		var document http.Handler
		r.Group(func(r chi.Router) {
			r.Use(inGroup, jsonBody)
			described := humachi.New(r, describe(c.Version))
			a.registerHistories(described)
			document = serveDocument(described.OpenAPI())
		})
		r.Method(http.MethodGet, "/v1/openapi.json", document)
	})
	return nil
}

// describe is how the API is described and how its bodies are written, without the links and schema members that huma
// adds by default: older clients know none.
func describe(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Entrepot",
				Version:     version,
				Description: "The paths of the older API: upload histories of the viewer's group.",
			},
			Servers: []*huma.Server{{URL: "/api"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A token, as the command “entrepot token” prints it."},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
	}
}

func serveDocument(document *huma.OpenAPI) http.Handler {
	body, err := document.MarshalJSON()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			writeProblem(w, &Problem{status: http.StatusInternalServerError, Message: "The document could not be written."})
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(body)
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
