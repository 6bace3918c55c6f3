package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

// numbers is text that no piece of looks like another.
var numbers = sync.OnceValue(func() []byte {
	var text []byte
	for n := int64(0); len(text) < 3*storage.PieceBytes; n++ {
		text = append(strconv.AppendInt(text, n, 10), ',')
	}
	return text
})

// stream is the beginning of numbers. Nobody may change it.
func stream(size int) []byte { return slices.Clip(numbers()[:size]) }

// isMedia tells the requests for the bytes of an object.
func isMedia(r *http.Request) bool { return r.URL.Query().Get("alt") == "media" }

// isPiece tells the requests that send bytes of an object.
func isPiece(r *http.Request) bool { return r.Method == http.MethodPut }

// times makes a fault of the first so many requests of a kind.
func times(many int, kind func(*http.Request) bool, is fault) func(int, *http.Request) fault {
	return func(_ int, r *http.Request) fault {
		if !kind(r) || many == 0 {
			return fault{}
		}
		many--
		return is
	}
}

func always(*http.Request) bool { return true }

// passing are faults that may pass, of a whole call.
var passing = map[string]fault{
	"408": {status: 408}, "429": {status: 429},
	"500": {status: 500}, "502": {status: 502}, "503": {status: 503}, "504": {status: 504},
	"broken before": {before: true}, "broken after": {after: true}, "cut answer": {cut: 5}, "no answer": {short: -1},
}

// TestEveryCallSurvivesFaultsThatPass shows of each call that it gives the right result after a few faults, and after
// many an explicit failure.
func TestEveryCallSurvivesFaultsThatPass(t *testing.T) {
	t.Parallel()
	content := stream(100_000)
	calls := map[string]struct {
		prepare bool
		do      func(t *testing.T, b *bundle) error
	}{
		"describe": {true, func(t *testing.T, b *bundle) error {
			attributes, err := b.Attributes(t.Context(), key)
			if err == nil {
				require.EqualValues(t, len(content), attributes.Size)
			}
			return err
		}},
		"read": {true, func(t *testing.T, b *bundle) error {
			reader, err := b.NewReader(t.Context(), key, 0)
			if err != nil {
				return err
			}
			defer reader.Close()
			text, err := io.ReadAll(reader)
			if err == nil {
				require.Equal(t, string(content), string(text))
			}
			return err
		}},
		"write": {false, func(t *testing.T, b *bundle) error {
			writer, err := b.NewWriter(t.Context(), key)
			if err != nil {
				return err
			}
			defer writer.Abort()
			_, err = writer.Write(content)
			if err == nil {
				err = writer.Close()
			}
			if err == nil {
				b.faults.forget()
				require.Equal(t, string(content), b.read(t, key))
			}
			return err
		}},
		"delete": {true, func(t *testing.T, b *bundle) error {
			err := b.Delete(t.Context(), key)
			if err == nil {
				b.faults.forget()
				require.Empty(t, b.keys(t))
			}
			return err
		}},
		"list": {true, func(t *testing.T, b *bundle) error {
			for object, err := range b.List(t.Context(), "", time.Time{}) {
				if err != nil {
					return err
				}
				require.Equal(t, key, object.Key)
			}
			return nil
		}},
	}
	for name, call := range calls {
		for kind, is := range passing {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				b := setupCloud(t)
				again := func() {
					b.faults.forget()
					if err := b.Delete(t.Context(), key); err != nil {
						require.ErrorIs(t, err, storage.ErrNotFound)
					}
					if call.prepare {
						b.write(t, key, string(content))
					}
				}
				for many := 1; many < storage.MaxTries; many++ {
					again()
					b.faults.set(times(many, always, is))
					require.NoError(t, call.do(t, b), "%d times", many)
				}
				again()
				b.faults.set(times(-1, always, is))
				err := call.do(t, b)
				if name == "delete" && is.status == 0 && !is.before && !is.after {
					require.NoError(t, err, "the status alone says that it was done")
					return
				}
				require.ErrorIs(t, err, storage.ErrUnavailable)
				require.NotErrorIs(t, err, io.ErrUnexpectedEOF, "which would say that the object is short")
				require.NotContains(t, err.Error(), "://", "addresses may be rights")
			})
		}
		t.Run(name+" refused", func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t)
			if call.prepare {
				b.write(t, key, string(content))
			}
			for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden} {
				b.faults.set(times(-1, always, fault{status: status}))
				err := call.do(t, b)
				require.ErrorIs(t, err, storage.ErrUnavailable)
				require.ErrorContains(t, err, "as the test says", "the log says why")
				require.Len(t, b.faults.requests(), 1, "no other try helps")
			}
		})
		t.Run(name+" canceled", func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t)
			if call.prepare {
				b.write(t, key, string(content))
			}
			b.Wait(time.Hour)
			ctx, cancel := context.WithCancel(t.Context())
			b.faults.set(func(int, *http.Request) fault { return fault{status: 503, first: cancel} })
			var err error
			switch name {
			case "describe":
				_, err = b.Attributes(ctx, key)
			case "read":
				_, err = b.NewReader(ctx, key, 0)
			case "write":
				_, err = b.NewWriter(ctx, key)
			case "delete":
				err = b.Delete(ctx, key)
			case "list":
				for _, failed := range b.List(ctx, "", time.Time{}) {
					err = failed
				}
			}
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

