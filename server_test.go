package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script"
)

// TestMain begins as main does, and is main where a test asks for a server in a process of its own.
func TestMain(m *testing.M) {
	script.ServeIfChild()
	if os.Getenv(asServer) != "" {
		main()
	}
	beginPrivate()
	os.Exit(m.Run())
}

// program is a server that runs in this process as it would in its own.
type program struct {
	data    string
	address string // http://127.0.0.1:…
	code    string
	log     *logBuffer
	stop    func() int
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func none(string) string { return "" }

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func start(t *testing.T, data string, args ...string) *program {
	t.Helper()
	p := &program{data: data, log: &logBuffer{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, stdout := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- Run(ctx, append([]string{"--addr", "127.0.0.1:0", "--data", data}, args...), stdout, p.log, none)
		_ = stdout.Close()
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		select {
		case code := <-exit:
			return code
		case <-time.After(stopWithin + 5*time.Second):
			return -1
		}
	})
	t.Cleanup(func() { require.Equal(t, exitOK, p.stop(), p.log) })
	lines := bufio.NewScanner(out)
	greeted := false
	for !greeted && lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "Entrepot is at "); ok {
			p.address = strings.TrimSuffix(at, "/")
		}
		if link, ok := strings.CutPrefix(lines.Text(), "Sign in: "); ok {
			greeted = true
			if before, code, ok := strings.Cut(link, "/#code="); ok {
				p.code = code
				require.Equal(t, p.address, before)
			}
		}
	}
	require.True(t, greeted, p.log)
	return p
}

// ask sends a request and gives its status and body.
func (p *program) ask(t *testing.T, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.address+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(content)
}

// listening is where the program listens, whatever it says that its address is.
func (p *program) listening(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`msg=listening address="?\S*:(\d+)`).FindStringSubmatch(p.log.String())
	require.NotNil(t, match, p.log)
	return "http://127.0.0.1:" + match[1]
}

func token(t *testing.T, data string, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	require.Equal(t, exitOK, Run(t.Context(), append([]string{"token", "--data", data}, args...), &out, &log, none), &log)
	require.Empty(t, log.String())
	text, newline := strings.CutSuffix(out.String(), "\n")
	require.True(t, newline)
	require.Equal(t, 2, strings.Count(text, "."))
	require.NotContains(t, text, "\n", "nothing but the token")
	return text
}

const whoAmI = `{"query": "{ viewer { user { email } organization { name } group { name } role } }"}`

