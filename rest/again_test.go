package rest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"entrepot/rest"
	"entrepot/viewer"
)

func TestTheSamePathAtOnceIsOneRecord(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	answers := make([]answer, 50)
	begin := make(chan struct{})
	var work sync.WaitGroup
	for i := range answers {
		work.Go(func() {
			<-begin
			answers[i] = s.store(t, fmt.Sprintf(`{"file_name": "%d.csv", "gcs_path": "gs://local/org-one/grp-one/x"}`, i))
		})
	}
	close(begin)
	work.Wait()
	for _, got := range answers {
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.JSONEq(t, answers[0].body, got.body)
	}
	require.Equal(t, 1, s.count(t))
}

func TestAttemptsThatFailedAreAllRecorded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	failed := `{"file_name": "a.csv", "gcs_path": "gs://local/org-one/grp-one/x", "error_reason": "The connection was lost."}`
	first, second := s.store(t, failed).decode(t), s.store(t, failed).decode(t)
	require.NotEqual(t, first["id"], second["id"])
	require.Zero(t, first["status"], "the check says that it failed")
	require.NoError(t, s.uploads.Check(t.Context(), "org-one", int64(first["id"].(float64))))
	shown := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%.0f", root, first["id"]), "").decode(t)
	require.EqualValues(t, 3, shown["status"])
	require.Equal(t, "The connection was lost.", shown["error_reason"])
	require.Nil(t, shown["validated_at"], "nobody has looked at it")

	// They stand in nobody's way.
	whole := s.store(t, `{"file_name": "a.csv", "gcs_path": "gs://local/org-one/grp-one/x", "error_reason": " "}`).decode(t)
	require.Nil(t, whole["error_reason"])
	require.Equal(t, whole, s.store(t, `{"file_name": "b.csv", "gcs_path": "gs://local/org-one/grp-one/x"}`).decode(t))
	require.Equal(t, 3, s.count(t))
}

func TestOtherGroupsRecordTheSamePathForThemselves(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	body := `{"file_name": "a.csv", "gcs_path": "gs://local/org-one/grp-one/x"}`
	ids := map[any]bool{}
	for _, v := range []viewer.Viewer{bob, eve, ada} {
		got := s.ask(t, &v, http.MethodPost, storePath, body)
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Equal(t, v.GroupID, got.decode(t)["group_id"])
		ids[got.decode(t)["id"]] = true
	}
	require.Len(t, ids, 3)
}

// TestTooManyAtOnce fills the place of one viewer and shows that it is theirs alone, and that it is given back.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const most = 3
	held := &holding{Uploads: s.uploads, entered: make(chan struct{}), leave: make(chan struct{})}
	router := chi.NewRouter()
	router.Use(asAsked)
	require.NoError(t, rest.Mount(router, rest.Config{Uploads: held, DB: s.db, PublicURL: public, AtOnce: most}))
	s.Handler = router
	var work sync.WaitGroup
	for i := range most {
		work.Go(func() {
			got := s.store(t, fmt.Sprintf(`{"file_name": "a", "gcs_path": "%d"}`, i))
			require.Equal(t, http.StatusOK, got.status)
		})
		<-held.entered
	}
	for _, path := range []string{storePath, signPath} {
		got := s.ask(t, &ada, http.MethodPost, path, "{}")
		require.Equal(t, http.StatusTooManyRequests, got.status)
		require.Equal(t, "1", got.header.Get("Retry-After"))
		require.Len(t, got.decode(t), 1)
	}
	require.Equal(t, http.StatusOK, s.ask(t, &bob, http.MethodGet, listPath, "").status, "others go on")
	close(held.leave)
	work.Wait()
	require.Equal(t, http.StatusOK, s.ask(t, &ada, http.MethodGet, listPath, "").status)
	require.Equal(t, most, s.count(t))
}
