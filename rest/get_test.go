package rest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/membership"
	"entrepot/rest"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

func TestOneHistoryIsShownAsItWasStored(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	stored := s.store(t, `{"file_name": "a.csv", "gcs_path": "gs://local/a", "error_reason": "lost"}`)
	got := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%.0f", root, stored.decode(t)["id"]), "")
	require.Equal(t, http.StatusOK, got.status)
	require.JSONEq(t, stored.body, got.body)
}

// TestWhoHasLeftIsShownWithoutAnAddress asks in every way that shows a person.
func TestWhoHasLeftIsShownWithoutAnAddress(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	body := `{"file_name": "a.csv", "gcs_path": "gs://local/org-one/grp-one/x"}`
	stored := s.store(t, body).decode(t)
	require.Equal(t, map[string]any{"id": "user-ada", "name": "Ada", "email": "ada@example.org"}, stored["user"])
	s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
		c.Membership.Update().Where(membership.UserID("user-ada")).SetEndedAt(noon).ExecX(ctx)
	})
	left := map[string]any{"id": "user-ada", "name": "Ada", "email": nil}
	v := bob
	v.GroupID = "grp-one"
	one := s.ask(t, &v, http.MethodGet, fmt.Sprintf("%s/histories/%.0f", root, stored["id"]), "").decode(t)
	require.Equal(t, left, one["user"])
	all := s.ask(t, &v, http.MethodGet, listPath, "").decode(t)["data"].([]any)
	require.Equal(t, left, dig(all[0], "user"))
	again := s.ask(t, &v, http.MethodPost, storePath, body).decode(t)
	require.Equal(t, stored["id"], again["id"])
	require.Equal(t, left, again["user"])
}

// TestWhatIsNotThereAndWhatIsNotYoursAreAlike asks for histories by every path that takes a number.
func TestWhatIsNotThereAndWhatIsNotYoursAreAlike(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ids := s.make(t, made{name: "of Bob's group", who: bob, at: noon}, made{name: "of another organization", who: eve, at: noon})
	for _, tail := range []string{"", "/import-errors", "/download-errors", "/download-original"} {
		for _, id := range []string{
			fmt.Sprint(ids[0]), fmt.Sprint(ids[1]), "1", "0", "-1", "01000", "+1000", "1000.0", "1e3", "0x3e8", "abc", "%00",
			"upl-1000", "9007199254740993", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "list",
			"%2e%2e", "1000%20",
		} {
			got := s.ask(t, &ada, http.MethodGet, root+"/histories/"+id+tail, "")
			if id == "list" && tail == "" {
				require.Equal(t, http.StatusOK, got.status)
				continue
			}
			require.Equal(t, http.StatusNotFound, got.status, id+tail)
			require.Equal(t, map[string]any{"message": "There is no such upload history."}, got.decode(t), id+tail)
		}
	}
	require.Empty(t, s.logs.lines(t))

	groupless := ada
	groupless.GroupID = ""
	for _, path := range []string{listPath, fmt.Sprintf("%s/histories/%d", root, ids[0])} {
		require.Equal(t, http.StatusForbidden, s.ask(t, &groupless, http.MethodGet, path, "").status)
	}
	reader := bob
	reader.Role = viewer.RoleViewer
	require.Equal(t, http.StatusOK, s.ask(t, &reader, http.MethodGet, fmt.Sprintf("%s/histories/%d", root, ids[0]), "").status)
}