func TestReaderGoesOnWhereATransferBroke(t *testing.T) {
	t.Parallel()
	content := stream(1 << 20)
	for name, is := range map[string]fault{
		"cut": {cut: 300_000}, "ended early": {short: 300_000}, "cut, and all sent again": {cut: 900_000, unwritten: true},
		"hangs": {pause: 300_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t, func(config *storage.Config, _ *fakegcs.Config) {
				if is.pause != 0 {
					config.StallTimeout = 300 * time.Millisecond
				}
			})
			b.write(t, key, string(content))
			b.faults.set(times(3, isMedia, is))
			require.Equal(t, string(content), b.read(t, key))
			var generations, ranges []string
			for _, r := range b.faults.requests() {
				if isMedia(r) {
					generations = append(generations, r.URL.Query().Get("ifGenerationMatch"))
					ranges = append(ranges, r.Header.Get("Range"))
				}
			}
			require.GreaterOrEqual(t, len(ranges), 2)
			require.Empty(t, ranges[0])
			at := 0
			for n, from := range ranges[1:] {
				require.Equal(t, generations[0], generations[n+1], "always the same object")
				next, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(from, "bytes="), "-"))
				require.NoError(t, err)
				require.GreaterOrEqual(t, next, at, "nothing is asked for again that has arrived")
				require.Positive(t, next)
				at = next
			}
		})
	}
}

func TestReaderGivesUpWhereNothingArrives(t *testing.T) {
	t.Parallel()
	content := stream(1 << 20)
	for name, test := range map[string]struct {
		is      fault
		arrives int
	}{
		"cut at once after some": {fault{cut: -1}, 0},
		"ended at once":          {fault{short: -1}, 0},
		"hangs":                  {fault{hang: true}, 0},
		"another part":           {fault{header: func(h http.Header) { h.Set("Content-Range", "bytes 0-9/10") }}, 0},
		"the whole, cut before":  {fault{cut: 400_000, unwritten: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t, func(config *storage.Config, _ *fakegcs.Config) {
				if test.is.hang {
					config.StallTimeout = 100 * time.Millisecond
				}
			})
			b.write(t, key, string(content))
			first := true
			b.faults.set(func(_ int, r *http.Request) fault {
				switch {
				case !isMedia(r):
					return fault{}
				case first:
					first = false
					return fault{cut: 500_000}
				}
				return test.is
			})
			reader, err := b.NewReader(t.Context(), key, 0)
			require.NoError(t, err)
			text, err := io.ReadAll(reader)
			require.ErrorIs(t, err, storage.ErrUnavailable)
			require.NotErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Less(t, len(text), len(content))
			require.True(t, bytes.HasPrefix(content, text), "what it gave is right")
			require.NoError(t, reader.Close())
		})
	}
}

func TestReaderNeverMixesTwoObjects(t *testing.T) {
	t.Parallel()
	content := stream(1 << 20)
	for name, test := range map[string]struct {
		meanwhile func(t *testing.T, b *bundle)
		header    func(http.Header)
		want      error
	}{
		"another one": {meanwhile: func(t *testing.T, b *bundle) {
			require.NoError(t, b.Delete(t.Context(), key))
			b.write(t, key, strings.ToUpper(string(content)))
		}, want: storage.ErrChanged},
		"none": {meanwhile: func(t *testing.T, b *bundle) {
			require.NoError(t, b.Delete(t.Context(), key))
		}, want: storage.ErrNotFound},
		"another one, and a server that does not compare": {
			header: func(h http.Header) { h.Set("X-Goog-Generation", "7") }, want: storage.ErrChanged,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t)
			b.write(t, key, string(content))
			b.faults.set(times(1, isMedia, fault{cut: 500_000}))
			reader, err := b.NewReader(t.Context(), key, 0)
			require.NoError(t, err)
			b.faults.set(times(-1, isMedia, fault{header: test.header}))
			if test.meanwhile != nil {
				test.meanwhile(t, b)
			}
			text, err := io.ReadAll(reader)
			require.ErrorIs(t, err, test.want)
			require.True(t, bytes.HasPrefix(content, text))
			require.NoError(t, reader.Close())
		})
	}
	t.Run("between looking and reading", func(t *testing.T) {
		t.Parallel()
		b := setupCloud(t)
		b.write(t, key, "first")
		b.faults.set(times(1, isMedia, fault{first: func() {
			b.faults.forget()
			require.NoError(t, b.Delete(t.Context(), key))
			b.write(t, key, "other")
		}}))
		_, err := b.NewReader(t.Context(), key, 0)
		require.ErrorIs(t, err, storage.ErrChanged)
	})
}

