package fakegcs

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
)

// pieceUnit is what the size of every piece but the last must be a multiple of.
const pieceUnit = 256 << 10

// session is a resumable upload.
type session struct {
	bucket, name string
	limits       limits

	mu   sync.Mutex
	file *os.File
	size int64
	made []byte // the object's description, once there is one
}

// resumable answers the start of an upload by the JSON API, and what follows any start.
func (s *Server) resumable(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !query.Has("upload_id") {
		bucket := strings.Split(r.URL.Path, "/")[5] // /upload/storage/v1/b/<bucket>/o
		l := limits{max: 5 << 40, generation: query.Get("ifGenerationMatch"), contentType: r.Header.Get("X-Upload-Content-Type")}
		s.begin(w, r, bucket, query.Get("name"), l)
		return
	}
	id := query.Get("upload_id")
	s.mu.Lock()
	u := s.sessions[id]
	s.mu.Unlock()
	if u == nil {
		failJSON(w, http.StatusNotFound, "There is no such upload.")
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if r.Method == http.MethodDelete {
		s.drop(id, u)
		w.WriteHeader(499) // Google's own
		return
	}
	if u.made == nil {
		status, message := s.take(u, r)
		if status != http.StatusOK {
			if status != http.StatusPermanentRedirect && status != http.StatusServiceUnavailable {
				s.drop(id, u)
			}
			if u.size > 0 {
				w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", u.size-1))
			}
			failJSON(w, status, message)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(u.made) //nolint:gosec // JSON, and no page
}

// begin makes a session and says where it is.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, bucket, name string, l limits) {
	signed := !strings.HasPrefix(r.URL.Path, "/upload/")
	switch is := s.generation(bucket, name); {
	case signed && r.Header.Get("X-Goog-Resumable") != "start":
		failXML(w, http.StatusBadRequest, "InvalidArgument", "A signed POST begins a resumable upload.")
		return
	case bucket != s.config.Bucket:
		failJSON(w, http.StatusNotFound, "The specified bucket does not exist.")
		return
	case l.generation != "" && l.generation != strconv.FormatInt(is, 10):
		failJSON(w, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
		return
	}
	file, err := os.CreateTemp(s.spool, "session-")
	if err != nil {
		failJSON(w, http.StatusInternalServerError, err.Error())
		return
	}
	id := rand.Text()
	s.mu.Lock()
	s.sessions[id] = &session{bucket: bucket, name: name, limits: l, file: file}
	s.mu.Unlock()
	where := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}
	where.RawQuery = url.Values{"upload_id": {id}}.Encode()
	w.Header().Set("Location", where.String())
	if signed {
		w.WriteHeader(http.StatusCreated)
	} else {
		w.WriteHeader(http.StatusOK)
	}
}

func (s *Server) drop(id string, u *session) {
	s.mu.Lock()
	delete(s.sessions, id)
	s.mu.Unlock()
	remove(u.file)
}

// remove drops a file of the spool.
func remove(file *os.File) {
	_, _ = file.Close(), os.Remove(file.Name()) //nolint:gosec // os.CreateTemp has named it
}

// take takes a piece. The answer is 308 as long as more is to come.
func (s *Server) take(u *session, r *http.Request) (status int, message string) {
	from, length, total, err := piece(r)
	switch {
	case err != nil:
		return http.StatusBadRequest, err.Error()
	case from >= 0 && from != u.size:
		return http.StatusPermanentRedirect, "This piece does not follow what is there."
	case from >= 0:
		n, err := io.Copy(io.NewOffsetWriter(u.file, u.size), io.LimitReader(r.Body, u.limits.max-u.size+1))
		if err != nil { // a transfer that broke: what is whole stays
			u.size += n - n%pieceUnit
			return http.StatusServiceUnavailable, "The transfer broke."
		}
		if length >= 0 && n != length {
			if u.size+n <= u.limits.max {
				return http.StatusBadRequest, "The piece has another size than it says."
			}
		}
		if total < 0 && length >= 0 && n%pieceUnit != 0 {
			return http.StatusBadRequest, "Only the last piece may have any size."
		}
		u.size += n
		if length < 0 {
			total = u.size
		}
	}
	if u.size > u.limits.max {
		return http.StatusBadRequest, "Your proposed upload is larger than the maximum allowed."
	}
	if total < 0 || u.size != total {
		return http.StatusPermanentRedirect, "More is to come."
	}
	u.made, status, message = s.store(u.bucket, u.name, u.file, u.size, u.limits)
	if status != http.StatusOK {
		u.made = nil
	}
	return status, message
}

var errRange = errors.New("the Content-Range cannot be read")

// piece reads a Content-Range: “bytes 0-99/*”, “bytes 100-149/150”, “bytes */150”, “bytes */*”; none is all at once. What
// is not said is -1.
func piece(r *http.Request) (from, length, total int64, err error) {
	text := r.Header.Get("Content-Range")
	if text == "" {
		return 0, -1, -1, nil
	}
	part, whole, _ := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	from, total = -1, -1
	if whole != "*" {
		if total, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return 0, 0, 0, errRange
		}
	}
	if part == "*" {
		return from, 0, total, nil
	}
	var end int64
	if _, err := fmt.Sscanf(part, "%d-%d", &from, &end); err != nil || end < from || from < 0 {
		return 0, 0, 0, errRange
	}
	return from, end - from + 1, total, nil
}