func (p *program) whoAmI(t *testing.T, bearer string, headers ...string) string {
	t.Helper()
	status, body := p.ask(t, http.MethodPost, "/graphql", whoAmI, append(headers, "Authorization", "Bearer "+bearer)...)
	require.Equal(t, http.StatusOK, status, body)
	var answer struct {
		Data struct {
			Viewer struct {
				User                struct{ Email string }
				Organization, Group struct{ Name string }
				Role                string
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	v := answer.Data.Viewer
	return strings.Join([]string{v.User.Email, v.Organization.Name, v.Group.Name, v.Role}, " ")
}

const owner = "owner@demo.example Demonstration Measurements OWNER"

func TestTheSignInLinkWorksOnce(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	status, body := p.ask(t, http.MethodPost, "/auth/exchange", `{"code": "`+p.code+`"}`)
	require.Equal(t, http.StatusOK, status, body)
	var answer struct {
		Token     string
		ExpiresAt time.Time
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.WithinDuration(t, time.Now().Add(12*time.Hour), answer.ExpiresAt, time.Minute)
	require.Equal(t, owner, p.whoAmI(t, answer.Token))
	status, body = p.ask(t, http.MethodPost, "/auth/exchange", `{"code": "`+p.code+`"}`)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, "CODE_INVALID")
}

func TestWhatIsOpenAndWhatIsNot(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for _, c := range []struct {
		method, path string
		status       int
		contains     string
	}{
		{http.MethodGet, "/healthz", http.StatusOK, "ok"},
		{http.MethodGet, "/readyz", http.StatusOK, "ok"},
		{http.MethodGet, "/", http.StatusOK, "<html"},
		{http.MethodGet, "/graphiql", http.StatusOK, "<html"},
		{http.MethodPost, "/graphql", http.StatusUnauthorized, `"UNAUTHENTICATED"`},
		{http.MethodGet, "/graphql?query={viewer{role}}", http.StatusUnauthorized, `"UNAUTHENTICATED"`},
		{http.MethodGet, "/api/v1/anything", http.StatusUnauthorized, `"message"`},
		{http.MethodPost, "/api/v1/general/upload-file/gcs/upload-history", http.StatusUnauthorized, `"message"`},
		{http.MethodGet, "/bucket?key=x", http.StatusForbidden, "SIGNATURE_INVALID"},
		{http.MethodGet, "/nothing.js", http.StatusNotFound, ""},
	} {
		status, body := p.ask(t, c.method, c.path, "")
		require.Equal(t, c.status, status, c.path)
		require.Contains(t, body, c.contains, c.path)
	}
	for path, shape := range map[string]string{"/graphql": `{"errors":[`, "/api/v1/anything": `"message"`} {
		status, body := p.ask(t, http.MethodPost, path, whoAmI, "Authorization", "Bearer x.y.z")
		require.Equal(t, http.StatusUnauthorized, status)
		require.Contains(t, body, shape)
		status, _ = p.ask(t, http.MethodPost, path, whoAmI, "Host", "evil.example")
		require.Equal(t, http.StatusMisdirectedRequest, status)
	}
}

func TestTokensAreMadeBesideTheServerAndBeforeItsFirstStart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "not", "there")
	early := token(t, data)
	p := start(t, data)
	require.Equal(t, owner, p.whoAmI(t, early))
	require.Equal(t, owner, p.whoAmI(t, token(t, data)))
	inDemo := "Demonstration"
	for want, args := range map[string][]string{
		"viewer@demo.example Demonstration Measurements VIEWER":       {"--role", "viewer"},
		"collector@demo.example Demonstration Measurements COLLECTOR": {"--role=COLLECTOR"},
		"manager@demo.example Demonstration Reviews MANAGER":          {"--role", "MANAGER", "--group", "Reviews"},
		"owner@demo.example Demonstration Reviews OWNER":              {"--organization", inDemo, "--group", "Reviews"},
		"nogroup@demo.example Demonstration  COLLECTOR":               {"--user", "nogroup@demo.example"},
	} {
		require.Equal(t, want, p.whoAmI(t, token(t, data, args...)))
	}
	var out, log bytes.Buffer
	args := []string{"token", "--data", data, "--user", "x@y.example"}
	require.Equal(t, exitFailed, Run(t.Context(), args, &out, &log, none))
	require.Empty(t, out.String())
	require.Contains(t, log.String(), `no member matches user "x@y.example"`)
}

func TestTwoServersOnOneFolderAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	var out, log bytes.Buffer
	require.Equal(t, exitFailed, Run(t.Context(), []string{"--addr", "127.0.0.1:0", "--data", p.data}, &out, &log, none))
	require.Empty(t, out.String())
	require.Contains(t, log.String(), "in use by another server")
	require.Contains(t, log.String(), p.data)

	require.Equal(t, exitOK, p.stop(), p.log)
	again := start(t, p.data)
	require.NotEqual(t, p.code, again.code, "each start has a link of its own")
}

func TestAPortInUseIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	var out, log bytes.Buffer
	args := []string{"--addr", taken.Addr().String(), "--data", t.TempDir()}
	require.Equal(t, exitFailed, Run(t.Context(), args, &out, &log, none))
	require.Contains(t, log.String(), taken.Addr().String())
	require.Contains(t, log.String(), "--addr")
}

func TestWrongConfigurationIsNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	data := filepath.Join(t.TempDir(), "data")
	code := Run(t.Context(), []string{
		"--data", data, "--addr=0.0.0.0:8080", "--nonsense", "--url", "ftp://x/y", "extra", "--verbose=yes", "--secret",
	}, &out, &log, env(map[string]string{
		"DATABASE_URL": "mysql://x:secret@y", "BUCKET_URL": "gs://x", "OIDC_ISSUER": "https://x", "ENTREPOT_SECRET": "short",
		"ENTREPOT_ADMINS": "a@x.example", "JWKS_URL": "https://x",
	}))
	require.Equal(t, exitUsage, code)
	require.Empty(t, out.String())
	for _, want := range []string{
		`"0.0.0.0:8080"`, "loopback", "--nonsense", `"ftp://x/y"`, `"extra"`, "--verbose takes no value",
		"--secret needs a value", "DATABASE_URL", "BUCKET_URL", "OIDC_ISSUER", "ENTREPOT_SECRET) has 5", "ENTREPOT_ADMINS",
		"JWKS_URL",
	} {
		require.Contains(t, log.String(), want)
	}
	require.NotContains(t, log.String(), "secret@", "values may hold passwords")
	require.NoDirExists(t, data, "nothing was made")

	long := strings.Repeat("x", 32)
	provided := "--jwt-secret " + long + " --oidc-issuer i --oidc-audience a"
	for args, want := range map[string]string{
		"tokens": `no command "tokens"`, "token --role boss": "VIEWER, COLLECTOR, MANAGER, OWNER", "--addr 8080": "host:port",
		"--addr 127.0.0.1:99999": "host:port", "--role OWNER": "no flag --role", "--data=": "must name a folder",
		"organization": `no command "organization"`, "organization remove": `no command "organization remove"`,
		"--jwt-secret abc":                      "JWT_SECRET) has 3 characters",
		"--jwt-secret " + long:                  "needs --oidc-issuer (OIDC_ISSUER) and --oidc-audience (OIDC_AUDIENCE)",
		"--oidc-issuer x":                       "given without --jwt-secret",
		"--migrate-database-url x://":           "(MIGRATE_DATABASE_URL) must be like postgres://",
		"--bucket-url file:":                    "not absolute",
		"--bucket-url file://host/x":            "not absolute",
		"--bucket-url s3://bucket":              "use file:///absolute/folder or gs://bucket/prefix",
		"--bucket-url gs://":                    "names no bucket",
		provided + " --addr 0.0.0.0:80":         "--url (ENTREPOT_URL) how clients reach",
		provided + " --addr :80":                "--url (ENTREPOT_URL) how clients reach",
		"--database-url postgres://x/y migrate": `"migrate" is not expected`,
		"migrate --database-url postgres://x/y": "needs --migrate-database-url",
		"--migrate-database-url postgres://x/y": "given without --database-url",
	} {
		log.Reset()
		require.Equal(t, exitUsage, Run(t.Context(), strings.Fields(args), &out, &log, none), args)
		require.Contains(t, log.String(), want)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	require.Equal(t, exitOK, Run(t.Context(), []string{"help"}, &out, &log, none))
	for _, s := range slices.Concat(settings(), tokenSettings(), organizationSettings()) {
		require.Contains(t, out.String(), "--"+s.flag)
		require.Contains(t, out.String(), s.env)
	}
	help := out.String()
	out.Reset()
	require.Equal(t, exitOK, Run(t.Context(), []string{"token", "--help"}, &out, &log, none))
	require.Equal(t, help, out.String())
	out.Reset()
	for _, how := range []string{"version", "--version"} {
		out.Reset()
		require.Equal(t, exitOK, Run(t.Context(), []string{how}, &out, &log, none), &log)
		require.Regexp(t, `^entrepot \S.*\n$`, out.String())
	}
	require.Empty(t, log.String())
}

func TestTheFolderIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("rights come from the folder above there")
	}
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, data)
	require.NoError(t, filepath.WalkDir(data, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil // SQLite's files come and go
		}
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is %s", name, info.Mode())
		return nil
	}))
	require.NotContains(t, p.log.String(), "level=ERROR")
}

func TestOthersMayGiveTheSecretAndTheAddress(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("secret", 6)
	p := start(t, t.TempDir(), "--secret", secret, "--verbose")
	status, _ := p.ask(t, http.MethodPost, "/graphql", whoAmI, "Authorization", "Bearer "+token(t, p.data))
	require.Equal(t, http.StatusUnauthorized, status, "the folder's own secret signs nothing here")
	require.Equal(t, owner, p.whoAmI(t, token(t, p.data, "--secret", secret)))
	require.Equal(t, exitOK, p.stop())
	require.Contains(t, p.log.String(), "path=/graphql status=401")
	require.NotContains(t, p.log.String(), secret)
}

func TestAStopEndsSubscriptions(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.address+"/graphql",
		strings.NewReader(`{"query": "subscription { importStatusChanged { status } }"}`))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token(t, p.data))
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	first := make([]byte, 1)
	_, err = answer.Body.Read(first)
	require.NoError(t, err, "it has begun")

	began := time.Now()
	require.Equal(t, exitOK, p.stop(), p.log)
	require.Less(t, time.Since(began), requestsWithin)
	_, _ = io.Copy(io.Discard, answer.Body) // ends
	require.NotContains(t, p.log.String(), "cut off")
}
