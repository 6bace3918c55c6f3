package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"entrepot/ent"
	"entrepot/refusal"
	"entrepot/rest"
	"entrepot/upload"
	"entrepot/viewer"
)

// taken is what the commands and queries of one request were given.
type taken struct {
	stored  []upload.StoreInput
	created []upload.CreateInput
	listed  []upload.HistoryFilter
}

type takenKey struct{}

// taker stores nothing, refuses what the command refuses, and puts what it was given where the context says.
type taker struct {
	rest.Reader
	rest.ErrorReader
}

func (taker) Store(ctx context.Context, in upload.StoreInput) (*ent.ReviewUploadHistory, error) {
	in, wrong := in.Normalize()
	if err := wrong.OrNil(); err != nil {
		return nil, err
	}
	k := ctx.Value(takenKey{}).(*taken)
	k.stored = append(k.stored, in)
	return &ent.ReviewUploadHistory{FileName: in.FileName, GcsPath: in.GCSPath, ErrorReason: in.ErrorReason}, nil
}

func (taker) Create(ctx context.Context, in upload.CreateInput) (upload.Issued, error) {
	var wrong refusal.Errors
	wrong.Text(refusal.Input("fileName"), "The file name", in.FileName, 255, true)
	if in.Size <= 0 {
		wrong.Add(refusal.InvalidInput, refusal.Input("size"), "too small")
	}
	for field, text := range map[string]*string{"contentType": in.ContentType, "sha256": in.SHA256} {
		if text != nil {
			wrong.Text(refusal.Input(field), field, *text, 100, false)
		}
	}
	if err := wrong.OrNil(); err != nil {
		return upload.Issued{}, err
	}
	k := ctx.Value(takenKey{}).(*taken)
	k.created = append(k.created, in)
	return upload.Issued{}, nil
}

func (taker) Histories(
	ctx context.Context, filter upload.HistoryFilter, _ upload.HistoryOrder, part upload.Part,
) ([]*ent.ReviewUploadHistory, int, error) {
	if part.Offset < 0 || part.Limit < 1 || part.Limit > 100 {
		return nil, 0, errors.New("no such part")
	}
	k := ctx.Value(takenKey{}).(*taken)
	k.listed = append(k.listed, filter)
	return nil, 0, nil
}

func (taker) Ping(context.Context) error { return nil }

// mounted is the API over a taker, once for all.
var mounted = sync.OnceValue(func() http.Handler {
	router := chi.NewRouter()
	err := rest.Mount(router, rest.Config{
		Uploads: taker{}, DB: taker{}, PublicURL: public, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return router
})

// send asks as Ada, and tells what was taken.
func send(r *http.Request) (*taken, *httptest.ResponseRecorder) {
	k, w := &taken{}, httptest.NewRecorder()
	ctx := viewer.NewContext(context.WithValue(r.Context(), takenKey{}, k), ada)
	mounted().ServeHTTP(w, r.WithContext(ctx))
	return k, w
}

// requireNamed holds a 422 to its form: it names what is wrong.
func requireNamed(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var problem rest.Problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
	require.NotEmpty(t, problem.Errors)
	for field, messages := range problem.Errors {
		require.NotEmpty(t, messages, field)
	}
}

// bodies are seeds for any body.
var bodies = []string{
	`{"file_name":"a","gcs_path":"b"}`, `{"file_name":"\ud800","gcs_path":"\u0000"}`, `{"file_name":{"a":[null]}}`, `[]`,
	`{"file_name":1e999,"gcs_path":-0,"error_reason":true}`, "{\"file_name\":\"\xc3\x28\"}", "\ufeff{}", "{}{}", "",
	strings.Repeat(`{"a":`, 5000), strings.Repeat("[", 70000), `{"file_name":"a","size":1}`,
	`{"file_name":"a","size":1e400000000,"sha256":5}`, `{"file_name":"a","size":-9223372036854775809,"content_type":[]}`,
}

// FuzzStoreBody sends any body: it is stored as it says, or 422 names what is wrong, or it is too large.
func FuzzStoreBody(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		k, w := send(httptest.NewRequest(http.MethodPost, storePath, strings.NewReader(body)))
		switch w.Code {
		case http.StatusOK:
			require.Len(t, k.stored, 1)
			in := k.stored[0]
			normal, wrong := in.Normalize()
			require.Empty(t, wrong)
			require.Equal(t, in, normal)
			var members map[string]any
			require.NoError(t, json.Unmarshal([]byte(body), &members))
			require.Equal(t, strings.TrimSpace(members["file_name"].(string)), in.FileName)
			require.Equal(t, strings.TrimSpace(members["gcs_path"].(string)), in.GCSPath)
			require.LessOrEqual(t, utf8.RuneCountInString(in.FileName), 255)
		case http.StatusUnprocessableEntity:
			require.Empty(t, k.stored)
			requireNamed(t, w)
		case http.StatusRequestEntityTooLarge:
			require.Greater(t, len(body), 64<<10)
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}

// FuzzSignBody sends any body: it is announced as it says, or 422 names what is wrong, or it is too large.
func FuzzSignBody(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		k, w := send(httptest.NewRequest(http.MethodPost, signPath, strings.NewReader(body)))
		switch w.Code {
		case http.StatusOK:
			require.Len(t, k.created, 1)
			in := k.created[0]
			var members map[string]any
			d := json.NewDecoder(strings.NewReader(body))
			d.UseNumber()
			require.NoError(t, d.Decode(&members))
			require.Equal(t, members["file_name"], in.FileName)
			if size, err := members["size"].(json.Number).Int64(); err == nil {
				require.Equal(t, size, in.Size)
			}
		case http.StatusUnprocessableEntity:
			require.Empty(t, k.created)
			requireNamed(t, w)
		case http.StatusRequestEntityTooLarge:
			require.Greater(t, len(body), 64<<10)
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}

// FuzzListQuery sends any query: it is read as it says, or 422 names what is wrong.
func FuzzListQuery(f *testing.F) {
	for _, query := range []string{
		"", "page=2&per_page=100", "page=0", "per_page=101", "page=99999999999999999999", "status=0,1,2,3", "status=,",
		"status=4", "user_id=user-ada&file_name=%C4%B1", "file_name=%00", "file_name=%FF", "file_name=%25_", "sort=-status",
		"sort=id", "created_from=2026-11-21&created_to=2026-11-21T12:00:00%2B03:00", "created_from=0000-01-01", "page=1&page=2",
		"%zz", ";", "created_to=9999-12-31T23:59:59Z",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, listPath, nil)
		r.URL.RawQuery = query
		k, w := send(r)
		switch w.Code {
		case http.StatusOK:
			require.Len(t, k.listed, 1)
			filter := k.listed[0]
			require.LessOrEqual(t, len(filter.Status), 4)
			for _, text := range []*string{filter.UserID, filter.FileNameContains} {
				if text != nil {
					require.True(t, utf8.ValidString(*text))
					require.NotContains(t, *text, "\x00", "no database takes it")
				}
			}
			for _, at := range []*time.Time{filter.CreatedFrom, filter.CreatedBefore} {
				if at != nil {
					require.Equal(t, time.UTC, at.Location())
					require.GreaterOrEqual(t, at.Year(), 1)
					require.LessOrEqual(t, at.Year(), 9999)
				}
			}
		case http.StatusUnprocessableEntity:
			require.Empty(t, k.listed)
			requireNamed(t, w)
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}
