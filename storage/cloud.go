package storage

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cloud is a bucket of Google Cloud Storage, by its JSON API. Nothing here depends on a client library but the
// credentials: docs/adr/0012 says why.
type cloud struct {
	name      string
	prefix    string // of every object; ends with a slash unless it is empty
	storage   string // where the service is, such as https://storage.googleapis.com
	client    *http.Client
	transport *http.Transport
	signer    signer
	stall     time.Duration // how long nothing may move
	wait      time.Duration // before the second try
	now       func() time.Time
	logger    *slog.Logger
}

// places are where Google's services are, and how long they are given before a second try.
type places struct {
	storage string
	signing string // for service accounts, without their keys
	wait    time.Duration
}

func googlePlaces() places {
	return places{
		storage: "https://storage.googleapis.com", signing: "https://iamcredentials.googleapis.com", wait: cloudWait,
	}
}

const (
	cloudStall    = 20 * time.Second
	cloudWait     = 250 * time.Millisecond
	maxAnswer     = 8 << 20 // bytes of an answer that is not an object's content
	listPage      = "1000"
	attributeList = "name,size,generation,contentType,crc32c,timeCreated"
)

// The rights that are needed in the bucket, by Google's names.
const (
	rightCreate = "storage.objects.create"
	rightGet    = "storage.objects.get"
	rightDelete = "storage.objects.delete"
	rightList   = "storage.objects.list"
)

func openCloud(ctx context.Context, config Config, at places) (*cloud, error) {
	name, prefix, err := cloudOf(config.URL)
	if err != nil {
		return nil, err
	}
	c := &cloud{
		name: name, prefix: prefix, stall: config.StallTimeout, wait: at.wait, now: config.Now, logger: config.Logger,
		transport: newTransport(),
	}
	if c.stall == 0 {
		c.stall = cloudStall
	}
	if err := c.signIn(ctx, config.Getenv, at); err != nil {
		return nil, err
	}
	missing, err := c.missingRights(ctx)
	var answer *answerError
	switch {
	case err == nil && len(missing) > 0:
		c.logger.WarnContext(ctx, "the server lacks rights in its bucket; “entrepot doctor” says what to do",
			"bucket", c.name, "account", c.signer.account(), "missing", strings.Join(missing, " "))
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("there is no bucket %s in Google Cloud Storage; create it, or correct the bucket's address", name)
	case errors.As(err, &answer) && !isTransient(err):
		return nil, fmt.Errorf("use bucket %s as %s: %w", name, c.signer.account(), err)
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil: // it may answer later, and much works without it
		c.logger.WarnContext(ctx, "the bucket does not answer", "bucket", c.name, "error", err)
	}
	return c, nil
}

func (c *cloud) close() error {
	c.transport.CloseIdleConnections()
	return nil
}

func (c *cloud) handler() http.Handler { return http.NotFoundHandler() }

func (c *cloud) origin() string { return c.storage }

func (c *cloud) setPublicURL(address string) error {
	_, err := parsePublicURL(address)
	return err
}

// resource is an object as the API describes it.
type resource struct {
	Name        string    `json:"name"`
	Size        int64     `json:"size,string"`
	Generation  int64     `json:"generation,string"`
	ContentType string    `json:"contentType"`
	CRC32C      string    `json:"crc32c"`
	TimeCreated time.Time `json:"timeCreated"`
}

func (r *resource) attributes() (Attributes, error) {
	a := Attributes{Size: r.Size, Generation: r.Generation, Created: r.TimeCreated, ContentType: r.ContentType}
	if r.CRC32C != "" {
		sum, err := base64.StdEncoding.DecodeString(r.CRC32C)
		if err != nil || len(sum) != 4 {
			return a, &faultError{text: "the bucket's checksum of the object cannot be read"}
		}
		crc := binary.BigEndian.Uint32(sum)
		a.CRC32C = &crc
	}
	if a.Size < 0 || a.Generation <= 0 {
		return a, &faultError{text: "the bucket describes the object without size and generation"}
	}
	return a, nil
}