func TestTheOriginalIsBehindASignedURL(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const content = "a,b\n1,2\n"
	h, err := s.uploads.Store(viewer.NewContext(t.Context(), ada), upload.StoreInput{
		FileName: "Ölçüm.csv", GCSPath: s.upload(t, content),
	})
	require.NoError(t, err)
	path := fmt.Sprintf("%s/histories/%d/download-original", root, h.ID)
	missing := func(why string) {
		got := s.ask(t, &ada, http.MethodGet, path, "")
		require.Equal(t, http.StatusNotFound, got.status, why)
		require.Equal(t, map[string]any{"message": "This upload has no file to download."}, got.decode(t), why)
	}
	missing("it was not checked")
	require.NoError(t, s.uploads.Check(t.Context(), "org-one", h.ID))
	got := s.ask(t, &ada, http.MethodGet, path, "")
	require.Equal(t, http.StatusFound, got.status)
	require.Empty(t, got.body)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"), "the address is a right")

	w := httptest.NewRecorder()
	s.bucket.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, got.header.Get("Location"), nil)) // no token
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, content, w.Body.String())
	require.Contains(t, w.Header().Get("Content-Disposition"), "filename*=UTF-8''%C3%96l%C3%A7%C3%BCm.csv")
	require.Equal(t, http.StatusNotFound, s.ask(t, &bob, http.MethodGet, path, "").status)

	s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
		c.ReviewUploadHistory.UpdateOneID(h.ID).SetDeletedAt(noon).ExecX(ctx)
	})
	missing("it was erased")
}

// TestWhatIsStoredIsJudgedByItsCheck stores paths of every kind: each is recorded, none is read by whom it does not
// belong to, and what is not there cannot be told from what is not one's own.
func TestWhatIsStoredIsJudgedByItsCheck(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine := s.upload(t, "a,b\n1,2\n")
	const absent = "There is no file at this path in the group's folder; " +
		"ask for an upload URL, send the file to it, and store the path that came with it."
	changed := s.upload(t, "a,b\n1,2\n")
	key, _ := s.bucket.Key(changed)
	require.NoError(t, s.bucket.Delete(t.Context(), key))
	s.write(t, key, "a,b\n1,2\n3,4\n")
	for _, name := range []string{"org-one/grp-two/hers", "org-two/grp-eve/theirs", "org-one/grp-one-x/near", "org-one/loose"} {
		s.write(t, name, "a,b\n1,2\n")
	}
	for path, reason := range map[string]string{
		mine:                                             "",
		changed:                                          "The file has 12 bytes, but 8 were announced; upload it again.",
		"gs://local/org-one/grp-one/absent":              absent,
		"gs://local/org-one/grp-two/hers":                absent,
		"gs://local/org-two/grp-eve/theirs":              absent,
		"gs://local/org-one/grp-one-x/near":              absent,
		"gs://local/org-one/loose":                       absent,
		"gs://local/org-one/grp-one/../grp-two/hers":     absent,
		"gs://local/org-one/grp-one/./../../org-two/x":   absent,
		"gs://local/org-one/grp-one//absent":             absent,
		"gs://local/org-one/grp-one/..\\absent":          absent,
		"gs://local/org-one/grp-one/%2e%2e/grp-two/hers": absent,
		"gs://local/org-one/grp-one/":                    absent,
		"gs://another/org-one/grp-one/x":                 absent,
		"gs://local.evil.example/org-one/grp-one/x":      absent,
		"file:///etc/passwd":                             absent,
		"http://127.0.0.1/org-one/grp-one/x":             absent,
		"/etc/passwd":                                    absent,
		"org-one/grp-one/x":                              absent,
		"' OR 1=1; DROP TABLE users; --":                 absent,
	} {
		got := s.store(t, fmt.Sprintf(`{"file_name": "a.csv", "gcs_path": %q}`, path))
		require.Equal(t, http.StatusOK, got.status, "%s: %s", path, got.body)
		stored := got.decode(t)
		require.Zero(t, stored["status"])
		require.NoError(t, s.uploads.Check(t.Context(), "org-one", int64(stored["id"].(float64))))
		checked := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%.0f", root, stored["id"]), "").decode(t)
		require.NotNil(t, checked["validated_at"])
		if reason == "" {
			require.EqualValues(t, definition.UploadSuccess, checked["status"])
			require.Nil(t, checked["error_reason"])
		} else {
			require.EqualValues(t, definition.UploadFailure, checked["status"], path)
			require.Equal(t, reason, checked["error_reason"], path)
		}
	}
}

