// Package download signs and serves files that the server makes from the database while they are fetched, such as the
// results of an import as CSV.
//
// graph asks it for links, the server mounts Handler. A link is the right: it names the organization, the thing and the
// format, is signed with the server's secret and works for a quarter of an hour, at any replica with that secret. Files
// are streamed with bounded memory; what is served is whole, or the connection is cut.
//
// It knows database, definition, ent, storage (for file names), tabular (for cells that no spreadsheet computes) and
// viewer.
package download

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"entrepot/database"
)

const (
	// expiry is how long a link works.
	expiry = 15 * time.Minute
	// defaultStall is how long a client may take none of a file before the connection is cut.
	defaultStall   = time.Minute
	minSecretBytes = 32
)

// Config is what downloads work with. DB, Secret and Logger are required.
type Config struct {
	DB *database.DB
	// Secret signs the links, at least 32 bytes. All replicas share it.
	Secret []byte
	// PublicURL is where Handler is mounted, such as https://entrepot.example/download; SetPublicURL may give it later.
	PublicURL string
	Logger    *slog.Logger
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// StallTimeout is how long a client may take none of a file; 0 is a minute.
	StallTimeout time.Duration
}

// Downloads signs links and serves them. It is safe for concurrent use.
type Downloads struct {
	db     *database.DB
	key    []byte
	public atomic.Pointer[url.URL]
	log    *slog.Logger
	now    func() time.Time
	stall  time.Duration
}

// New makes Downloads; its error names everything that is wrong with the configuration.
func New(c Config) (*Downloads, error) {
	var errs []error
	if c.DB == nil {
		errs = append(errs, errors.New("download: Config.DB is missing"))
	}
	if len(c.Secret) < minSecretBytes {
		errs = append(errs, fmt.Errorf("download: Config.Secret has %d bytes: it needs at least %d", len(c.Secret), minSecretBytes))
	}
	if c.Logger == nil {
		errs = append(errs, errors.New("download: Config.Logger is missing"))
	}
	d := &Downloads{db: c.DB, log: c.Logger, now: c.Now, stall: c.StallTimeout}
	if d.now == nil {
		d.now = time.Now
	}
	if d.stall <= 0 {
		d.stall = defaultStall
	}
	if c.PublicURL != "" {
		errs = append(errs, d.SetPublicURL(c.PublicURL))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var err error
	// A key of its own: no link of the bucket, signed with the same secret, is one of these.
	if d.key, err = hkdf.Key(sha256.New, c.Secret, nil, "entrepot download links", sha256.Size); err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	return d, nil
}

// SetPublicURL says where Handler is mounted; links cannot be signed before.
func (d *Downloads) SetPublicURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("download: the public URL %q is not like https://entrepot.example/download", address)
	}
	d.public.Store(u)
	return nil
}