func TestReaderNoticesDamage(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	content := stream(100_000)
	b.write(t, key, string(content))
	b.faults.set(times(1, isMedia, fault{change: func(p []byte) { p[len(p)/2] ^= 1 }}))
	reader, err := b.NewReader(t.Context(), key, 0)
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.ErrorContains(t, err, "checksum")
	require.Len(t, text, len(content), "it is noticed at the end")
	require.NoError(t, reader.Close())
	require.Equal(t, string(content), b.read(t, key), "another try reads it")
}

// TestPackedObjectsAreReadAsTheyAreStored shows that Google's unpacking of what was uploaded with Content-Encoding: gzip
// is not asked for, and not taken for the object where it happens all the same.
func TestPackedObjectsAreReadAsTheyAreStored(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	packed := gzipped(t, stream(200_000))
	request := b.signPut(t, storage.PutOptions{Size: int64(len(packed)), ContentType: "text/csv"})
	request.Headers = append(request.Headers, storage.Header{Name: "Content-Encoding", Value: "gzip"})
	require.Equal(t, http.StatusOK, put(t, request, bytes.NewReader(packed)).Status)
	require.Equal(t, string(packed), b.read(t, key))

	b.faults.set(func(_ int, r *http.Request) fault {
		return fault{first: func() { r.Header.Del("Accept-Encoding") }}
	})
	reader, err := b.NewReader(t.Context(), key, 0)
	if err == nil {
		_, err = io.ReadAll(reader)
	}
	require.ErrorIs(t, err, storage.ErrUnavailable)
}

func TestWriterSendsPiecesAgain(t *testing.T) {
	t.Parallel()
	content := stream(2*storage.PieceBytes + 12_345)
	for name, test := range map[string]struct {
		spoil func(n int, r *http.Request) fault
		wants error
	}{
		"no fault":                     {nil, nil},
		"pieces lost":                  {times(3, isPiece, fault{before: true}), nil},
		"answers lost":                 {times(3, isPiece, fault{after: true}), nil},
		"a piece cut":                  {times(2, isPiece, fault{sendCut: 3<<20 + 77}), nil},
		"a piece cut at its beginning": {times(2, isPiece, fault{sendCut: 10}), nil},
		"busy":                         {times(4, isPiece, fault{status: 503}), nil},
		"busy for long":                {times(5, isPiece, fault{status: 503}), storage.ErrUnavailable},
		"session lost":                 {times(-1, isPiece, fault{status: 404}), storage.ErrUnavailable},
		"session gone":                 {times(-1, isPiece, fault{status: 410}), storage.ErrUnavailable},
		"every answer lost":            {times(-1, isPiece, fault{after: true}), storage.ErrUnavailable},
		"nothing is taken":             {times(-1, isPiece, fault{status: 308}), storage.ErrUnavailable},
		"hangs":                        {times(1, isPiece, fault{hang: true}), nil},
		"begins nowhere": {
			times(-1, always, fault{header: func(h http.Header) { h.Del("Location") }}), storage.ErrUnavailable,
		},
		"other bytes arrive": {func(_ int, r *http.Request) fault {
			if isPiece(r) {
				r.Body = io.NopCloser(damaged{r.Body})
			}
			return fault{}
		}, storage.ErrUnavailable},
		"the key is taken meanwhile": {nil, storage.ErrExists},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t, func(config *storage.Config, _ *fakegcs.Config) {
				if name == "hangs" {
					config.StallTimeout = 300 * time.Millisecond
				}
			})
			writer, err := b.NewWriter(t.Context(), key)
			require.NoError(t, err)
			b.faults.set(test.spoil)
			_, err = io.Copy(writer, bytes.NewReader(content))
			if errors.Is(test.wants, storage.ErrExists) {
				b.write(t, key, "first")
			}
			if err == nil {
				err = writer.Close()
			} else {
				require.ErrorIs(t, writer.Close(), test.wants, "Close says again what Write said")
			}
			b.faults.forget()
			switch {
			case test.wants == nil:
				require.NoError(t, err)
				require.Equal(t, content, []byte(b.read(t, key)))
			case errors.Is(test.wants, storage.ErrExists):
				require.ErrorIs(t, err, test.wants)
				require.Equal(t, "first", b.read(t, key))
			default:
				require.ErrorIs(t, err, test.wants)
				require.Empty(t, b.keys(t), "no half object, and no other")
			}
		})
	}
	for _, size := range []int{0, 1, storage.PieceBytes - 1, storage.PieceBytes, storage.PieceBytes + 1} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			t.Parallel()
			b := setupCloud(t)
			b.write(t, key, string(stream(size)))
			require.Equal(t, string(stream(size)), b.read(t, key))
		})
	}
}