// write puts an object past the signed URLs.
func (s *server) write(t *testing.T, key, content string) {
	t.Helper()
	w, err := s.bucket.NewWriter(t.Context(), key)
	require.NoError(t, err)
	_, err = w.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// TestTheBucketIsAway shows that neither recording nor signing waits for it: both are done with what is known here.
func TestTheBucketIsAway(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	require.NoError(t, s.bucket.Close())
	stored := s.store(t, writing[storePath])
	require.Equal(t, http.StatusOK, stored.status)
	require.Equal(t, http.StatusOK, s.sign(t, writing[signPath]).status)
	id := int64(stored.decode(t)["id"].(float64))
	var again *upload.RetryError
	require.ErrorAs(t, s.uploads.Check(t.Context(), "org-one", id), &again, "the check waits, and says nothing of the file")
	shown := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%d", root, id), "").decode(t)
	require.EqualValues(t, definition.UploadProcessing, shown["status"])
	require.Equal(t, 1, s.count(t))
	require.Equal(t, 1, s.issued(t))
}

// unsigned is a bucket that Google signs for, while Google does not answer.
type unsigned struct{ rest.Uploads }

func (unsigned) Create(context.Context, upload.CreateInput) (upload.Issued, error) {
	return upload.Issued{}, fmt.Errorf("create upload: sign upload: %w", storage.ErrUnavailable)
}

func (unsigned) Download(context.Context, int64) (string, time.Time, error) {
	return "", time.Time{}, fmt.Errorf("sign original: sign download: %w", storage.ErrUnavailable)
}

func TestNobodySigns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	router := chi.NewRouter()
	router.Use(asAsked)
	require.NoError(t, rest.Mount(router, rest.Config{
		Uploads: unsigned{s.uploads}, DB: s.db, PublicURL: public, Logger: slog.New(slog.NewJSONHandler(s.logs, nil)),
	}))
	s.Handler = router
	for i, ask := range []func() answer{
		func() answer { return s.sign(t, writing[signPath]) },
		func() answer { return s.ask(t, &ada, http.MethodGet, root+"/histories/1/download-original", "") },
	} {
		got := ask()
		require.Equal(t, http.StatusServiceUnavailable, got.status)
		require.Equal(t, "5", got.header.Get("Retry-After"))
		require.Equal(t, map[string]any{"message": "The server cannot do this now; try again in a moment."}, got.decode(t))
		require.Len(t, s.logs.lines(t), i+1, "once")
		require.Contains(t, s.logs.lines(t)[i]["error"], "bucket is unavailable")
	}
}

// broken fails in a way that nobody has thought of.
type broken struct{ rest.Uploads }

func (broken) History(context.Context, int64) (*ent.ReviewUploadHistory, error) {
	return nil, errors.New("pq: syntax error at or near \"SELEC\"")
}

func TestWhatNobodyHasThoughtOf(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	router := chi.NewRouter()
	router.Use(withID, asAsked)
	require.NoError(t, rest.Mount(router, rest.Config{
		Uploads: broken{s.uploads}, DB: s.db, PublicURL: public, Logger: slog.New(slog.NewJSONHandler(s.logs, nil)),
	}))
	s.Handler = router
	got := s.ask(t, &ada, http.MethodGet, root+"/histories/1", "", "X-Request-Id", "given")
	require.Equal(t, http.StatusInternalServerError, got.status)
	require.Equal(t, map[string]any{
		"message": "Something went wrong on the server. Its log has it under the request id given.",
	}, got.decode(t))
	require.Len(t, s.logs.lines(t), 1)
	line := s.logs.lines(t)[0]
	require.Equal(t, []any{"given", "user-ada", "grp-one"}, []any{line["request_id"], line["user"], line["group"]})
	require.Contains(t, line["error"], "SELEC")
}
