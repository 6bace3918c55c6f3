package database

import (
	"cmp"
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/lib/pq"
)

// All that is peculiar to PostgreSQL stands in the files postgres*.go.

const (
	// Connections of one process: 20 with the two that listen for notifications (event, queue).
	postgresReaders = 8
	postgresWriters = 6
	postgresJobs    = 4

	connectWait      = 30 * time.Second // for a server that is just starting
	connectTimeout   = 5 * time.Second  // for one attempt
	statementTimeout = time.Minute
	idleTimeout      = time.Minute // within a transaction
	lockTimeout      = 30 * time.Second
)

// postgresConfig reads a URL. What the operator says in it is kept, what is left open is set. Errors do not repeat the
// URL: it has a password.
func postgresConfig(name, address string) (pq.Config, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || len(u.Path) < 2 {
		return pq.Config{}, fmt.Errorf("%s is no URL like postgres://user:password@host:5432/database", name)
	}
	c, err := pq.NewConfig(address)
	if err != nil {
		return pq.Config{}, fmt.Errorf("%s: %w", name, err)
	}
	if local(u) {
		c.SSLMode = pq.SSLModePrefer
	}
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, connectTimeout)
	c.ApplicationName = cmp.Or(c.ApplicationName, "entrepot")
	if c.Runtime == nil {
		c.Runtime = make(map[string]string)
	}
	c.Runtime["TimeZone"] = "UTC"
	if c.Runtime["search_path"] == "" {
		c.Runtime["search_path"] = "public" // nobody's own schema comes first
	}
	return c, nil
}

// local tells an address on this machine that says nothing about TLS: there lib/pq's default, to insist on it, would keep
// most servers out.
func local(u *url.URL) bool {
	host := u.Hostname()
	return u.Query().Get("sslmode") == "" && os.Getenv("PGSSLMODE") == "" &&
		(host == "localhost" || net.ParseIP(host).IsLoopback())
}

// ListenURL is where connections beside the pools go, such as those that listen; empty on SQLite.
func (d *DB) ListenURL() string {
	u, err := url.Parse(d.address)
	if err != nil || !local(u) {
		return d.address
	}
	query := u.Query()
	query.Set("sslmode", string(pq.SSLModePrefer))
	u.RawQuery = query.Encode()
	return u.String()
}

// openPool opens a pool. Settings are milliseconds, and of every connection.
func openPool(c pq.Config, size int, settings map[string]time.Duration) (*sql.DB, error) {
	c = c.Clone()
	for name, d := range settings {
		if _, set := c.Runtime[name]; !set {
			c.Runtime[name] = strconv.FormatInt(d.Milliseconds(), 10)
		}
	}
	inner, err := pq.NewConnectorConfig(c)
	if err != nil {
		return nil, err
	}
	inner.Dialer(dialer{})
	pool := sql.OpenDB(&connector{inner})
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(time.Hour)
	return pool, nil
}

// dialer notices within half a minute that the other machine is gone.
type dialer struct{}

func (dialer) Dial(network, address string) (net.Conn, error) {
	return dialer{}.DialTimeout(network, address, connectTimeout)
}

func (dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return dialer{}.DialContext(ctx, network, address)
}

func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	alive := net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}
	return (&net.Dialer{KeepAliveConfig: alive}).DialContext(ctx, network, address)
}

// openPostgres opens the pools and waits, for a time, until the server answers.
func (d *DB) openPostgres(ctx context.Context, c Config) error {
	address, err := postgresConfig("the database's URL", c.URL)
	if err != nil {
		return err
	}
	settings := map[string]time.Duration{
		"statement_timeout": statementTimeout, "idle_in_transaction_session_timeout": idleTimeout,
	}
	for _, p := range []struct {
		pool *(*sql.DB)
		size int
	}{
		{&d.readers, cmp.Or(c.Connections.Readers, postgresReaders)},
		{&d.writer, cmp.Or(c.Connections.Writers, postgresWriters)},
		{&d.jobs, cmp.Or(c.Connections.Jobs, postgresJobs)},
	} {
		if *p.pool, err = openPool(address, p.size, settings); err != nil {
			return err
		}
	}
	return d.awaitServer(ctx, d.writer, cmp.Or(c.Wait, connectWait))
}

// awaitServer tries again while the server's state, and not what it was told, is what keeps it from answering.
func (d *DB) awaitServer(ctx context.Context, pool *sql.DB, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		_, err := pool.ExecContext(ctx, "SELECT 1")
		if err == nil || !Unavailable(err) || refused(err) {
			return err
		}
		d.log.WarnContext(ctx, "the database does not answer yet", "error", err, "next_try", pause)
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database did not answer within %s: %w", wait, err)
		case <-time.After(pause):
		}
	}
}

// beginPostgres opens a transaction whose first statement says who asks. A pool's connections may all be broken, after
// a restart of the server: as many are tried.
func beginPostgres(ctx context.Context, pool *sql.DB, options *sql.TxOptions) (*sql.Conn, *sql.Tx, error) {
	head, err := identityOf(ctx).statement()
	if err != nil {
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	for tries := pool.Stats().MaxOpenConnections; ; tries-- {
		conn, tx, err := begin(context.WithValue(ctx, headKey{}, head), pool, options)
		if err == nil || tries <= 0 || !broken(err) {
			return conn, tx, err
		}
	}
}

// broken tells that a connection is no more, not that none can be made.
func broken(err error) bool {
	var e *net.OpError
	return errors.Is(err, sqldriver.ErrBadConn) || (errors.As(err, &e) && e.Op != "dial")
}

// postgresTime is what SQLite keeps of a time too: milliseconds.
func postgresTime(t time.Time) any { return t.Truncate(time.Millisecond) }