// objectURL is the address of an object in the API.
func (c *cloud) objectURL(key string, query url.Values) string {
	return c.bucketURL("/o/"+escape(c.prefix+key, ""), query)
}

func (c *cloud) bucketURL(path string, query url.Values) string {
	return c.storage + "/storage/v1/b/" + escape(c.name, "") + path + "?" + query.Encode()
}

func (c *cloud) attributes(ctx context.Context, key string) (Attributes, error) {
	var found resource
	address := c.objectURL(key, url.Values{"fields": {attributeList}})
	if err := c.ask(ctx, http.MethodGet, address, &found); err != nil {
		return Attributes{}, err
	}
	return found.attributes()
}

func (c *cloud) remove(ctx context.Context, key string, generation int64) error {
	query := url.Values{}
	if generation != 0 {
		query.Set("ifGenerationMatch", strconv.FormatInt(generation, 10))
	}
	address := c.objectURL(key, query)
	perhaps := false // whether an earlier try may have done it without our hearing of it
	err := c.retry(ctx, func() error {
		answer, err := c.send(ctx, call{method: http.MethodDelete, url: address}) //nolint:bodyclose // expect ends it
		if err == nil {
			err = expect(answer, http.StatusNoContent, http.StatusOK)
		}
		if perhaps && errors.Is(err, ErrNotFound) {
			return nil
		}
		perhaps = perhaps || isTransient(err)
		return err
	})
	if status(err) == http.StatusPreconditionFailed {
		return ErrChanged
	}
	return err
}

func (c *cloud) list(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		query := url.Values{
			"prefix": {c.prefix + prefix}, "maxResults": {listPage}, "fields": {"nextPageToken,items(" + attributeList + ")"},
		}
		for {
			var page struct {
				Items         []resource `json:"items"`
				NextPageToken string     `json:"nextPageToken"`
			}
			if err := c.ask(ctx, http.MethodGet, c.bucketURL("/o", query), &page); err != nil {
				yield(Object{}, err)
				return
			}
			for _, item := range page.Items {
				key, ours := strings.CutPrefix(item.Name, c.prefix)
				attributes, err := item.attributes()
				if err != nil {
					yield(Object{}, err)
					return
				}
				if ours && !yield(Object{Key: key, Attributes: attributes}, nil) {
					return
				}
			}
			if page.NextPageToken == "" {
				return
			}
			query.Set("pageToken", page.NextPageToken)
		}
	}
}

// missingRights asks which of the needed rights the credentials lack. Everybody may ask that. The error is ErrNotFound
// where there is no such bucket.
func (c *cloud) missingRights(ctx context.Context) ([]string, error) {
	needed := []string{rightCreate, rightGet, rightDelete, rightList}
	var granted struct {
		Permissions []string `json:"permissions"`
	}
	address := c.bucketURL("/iam/testPermissions", url.Values{"permissions": needed})
	if err := c.ask(ctx, http.MethodGet, address, &granted); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(needed, func(right string) bool { return slices.Contains(granted.Permissions, right) }), nil
}

// ask makes a call without a body, as often as is needed, and reads its answer.
func (c *cloud) ask(ctx context.Context, method, address string, into any) error {
	return c.retry(ctx, func() error {
		answer, err := c.send(ctx, call{method: method, url: address})
		if err != nil {
			return err
		}
		return read(answer, into)
	})
}

// read reads an answer in JSON, and ends it. One that is cut or nothing of the kind is a fault that may pass.
func read(answer *http.Response, into any) error {
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return refusedBy(answer)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &faultError{text: "the answer cannot be read", passes: true}
	}
	return nil
}

// expect ends an answer whose content does not matter.
func expect(answer *http.Response, statuses ...int) error {
	if !slices.Contains(statuses, answer.StatusCode) {
		return refusedBy(answer)
	}
	discard(answer)
	return nil
}

// discard ends an answer so that its connection can be used again, unless there is much left of it.
func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10)
	_ = answer.Body.Close()
}
