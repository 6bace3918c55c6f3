package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// Handler serves the signed URLs of a folder: PUT, GET (with Range), HEAD as GET, and OPTIONS for browsers of any origin.
// It looks at the query only, so it may be mounted under any path; PublicURL names that path. It needs no sign-in: the
// signature is the right. For a remote bucket, whose URLs lead elsewhere, it answers 404.
//
// Bodies stream; nothing is kept of a transfer that did not succeed, and its URL works until it expires. A refusal is
// JSON, {"code", "message"}: SIGNATURE_INVALID, URL_EXPIRED, METHOD_MISMATCH, CONTENT_TYPE_MISMATCH (403), NOT_FOUND
// (404), METHOD_NOT_ALLOWED (405), TRANSFER_STALLED (408), ALREADY_EXISTS (412), SIZE_MISMATCH, CHECKSUM_MISMATCH,
// TRANSFER_INCOMPLETE (400), STORAGE_UNAVAILABLE (503; the cause is logged).
func (b *Bucket) Handler() http.Handler { return b.store.handler() }

const allowedMethods = "GET, HEAD, PUT, OPTIONS"

// refusal is an answer that tells the client what is wrong.
type refusal struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return r.Code + ": " + r.Message }

func refuse(status int, code, format string, args ...any) error {
	return &refusal{status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func (b *local) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*") // without credentials: there is nothing to send but the URL
	header.Set("Access-Control-Expose-Headers", "Content-Disposition, Content-Length, Content-Range, ETag")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", allowedMethods)
		header.Set("Access-Control-Allow-Headers", "Content-Type, If-Match, If-None-Match, If-Range, Range")
		header.Set("Access-Control-Max-Age", "3600")
		header.Set("Allow", allowedMethods)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	transfer := newTransfer(w, r, b.stall)
	defer transfer.end()
	if err := b.answer(w, r, transfer); err != nil {
		b.writeError(w, r, err)
	}
}

func (b *local) answer(w http.ResponseWriter, r *http.Request, transfer *transfer) error {
	switch r.Method {
	case http.MethodPut, http.MethodGet, http.MethodHead:
	default:
		w.Header().Set("Allow", allowedMethods)
		return refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Use PUT to upload or GET to download.")
	}
	g, ok := b.verify(r.URL.RawQuery)
	if !ok {
		return refuse(http.StatusForbidden, "SIGNATURE_INVALID",
			"This address is not one that was signed here, or it was changed. Ask for a new one.")
	}
	if !b.now().Before(g.expires) {
		return refuse(http.StatusForbidden, "URL_EXPIRED",
			"This address expired at %s. Ask for a new one.", g.expires.UTC().Format(time.RFC3339))
	}
	if r.Method != g.method && (r.Method != http.MethodHead || g.method != http.MethodGet) {
		return refuse(http.StatusForbidden, "METHOD_MISMATCH",
			"This address was signed for %s, and this is %s.", g.method, r.Method)
	}
	if g.method == http.MethodGet {
		return b.get(w, r, g, transfer)
	}
	err := b.put(w, r, g, transfer)
	if err != nil {
		// A client that is still sending may never read an answer that comes early. One that waits for
		// "100 Continue" reads it, and would only begin to send if the body was asked for.
		if transfer.err == nil && r.Header.Get("Expect") == "" {
			_, _ = io.Copy(io.Discard, io.LimitReader(transfer, g.size))
		}
	}
	return err
}

func (b *local) put(w http.ResponseWriter, r *http.Request, g grant, transfer *transfer) error {
	if !slices.Equal(r.Header["Content-Type"], []string{g.contentType}) {
		return refuse(http.StatusForbidden, "CONTENT_TYPE_MISMATCH",
			"This address was signed for the content type %s. Send exactly that.", g.contentType)
	}
	wrongSize := func(got string) error {
		return refuse(http.StatusBadRequest, "SIZE_MISMATCH",
			"This address was signed for exactly %d bytes, and these are %s.", g.size, got)
	}
	if r.ContentLength >= 0 && r.ContentLength != g.size {
		return wrongSize(strconv.FormatInt(r.ContentLength, 10))
	}
	// What has arrived whole is kept even when the client is gone by then; one that goes earlier breaks the body.
	writer, err := newWriter(context.WithoutCancel(r.Context()), b, g.key)
	if err != nil {
		return existsOr(err)
	}
	defer writer.Abort()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(writer, hash), io.LimitReader(transfer, g.size+1))
	switch {
	case errors.Is(transfer.err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "TRANSFER_STALLED",
			"Nothing arrived for %s. Nothing is stored; send it again.", b.stall)
	case transfer.err != nil:
		return refuse(http.StatusBadRequest, "TRANSFER_INCOMPLETE",
			"The transfer broke off after %d of %d bytes. Nothing is stored; send it again.", size, g.size)
	case err != nil:
		return err
	case size > g.size:
		return wrongSize("more")
	case size < g.size:
		return wrongSize(strconv.FormatInt(size, 10))
	case g.sha256 != "" && hex.EncodeToString(hash.Sum(nil)) != g.sha256:
		return refuse(http.StatusBadRequest, "CHECKSUM_MISMATCH",
			"What arrived has another SHA-256 than this address was signed for. Nothing is stored; send it again.")
	}
	if err := writer.Close(); err != nil {
		return existsOr(err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (b *local) get(w http.ResponseWriter, r *http.Request, g grant, transfer *transfer) error {
	file, info, err := b.openFile(g.key)
	if errors.Is(err, ErrNotFound) {
		return refuse(http.StatusNotFound, "NOT_FOUND", "There is no such file, or it was deleted.")
	}
	if err != nil {
		return err
	}
	generation := attributesOf(info).Generation
	if g.generation != 0 && g.generation != generation {
		_ = file.Close()
		return refuse(http.StatusNotFound, "NOT_FOUND", "There is no such file, or it was deleted.")
	}
	defer func() { _ = file.Close() }() // only read: nothing can be lost
	header := w.Header()
	header.Set("Content-Type", g.contentType)
	header.Set("Content-Disposition", disposition(g.fileName))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-store")
	header.Set("ETag", `"`+strconv.FormatInt(generation, 10)+`"`)
	http.ServeContent(w, r, "", info.ModTime(), content{file, transfer})
	_ = transfer.connection.Flush() // while the deadline stands: a client that stopped reading must not hold us
	return nil
}

func existsOr(err error) error {
	if errors.Is(err, ErrExists) {
		return refuse(http.StatusPreconditionFailed, "ALREADY_EXISTS",
			"This file was uploaded before. Ask for a new address to upload another.")
	}
	return err
}

func (b *local) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var answer *refusal
	if !errors.As(err, &answer) {
		b.logger.ErrorContext(r.Context(), "bucket request", "method", r.Method, "error", err)
		answer = &refusal{
			http.StatusServiceUnavailable, "STORAGE_UNAVAILABLE",
			"The file store cannot do this now. Try again later.",
		}
		w.Header().Set("Retry-After", "10")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(answer.status)
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}
