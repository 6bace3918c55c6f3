package storage_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

const bearer = "token-that-nobody-may-see"

// services are Google's that a signed-in server talks to: tokens, the machine's metadata, signing and storage.
type services struct {
	*httptest.Server
	account fakegcs.Account
	key     *rsa.PrivateKey
	tokens  atomic.Int32 // given out
	signed  atomic.Int32 // texts
	refuse  atomic.Int32 // this status, of the next call that signs
}

func newServices(t *testing.T) *services {
	t.Helper()
	s := &services{}
	var err error
	s.account, err = serviceAccount()
	require.NoError(t, err)
	var file struct {
		PrivateKey string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(s.account.KeyFile, &file))
	block, _ := pem.Decode([]byte(file.PrivateKey))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	var ok bool
	s.key, ok = parsed.(*rsa.PrivateKey)
	require.True(t, ok)
	objects, err := fakegcs.New(fakegcs.Config{Bucket: bucketName, Verifier: fakegcs.Verifier{
		Keys: map[string]*rsa.PublicKey{s.account.Email: s.account.Public},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, objects.Close()) })
	mux := http.NewServeMux()
	token := func(w http.ResponseWriter, _ *http.Request) {
		s.tokens.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // in the words of each of the services
			"access_token": bearer, "token_type": "Bearer", "expires_in": 3600,
			"accessToken": bearer, "expireTime": "2126-01-01T00:00:00Z",
		})
	}
	mux.HandleFunc("POST /token", token)
	mux.HandleFunc("POST /impersonate/serviceAccounts/{account}", token)
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/token", token)
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/email", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, s.account.Email)
	})
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{account}", s.signBlob)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		signed := r.URL.Query().Has("X-Goog-Signature")
		if signed == (r.Header.Get("Authorization") == "Bearer "+bearer) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		objects.ServeHTTP(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *services) signBlob(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Payload []byte }
	status := int(s.refuse.Swap(0))
	switch {
	case r.PathValue("account") != s.account.Email+":signBlob" || r.Header.Get("Authorization") != "Bearer "+bearer:
		w.WriteHeader(http.StatusForbidden)
	case status != 0:
		w.WriteHeader(status)
	case json.NewDecoder(r.Body).Decode(&asked) != nil:
		w.WriteHeader(http.StatusBadRequest)
	default:
		s.signed.Add(1)
		sum := sha256.Sum256(asked.Payload)
		signature, _ := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
		_ = json.NewEncoder(w).Encode(map[string]any{"keyId": "1", "signedBlob": signature})
	}
}

// works goes through everything that needs the credentials.
func works(t *testing.T, b *bundle) {
	t.Helper()
	b.write(t, "written", text)
	require.Equal(t, text, b.read(t, "written"))
	request := b.signPut(t, storage.PutOptions{Size: int64(len(text))})
	require.Equal(t, http.StatusOK, put(t, request, strings.NewReader(text)).Status)
	address, _, err := b.SignGet(t.Context(), key, storage.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, text, send(t, http.MethodGet, address, nil, nil).Body)
	for _, secret := range []string{bearer, "PRIVATE KEY", "X-Goog-Signature"} {
		require.NotContains(t, b.log.String(), secret)
	}
}

func (s *services) open(t *testing.T, getenv func(string) string) (*bundle, error) {
	t.Helper()
	b := &bundle{log: &bytes.Buffer{}}
	var err error
	b.Bucket, err = storage.OpenAt(t.Context(), storage.Config{
		URL: "gs://" + bucketName, Getenv: getenv, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	}, s.URL, s.URL)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, b.Close()) })
	}
	return b, err
}

// credentials writes a file of credentials.
func credentials(t *testing.T, values map[string]any) string {
	t.Helper()
	content, err := json.Marshal(values)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "credentials.json")
	require.NoError(t, os.WriteFile(name, content, 0o600))
	return name
}

// file is the key file of the account, with something else in it.
func (s *services) file(t *testing.T, change map[string]any) string {
	t.Helper()
	values := map[string]any{}
	require.NoError(t, json.Unmarshal(s.account.KeyFile, &values))
	values["token_uri"] = s.URL + "/token"
	for name, value := range change {
		values[name] = value
	}
	return credentials(t, values)
}

func TestKeyFileOfAServiceAccount(t *testing.T) {
	t.Parallel()
	s := newServices(t)
	b, err := s.open(t, env("GOOGLE_APPLICATION_CREDENTIALS", s.file(t, nil)))
	require.NoError(t, err)
	require.Empty(t, b.log.String())
	works(t, b)
	require.EqualValues(t, 1, s.tokens.Load(), "a token is used as long as it is valid")
	require.Zero(t, s.signed.Load(), "it signs with its own key")
}

// TestImpersonatedServiceAccount is also how a person and a workload of another cloud sign in: without a key.
func TestImpersonatedServiceAccount(t *testing.T) {
	t.Parallel()
	s := newServices(t)
	name := credentials(t, map[string]any{
		"type":                              "impersonated_service_account",
		"service_account_impersonation_url": s.URL + "/impersonate/serviceAccounts/" + s.account.Email + ":generateAccessToken",
		"source_credentials": map[string]any{
			"type": "service_account", "client_email": "caller@b", "private_key": keyOf(t, s.account), "token_uri": s.URL + "/token",
		},
	})
	b, err := s.open(t, env("GOOGLE_APPLICATION_CREDENTIALS", name))
	require.NoError(t, err)
	works(t, b)
	require.EqualValues(t, 2, s.signed.Load(), "Google signs")

	s.refuse.Store(http.StatusServiceUnavailable)
	b.signPut(t, storage.PutOptions{})
	s.refuse.Store(http.StatusForbidden)
	_, err = b.SignPut(t.Context(), key, storage.PutOptions{})
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.ErrorContains(t, err, s.account.Email)
	s.refuse.Store(http.StatusNotFound)
	_, _, err = b.SignGet(t.Context(), key, storage.GetOptions{})
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.NotErrorIs(t, err, storage.ErrNotFound, "it is not the object that is missing")
}

func keyOf(t *testing.T, account fakegcs.Account) string {
	t.Helper()
	var file struct {
		PrivateKey string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(account.KeyFile, &file))
	return file.PrivateKey
}

func TestRefusedCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	s := newServices(t)
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}`)
	}))
	t.Cleanup(refuses.Close)
	b, err := s.open(t, env("GOOGLE_APPLICATION_CREDENTIALS", s.file(t, map[string]any{"token_uri": refuses.URL})))
	if err == nil {
		_, err = b.Attributes(t.Context(), key)
	}
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.ErrorContains(t, err, "credentials were not accepted")
	require.NotContains(t, err.Error(), "PRIVATE KEY")
}

// TestMachineOfGoogles has its account from the machine; the variable that leads there is the process's own.
func TestMachineOfGoogles(t *testing.T) {
	s := newServices(t)
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(s.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	b, err := s.open(t, env())
	require.NoError(t, err)
	works(t, b)
	require.EqualValues(t, 2, s.signed.Load())
}
