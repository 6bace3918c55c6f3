package fakegcs

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// signed answers requests as clients send them that have nothing but a signed URL, and what browsers ask before.
func (s *Server) signed(w http.ResponseWriter, r *http.Request, bucket, name string) {
	allowed := s.allow(w, r)
	if r.Method == http.MethodOptions {
		preflight(w, r, allowed)
		return
	}
	if r.URL.Query().Has("upload_id") { // its address is a right by itself
		s.resumable(w, r)
		return
	}
	if _, err := s.config.Verifier.Verify(r); err != nil {
		refused := &SignatureError{"AccessDenied", "Anonymous caller does not have access."}
		status := http.StatusForbidden
		if errors.As(err, &refused) && (refused.Code == "ExpiredToken" || refused.Code == "InvalidArgument") {
			status = http.StatusBadRequest
		}
		failXML(w, status, refused.Code, refused.Message)
		return
	}
	switch r.Method {
	case http.MethodPut:
		s.put(w, r, bucket, name)
	case http.MethodPost:
		s.begin(w, r, bucket, name, limitsOf(r))
	case http.MethodGet, http.MethodHead:
		s.get(w, r, bucket, name)
	default:
		failXML(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed.")
	}
}

// limits are what an upload is held to.
type limits struct {
	min, max    int64  // bytes
	generation  string // that must be there now; 0 is none, empty is any
	contentType string
	encoding    string
}

func limitsOf(r *http.Request) limits {
	l := limits{
		max: 5 << 40, generation: r.Header.Get("X-Goog-If-Generation-Match"), contentType: r.Header.Get("Content-Type"),
		encoding: r.Header.Get("Content-Encoding"),
	}
	if low, high, ok := strings.Cut(r.Header.Get("X-Goog-Content-Length-Range"), ","); ok {
		l.min, _ = strconv.ParseInt(low, 10, 64)
		l.max, _ = strconv.ParseInt(high, 10, 64)
	}
	return l
}

// put takes an object in one piece.
func (s *Server) put(w http.ResponseWriter, r *http.Request, bucket, name string) {
	l := limitsOf(r)
	if r.ContentLength > l.max {
		failXML(w, http.StatusBadRequest, "EntityTooLarge", "Your proposed upload is larger than the maximum allowed.")
		return
	}
	file, err := os.CreateTemp(s.spool, "put-")
	if err != nil {
		failXML(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	defer remove(file)
	size, err := io.Copy(file, io.LimitReader(r.Body, l.max+1))
	if err != nil {
		return // the client is gone, and nothing is stored
	}
	_, status, message := s.store(bucket, name, file, size, l)
	if status != http.StatusOK {
		failXML(w, status, strings.ReplaceAll(http.StatusText(status), " ", ""), message)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// store makes an object of a file, and gives its description.
func (s *Server) store(bucket, name string, file *os.File, size int64, l limits) (resource []byte, status int, message string) {
	switch {
	case size > l.max:
		return nil, http.StatusBadRequest, "Your proposed upload is larger than the maximum allowed."
	case size < l.min:
		return nil, http.StatusBadRequest, "Your proposed upload is smaller than the minimum allowed."
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, http.StatusInternalServerError, err.Error()
	}
	query := url.Values{"uploadType": {"media"}, "name": {name}}
	if l.generation != "" {
		query.Set("ifGenerationMatch", l.generation)
	}
	if l.encoding != "" {
		query.Set("contentEncoding", l.encoding)
	}
	insert := httptest.NewRequestWithContext(context.Background(), http.MethodPost,
		"/upload/storage/v1/b/"+bucket+"/o?"+query.Encode(), io.NopCloser(file))
	insert.Header.Set("Content-Type", l.contentType)
	answer := httptest.NewRecorder()
	s.objects.HTTPHandler().ServeHTTP(answer, insert)
	return answer.Body.Bytes(), answer.Code, answer.Body.String()
}

// get gives an object.
func (s *Server) get(w http.ResponseWriter, r *http.Request, bucket, name string) {
	is := s.generation(bucket, name)
	if wanted := r.URL.Query().Get("generation"); is == 0 || wanted != "" && wanted != strconv.FormatInt(is, 10) {
		failXML(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	query := url.Values{"alt": {"media"}}
	for _, name := range []string{"response-content-disposition", "response-content-type"} {
		if value := r.URL.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = "/download/storage/v1/b/" + bucket + "/o/" + name
	inner.URL.RawPath = "/download/storage/v1/b/" + bucket + "/o/" + url.PathEscape(name)
	inner.URL.RawQuery = query.Encode()
	inner.Header.Del("Origin")
	s.objects.HTTPHandler().ServeHTTP(&ownCORS{ResponseWriter: w, header: w.Header().Clone()}, inner)
}

// ownCORS keeps the headers that allow was asked for, whatever the server behind says.
type ownCORS struct {
	http.ResponseWriter
	header http.Header
}

// WriteHeader implements http.ResponseWriter.
func (o *ownCORS) WriteHeader(status int) {
	header := o.Header()
	for name := range header {
		if strings.HasPrefix(name, "Access-Control-") {
			header.Del(name)
		}
	}
	for name, values := range o.header {
		header[name] = values
	}
	o.ResponseWriter.WriteHeader(status)
}

// The headers that pages may send, and those that they may read.
const (
	allowedHeaders = "Content-Type, Content-Range, X-Goog-Content-Length-Range, X-Goog-If-Generation-Match, X-Goog-Resumable"
	exposedHeaders = "Content-Disposition, Content-Type, ETag, Location, Range"
)

// allow says in the answer whether the page that asks may read it.
func (s *Server) allow(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	all := slices.Contains(s.config.Origins, "*")
	if origin == "" || !all && !slices.Contains(s.config.Origins, origin) {
		return false
	}
	if all {
		origin = "*"
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Expose-Headers", exposedHeaders)
	return true
}

// preflight answers what a browser asks before it sends what a page wants to send.
func preflight(w http.ResponseWriter, r *http.Request, allowed bool) {
	method := r.Header.Get("Access-Control-Request-Method")
	if allowed && slices.Contains([]string{"GET", "HEAD", "PUT", "POST"}, method) {
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST")
		w.Header().Set("Access-Control-Allow-Headers", allowedHeaders)
		w.Header().Set("Access-Control-Max-Age", "3600")
	} else {
		w.Header().Del("Access-Control-Allow-Origin")
	}
	w.WriteHeader(http.StatusOK)
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client may be gone
}

func failJSON(w http.ResponseWriter, status int, message string) {
	answerJSON(w, status, map[string]any{"error": map[string]any{"code": status, "message": message}})
}

func failXML(w http.ResponseWriter, status int, code, message string) {
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(message))
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, //nolint:gosec // no page, and the text is escaped
		"<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message></Error>", code, &text)
}
