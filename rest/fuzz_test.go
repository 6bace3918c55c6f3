package rest_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"entrepot/ent"
	"entrepot/rest"
	"entrepot/upload"
	"entrepot/viewer"
)

// taker stores nothing and shows what it was given.
type taker struct{ given []upload.StoreInput }

func (k *taker) Store(_ context.Context, in upload.StoreInput) (*ent.ReviewUploadHistory, error) {
	k.given = append(k.given, in)
	return &ent.ReviewUploadHistory{FileName: in.FileName, GcsPath: in.GCSPath, ErrorReason: in.ErrorReason}, nil
}

func (k *taker) Ping(context.Context) error { return nil }

// FuzzStoreBody sends any body: it is stored as it says, or 422 names what is wrong, or it is too large.
func FuzzStoreBody(f *testing.F) {
	for _, body := range []string{
		`{"file_name":"a","gcs_path":"b"}`, `{"file_name":"\ud800","gcs_path":"\u0000"}`, `{"file_name":{"a":[null]}}`, `[]`,
		`{"file_name":1e999,"gcs_path":-0,"error_reason":true}`, "{\"file_name\":\"\xc3\x28\"}", "\ufeff{}", "{}{}", "",
		strings.Repeat(`{"a":`, 5000), strings.Repeat("[", 70000),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		k := &taker{}
		router := chi.NewRouter()
		require.NoError(t, rest.Mount(router, rest.Config{
			Uploads: k, DB: k, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}))
		r := httptest.NewRequest(http.MethodPost, storePath, strings.NewReader(body))
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), ada)))

		switch w.Code {
		case http.StatusOK:
			require.Len(t, k.given, 1)
			in := k.given[0]
			normal, wrong := in.Normalize()
			require.Empty(t, wrong)
			require.Equal(t, in, normal)
			var members map[string]any
			require.NoError(t, json.Unmarshal([]byte(body), &members))
			require.Equal(t, strings.TrimSpace(members["file_name"].(string)), in.FileName)
			require.Equal(t, strings.TrimSpace(members["gcs_path"].(string)), in.GCSPath)
			require.LessOrEqual(t, utf8.RuneCountInString(in.FileName), 255)
		case http.StatusUnprocessableEntity:
			require.Empty(t, k.given)
			var problem rest.Problem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
			require.NotEmpty(t, problem.Errors)
		case http.StatusRequestEntityTooLarge:
			require.Greater(t, len(body), 64<<10)
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}
