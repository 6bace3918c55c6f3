// Package fakegcs is a Google Cloud Storage to test against, and to try Entrepot with: “go run ./internal/fakegcs/serve”.
// No program that is built knows it.
//
// Objects are kept by fake-gcs-server, in memory or in a folder. In front of it stands what that leaves out, by Google's
// published rules: signed URLs are verified (V4, Verifier), uploads are held to what was signed for them, resumable
// uploads can be resumed, preconditions hold for reading too, browsers get the bucket's CORS answers, rights can be asked
// for. There is no sign-in: who reaches it may do everything but upload and download without a signature.
package fakegcs

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// Config says what the server holds.
type Config struct {
	// Bucket is made when it is missing. Required.
	Bucket string
	// Folder keeps the objects; it is made when it is missing. Empty keeps them in memory.
	Folder string
	// Verifier checks signed requests; one without keys refuses them all.
	Verifier Verifier
	// Origins are those whose pages may send signed requests, by the bucket's CORS settings; "*" are all.
	Origins []string
	// Rights are the permissions that whoever asks is told to have; nil are all that they ask for.
	Rights []string
}

// Server is the service: an http.Handler. The requests of one client may come at once.
type Server struct {
	config  Config
	objects *fakestorage.Server
	spool   string // folder of what is being uploaded

	mu       sync.Mutex
	sessions map[string]*session
}

// New makes a server. The caller closes it.
func New(config Config) (*Server, error) {
	if config.Bucket == "" {
		return nil, errors.New("new fake storage: Bucket is missing")
	}
	s := &Server{config: config, sessions: map[string]*session{}}
	root := ""
	if config.Folder != "" {
		root = filepath.Join(config.Folder, "objects")
		if err := os.MkdirAll(root, 0o700); err != nil {
			return nil, fmt.Errorf("new fake storage: %w", err)
		}
	}
	var err error
	if s.spool, err = os.MkdirTemp(config.Folder, "spool-"); err != nil {
		return nil, fmt.Errorf("new fake storage: %w", err)
	}
	s.objects, err = fakestorage.NewServerWithOptions(fakestorage.Options{StorageRoot: root, Scheme: "http", NoListener: true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("new fake storage: %w", err), os.RemoveAll(s.spool))
	}
	s.objects.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: config.Bucket})
	return s, nil
}

// Close drops what is being uploaded, and all objects where there is no folder.
func (s *Server) Close() error {
	s.objects.Stop()
	return os.RemoveAll(s.spool)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/", 6)
	api := len(parts) > 1 && (parts[0] == "storage" || parts[0] == "upload" || parts[0] == "download" || parts[0] == "b")
	switch {
	case api && parts[0] == "upload" && (r.URL.Query().Has("upload_id") || r.URL.Query().Get("uploadType") == "resumable"):
		s.resumable(w, r)
	case api && strings.HasSuffix(r.URL.Path, "/iam/testPermissions"):
		s.rights(w, r)
	case api:
		if s.asExpected(w, r, parts) {
			s.objects.HTTPHandler().ServeHTTP(w, r)
		}
	case len(parts) < 2:
		http.Error(w, "A Google Cloud Storage to test against, for the bucket gs://"+s.config.Bucket+".", http.StatusOK)
	default:
		bucket, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		s.signed(w, r, bucket, name)
	}
}

// asExpected answers 412 where the object is not the generation that a request expects.
func (s *Server) asExpected(w http.ResponseWriter, r *http.Request, parts []string) bool {
	wanted := r.URL.Query().Get("ifGenerationMatch")
	// storage/v1/b/<bucket>/o/<object>
	if wanted == "" || len(parts) < 6 || r.Method != http.MethodGet && r.Method != http.MethodDelete {
		return true
	}
	name, err := url.PathUnescape(parts[5])
	if err != nil {
		return true
	}
	if is := s.generation(parts[3], name); is != 0 && strconv.FormatInt(is, 10) != wanted {
		failJSON(w, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
		return false
	}
	return true
}

// generation is that of an object, 0 for none.
func (s *Server) generation(bucket, name string) int64 {
	object, err := s.objects.GetObjectStreaming(bucket, name)
	if err != nil {
		return 0
	}
	_ = object.Close()
	return object.Generation
}

// rights answers what of the rights that are asked for there are.
func (s *Server) rights(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "/b/"+s.config.Bucket+"/") {
		failJSON(w, http.StatusNotFound, "The specified bucket does not exist.")
		return
	}
	granted := r.URL.Query()["permissions"]
	if s.config.Rights != nil {
		granted = slices.DeleteFunc(granted, func(right string) bool { return !slices.Contains(s.config.Rights, right) })
	}
	answerJSON(w, http.StatusOK, map[string]any{"kind": "storage#testIamPermissionsResponse", "permissions": granted})
}
