// Package pgserver starts throw-away PostgreSQL servers from the binaries that are installed: for tests, and for
// go run ./database/diff. A server ends, and its files go, when the process that started it ends, however it ends.
//
// It imports the standard library and the driver that asks whether the server answers.
package pgserver

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "github.com/lib/pq" // the driver “postgres”
)

// Install is the command that installs the server's binaries on Debian and Ubuntu.
const Install = "apt-get install -y --no-install-recommends postgresql"

// ErrMissing is the error where there are no server binaries. It says how to get them.
var ErrMissing = errors.New("no PostgreSQL server binaries found (initdb, postgres): " + Install)

// Superuser is the role that made the server. Nobody needs a password.
const Superuser = "postgres"

// Server is a running server. It listens on a Unix socket only.
type Server struct {
	dir    string
	keeper *exec.Cmd
	hold   io.Closer // while it is open the server lives
	said   *output

	ended chan struct{} // closed when the keeper has ended
	stop  sync.Once
}

// Start makes a server with an empty cluster, in about a second, and waits until it answers. Commits are not flushed to
// the disk: it is not for what must be kept.
func Start(ctx context.Context) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// A short path: the name of a Unix socket has about 100 bytes.
	dir, err := os.MkdirTemp(shortTemp(), "pgs")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	s := &Server{dir: dir, said: &output{}, ended: make(chan struct{})}
	if err := s.start(ctx, bin); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.Stop())
	}
	return s, nil
}

// keep runs the server until its standard input ends, which it does when the process dies that holds the other end;
// then it stops the server and removes the files. Arguments: binaries, folder, settings.
const keep = `
bin=$1 dir=$2; shift 2
trap '' INT HUP
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 ||
  { cat "$dir/initdb.log" >&2; rm -rf "$dir"; exit 1; }
"$bin/postgres" -D "$dir/data" -k "$dir" "$@" </dev/null &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$dir"
`

func (s *Server) start(ctx context.Context, bin string) error {
	args := []string{"-c", keep, "sh", bin, s.dir}
	for _, setting := range []string{
		"listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=500",
		"log_min_messages=fatal", "logging_collector=off", "jit=off",
	} {
		args = append(args, "-c", setting)
	}
	s.keeper = exec.Command("/bin/sh", args...) //nolint:noctx // it outlives the context, and ends with its input
	s.keeper.Dir, s.keeper.Stderr, s.keeper.Stdout = s.dir, s.said, s.said
	if err := unprivileged(s.keeper, s.dir); err != nil {
		return err
	}
	in, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.hold = in
	if err := s.keeper.Start(); err != nil {
		close(s.ended)
		return err
	}
	go func() {
		_ = s.keeper.Wait() // what it said tells more
		close(s.ended)
	}()
	return s.answer(ctx)
}

// answer waits until the server takes connections.
func (s *Server) answer(ctx context.Context) error {
	db, err := sql.Open("postgres", s.URL(Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("it has ended: %s", s.said)
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w\n%s", err, s.said)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is where a role finds a database of the server.
func (s *Server) URL(role, database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.User(role), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode(),
	}).String()
}

// Stop ends the server and removes its files. It may be called again.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		if s.hold == nil {
			return
		}
		_ = s.hold.Close()
		<-s.ended
	})
	return os.RemoveAll(s.dir)
}

// output keeps what the server says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// binaries is the folder with the newest server's programs.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb",
	} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, paths...)
	}
	if len(found) == 0 || runtime.GOOS == "windows" {
		return "", ErrMissing
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
	return filepath.Dir(newest), nil
}

// major is the first number in a path.
func major(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0]) // digits only
	return n
}

func shortTemp() string {
	if dir := os.TempDir(); len(dir) < 60 && os.Geteuid() != 0 { // root's may be closed to others
		return dir
	}
	return "/tmp"
}