// damaged changes what passes.
type damaged struct{ io.Reader }

func (d damaged) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if n > 0 {
		p[0] ^= 1
	}
	return n, err
}

func TestGivenUpWriteEndsItsSession(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	ctx, cancel := context.WithCancel(t.Context())
	writer, err := b.NewWriter(ctx, key)
	require.NoError(t, err)
	_, err = writer.Write(stream(storage.PieceBytes + 1))
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, writer.Close(), context.Canceled)
	requests := b.faults.requests()
	require.Equal(t, http.MethodDelete, requests[len(requests)-1].Method)
	require.Empty(t, b.keys(t))
}

// TestRandomFaultsGiveTheRightResultOrAFailure throws faults at everything, many at once.
func TestRandomFaultsGiveTheRightResultOrAFailure(t *testing.T) {
	t.Parallel()
	whole := []fault{{status: 503}, {status: 429}, {before: true}, {after: true}, {cut: 5}, {short: -1}}
	kinds := append(slices.Clip(whole), fault{cut: 70_000}, fault{short: 70_000}, fault{sendCut: 70_000}, fault{unwritten: true})
	content := string(stream(500_000))
	succeeded, failed := 0, 0
	for seed := range uint64(40) {
		b := setupCloud(t)
		chance := rand.New(rand.NewPCG(seed, 1))
		b.faults.set(func(int, *http.Request) fault {
			switch {
			case seed%2 == 0 && chance.IntN(2) == 0:
				return kinds[chance.IntN(len(kinds))]
			case seed%2 == 1 && chance.IntN(10) > 0:
				return whole[chance.IntN(len(whole))]
			}
			return fault{}
		})
		written := func() error {
			writer, err := b.NewWriter(t.Context(), key)
			if err != nil {
				return err
			}
			defer writer.Abort()
			if _, err := io.WriteString(writer, content); err != nil {
				return err
			}
			return writer.Close()
		}()
		reader, err := b.NewReader(t.Context(), key, 0)
		var text []byte
		if err == nil {
			text, err = io.ReadAll(reader)
			require.NoError(t, reader.Close())
		}
		require.True(t, strings.HasPrefix(content, string(text)), "seed %d", seed)
		switch {
		case err == nil:
			require.Len(t, text, len(content), "seed %d", seed)
			succeeded++
		case errors.Is(err, storage.ErrNotFound):
			require.ErrorIs(t, written, storage.ErrUnavailable, "seed %d", seed)
			failed++
		default:
			require.ErrorIs(t, err, storage.ErrUnavailable, "seed %d", seed)
			failed++
		}
		if err := b.Delete(t.Context(), key); err != nil && !errors.Is(err, storage.ErrNotFound) {
			require.ErrorIs(t, err, storage.ErrUnavailable, "seed %d", seed)
		}
	}
	require.Greater(t, succeeded, 10, "both happen, or this shows little")
	require.Greater(t, failed, 5)
}

func TestCallThatHangsEnds(t *testing.T) {
	t.Parallel()
	b := setupCloud(t, func(config *storage.Config, _ *fakegcs.Config) { config.StallTimeout = 50 * time.Millisecond })
	b.faults.set(times(-1, always, fault{hang: true}))
	_, err := b.Attributes(t.Context(), key)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.ErrorContains(t, err, "in time")
	require.Len(t, b.faults.requests(), storage.MaxTries)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = b.Attributes(ctx, key)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestListReadsEveryPage(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	for n := range 5 {
		b.write(t, fmt.Sprint("k", n), "x")
	}
	b.faults.set(func(_ int, r *http.Request) fault { // the server's pages are of a thousand
		query := r.URL.Query()
		query.Set("maxResults", "2")
		r.URL.RawQuery = query.Encode()
		return fault{}
	})
	require.ElementsMatch(t, []string{"k0", "k1", "k2", "k3", "k4"}, b.keys(t))
	require.Len(t, b.faults.requests(), 3)
}
