package storage_test

import (
	"crypto/rsa"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

const page = "https://app.example"

// problems are the findings that are not well, by name, and the names of all.
func problems(t *testing.T, findings []storage.Finding) (map[string]storage.Finding, []string) {
	t.Helper()
	wrong := map[string]storage.Finding{}
	names := []string{}
	for _, f := range findings {
		names = append(names, f.Name)
		if f.OK {
			require.Empty(t, f.Problem+f.Fix, f.Name)
			continue
		}
		require.Regexp(t, `^[A-Z].*\.$`, f.Problem)
		require.NotEmpty(t, f.Fix)
		require.NotContains(t, f.Problem+f.Fix, "X-Goog-Signature")
		wrong[f.Name] = f
	}
	return wrong, names
}

func TestCheckOfABucketThatIsWell(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	b.write(t, "kept", "x")
	wrong, names := problems(t, b.Check(t.Context(), page))
	require.Empty(t, wrong)
	require.Equal(t, []string{
		"bucket", "rights", "size limit", "signed upload", "overwriting", "resumable upload", "signed download", "deletion",
		"CORS for uploads", "CORS for downloads",
	}, names)
	require.Equal(t, []string{"kept"}, b.keys(t), "it leaves nothing")
	_, names = problems(t, b.Check(t.Context(), ""))
	require.NotContains(t, names, "CORS for uploads")
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*storage.Config, *fakegcs.Config)
		spoil   func(n int, r *http.Request) fault
		wrong   string
		problem string
		fix     string
	}{
		"rights": {
			change: func(_ *storage.Config, fake *fakegcs.Config) {
				fake.Rights = []string{"storage.objects.get", "storage.objects.create"}
			},
			wrong:   "rights",
			problem: "lacks storage.objects.delete, storage.objects.list",
			fix:     "add-iam-policy-binding gs://" + bucketName,
		},
		"CORS": {
			change: func(_ *storage.Config, fake *fakegcs.Config) { fake.Origins = []string{"https://other.example"} },
			wrong:  "CORS for uploads", problem: "do not let pages of " + page + " send PUT",
			fix: `"responseHeader": ["Content-Type", "Content-Range", "x-goog-content-length-range"`,
		},
		"CORS of one header": {
			spoil: func(_ int, r *http.Request) fault {
				if r.Method != http.MethodOptions {
					return fault{}
				}
				return fault{header: func(h http.Header) { h.Set("Access-Control-Allow-Headers", "Content-Type, content-range") }}
			},
			wrong: "CORS for uploads", problem: "send the header x-goog-content-length-range with PUT", fix: "--cors-file",
		},
		"clock": {
			change: func(config *storage.Config, _ *fakegcs.Config) {
				now := config.Now
				config.Now = func() time.Time { return now().Add(-time.Hour) }
			},
			wrong: "signed upload", problem: "answered with 400 instead of 200", fix: "clock",
		},
		"key": {
			change:  func(_ *storage.Config, fake *fakegcs.Config) { fake.Verifier.Keys = map[string]*rsa.PublicKey{} },
			wrong:   "signed upload",
			problem: "instead of 200", fix: "key",
		},
		"overwriting": {
			spoil: func(_ int, r *http.Request) fault {
				if r.Method == http.MethodPut && r.ContentLength == 16 {
					return fault{status: http.StatusOK}
				}
				return fault{}
			},
			wrong: "overwriting", problem: "answered with 200 instead of 412", fix: "test server",
		},
		"changed on its way": {
			spoil: func(_ int, r *http.Request) fault {
				if r.Method == http.MethodGet && r.URL.Query().Has("X-Goog-Signature") {
					return fault{header: func(h http.Header) { h.Set("Content-Disposition", "inline") }}
				}
				return fault{}
			},
			wrong: "signed download", problem: "something else than was uploaded", fix: "between the server and",
		},
		"deletion": {
			spoil: func(_ int, r *http.Request) fault {
				if r.Method == http.MethodDelete {
					return fault{status: http.StatusForbidden}
				}
				return fault{}
			},
			wrong: "deletion", problem: "was left behind", fix: "retention policy",
		},
		"bucket": {
			spoil: func(int, *http.Request) fault { return fault{status: http.StatusNotFound} },
			wrong: "bucket", problem: "There is no bucket " + bucketName, fix: "gcloud storage buckets create",
		},
		"network": {
			spoil: func(int, *http.Request) fault { return fault{before: true} },
			wrong: "bucket", problem: "cannot be asked", fix: "reaches",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := test.change
			if change == nil {
				change = func(*storage.Config, *fakegcs.Config) {}
			}
			b := setupCloud(t, change)
			b.faults.set(test.spoil)
			wrong, _ := problems(t, b.Check(t.Context(), page))
			require.Contains(t, wrong, test.wrong)
			require.Contains(t, wrong[test.wrong].Problem, test.problem)
			require.Contains(t, wrong[test.wrong].Fix, test.fix)
		})
	}
}

func TestCheckOfASignerThatDoesNotSign(t *testing.T) {
	t.Parallel()
	s := newServices(t)
	b, err := s.open(t, env("GOOGLE_APPLICATION_CREDENTIALS", credentials(t, map[string]any{
		"type":                              "impersonated_service_account",
		"service_account_impersonation_url": s.URL + "/impersonate/serviceAccounts/other@b:generateAccessToken",
		"source_credentials": map[string]any{
			"type": "service_account", "client_email": "caller@b", "private_key": keyOf(t, s.account), "token_uri": s.URL + "/token",
		},
	})))
	require.NoError(t, err)
	wrong, _ := problems(t, b.Check(t.Context(), page))
	require.Contains(t, wrong["signed upload"].Problem, "cannot be signed as other@b")
	require.Contains(t, wrong["signed upload"].Fix, "roles/iam.serviceAccountTokenCreator")
}

func TestCheckOfAFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wrong, names := problems(t, b.Check(t.Context(), page))
	require.Empty(t, wrong)
	require.Equal(t, []string{"folder"}, names)
	require.Empty(t, b.files(t))
	require.NoError(t, os.RemoveAll(b.folder))
	wrong, _ = problems(t, b.Check(t.Context(), page))
	require.Contains(t, wrong["folder"].Problem, "cannot be written")
	require.Equal(t, 1, strings.Count(wrong["folder"].Fix, "."))
}
