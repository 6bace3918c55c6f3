package storage_test

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

// maxMemory is what a process takes at most for objects of any size.
const maxMemory = 256 << 20

// asChild names what this test binary does in the place of tests, in a process of its own.
const asChild = "ENTREPOT_STORAGE_CHILD"

func TestMain(m *testing.M) {
	child := map[string]func(context.Context) error{"large": largeObject, "no credentials": noCredentials}[os.Getenv(asChild)]
	if child == nil {
		os.Exit(m.Run())
	}
	if err := child(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child runs this test binary as something else and gives what it says.
func child(t testing.TB, what string, environment ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(append(os.Environ(), asChild+"="+what), environment...)
	out, err := command.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func noCredentials(ctx context.Context) error {
	_, err := storage.Open(ctx, storage.Config{URL: "gs://" + bucketName})
	return err
}

func TestNoCredentialsAtAll(t *testing.T) {
	t.Parallel()
	said, err := child(t, "no credentials", "HOME="+t.TempDir(), "APPDATA="+t.TempDir(), "GOOGLE_APPLICATION_CREDENTIALS=")
	require.Error(t, err)
	require.Contains(t, said, "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account")
	require.Contains(t, said, "STORAGE_EMULATOR_HOST")
}

// TestMemoryDoesNotGrowWithTheObject uploads, reads and writes an object that is as large as what may be taken for it.
func TestMemoryDoesNotGrowWithTheObject(t *testing.T) {
	t.Parallel()
	took := large(t, maxMemory)
	require.Less(t, took.managed, int64(maxMemory), "%d MiB", took.managed>>20)
}

// BenchmarkMemory1GiB does that with 1 GiB, and looks at all that the process has.
func BenchmarkMemory1GiB(b *testing.B) {
	for b.Loop() {
		took := large(b, 1<<30)
		b.ReportMetric(float64(took.managed)/(1<<20), "MiB-managed")
		b.ReportMetric(float64(took.resident)/(1<<20), "MiB-resident")
		require.Less(b, max(took.managed, took.resident), int64(maxMemory))
	}
}

// took is the most memory that a process had, in bytes: what Go manages of it, and what the system counts, which is 0
// where it does not tell.
type took struct{ managed, resident int64 }

// large has another process work with an object of so many bytes: the server keeps it in memory here.
func large(t testing.TB, size int64) (most took) {
	t.Helper()
	account, err := serviceAccount()
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "account.json")
	require.NoError(t, os.WriteFile(name, account.KeyFile, 0o600))
	server, err := fakegcs.New(fakegcs.Config{Bucket: bucketName, Folder: t.TempDir(), Verifier: fakegcs.Verifier{
		Keys: map[string]*rsa.PublicKey{account.Email: account.Public},
	}})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	at := httptest.NewServer(server)
	defer at.Close()
	said, err := child(t, "large", "ENTREPOT_STORAGE_BYTES="+strconv.FormatInt(size, 10),
		"STORAGE_EMULATOR_HOST="+strings.TrimPrefix(at.URL, "http://"), "GOOGLE_APPLICATION_CREDENTIALS="+name)
	require.NoError(t, err, said)
	_, err = fmt.Sscan(said[strings.LastIndexByte(said, '\n')+1:], &most.managed, &most.resident)
	require.NoError(t, err, said)
	return most
}

// largeObject is the other process: it uploads as a client does, reads what arrived, and writes as much.
func largeObject(ctx context.Context) error {
	size, err := strconv.ParseInt(os.Getenv("ENTREPOT_STORAGE_BYTES"), 10, 64)
	if err != nil {
		return err
	}
	peak := watchMemory()
	b, err := storage.Open(ctx, storage.Config{URL: "gs://" + bucketName})
	if err != nil {
		return err
	}
	hash := sha256.New()
	if err := uploadLarge(ctx, b, io.TeeReader(io.LimitReader(pattern{}, size), hash), size); err != nil {
		return err
	}
	sent := hex.EncodeToString(hash.Sum(nil))
	reader, err := b.NewReader(ctx, key, 0)
	if err != nil {
		return err
	}
	writer, err := b.NewWriter(ctx, "copy")
	if err != nil {
		return err
	}
	hash.Reset()
	if _, err := io.Copy(io.MultiWriter(writer, hash), reader); err != nil {
		return err
	}
	if err := errors.Join(writer.Close(), reader.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != sent {
		return errors.New("it is not what was uploaded")
	}
	fmt.Println(peak(), resident())
	return nil
}

func uploadLarge(ctx context.Context, b *storage.Bucket, body io.Reader, size int64) error {
	upload, err := b.SignPut(ctx, key, storage.PutOptions{Size: size})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, upload.Method, upload.URL, body)
	if err != nil {
		return err
	}
	request.ContentLength = size
	for _, h := range upload.Headers {
		request.Header.Set(h.Name, h.Value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// pattern is an endless text.
type pattern struct{}

func (pattern) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "0123456789abcde\n"[i%16]
	}
	return len(p), nil
}

// watchMemory looks at what Go manages until it is asked for the most.
func watchMemory() func() int64 {
	stop, most := make(chan struct{}), make(chan int64)
	look := func() int64 {
		samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		metrics.Read(samples)
		return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
	}
	go func() {
		peak := look()
		for {
			select {
			case <-stop:
				most <- max(peak, look())
				return
			case <-time.After(5 * time.Millisecond):
				peak = max(peak, look())
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-most
	}
}

// resident is the most memory that the system has counted for this process, where it tells.
func resident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	_, _ = fmt.Sscan(line, &kilobytes)
	return kilobytes << 10
}
