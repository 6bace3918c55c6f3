package storage_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

func TestKeyOfPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]string{
		"gs://local/org-1/grp-2/file.csv":         "org-1/grp-2/file.csv",
		"gs://local/..a/b...c/.d":                 "..a/b...c/.d",
		"gs://local/Mart 2024 %2F é?#":            "Mart 2024 %2F é?#",
		"gs://local/" + strings.Repeat("x", 1024): strings.Repeat("x", 1024),
	} {
		key, ok := b.Key(path)
		require.True(t, ok, path)
		require.Equal(t, want, key)
		require.Equal(t, path, b.Path(key))
	}
	for _, path := range []string{
		"", "x", "gs://", "gs://local", "gs://local/", "gs://other/k", "gs://localk", "GS://local/k", "file:///local/k",
		"gs://local//k", "gs://local/a//b", "gs://local/a/", "gs://local/.", "gs://local/..", "gs://local/a/../b",
		"gs://local/a/./b", "gs://local/a/..", "gs://local/../local/k", `gs://local/a\b`, "gs://local/a\x00b",
		"gs://local/a\nb", "gs://local/a\x7fb", "gs://local/a\u0085b", "gs://local/\xff", " gs://local/k",
		"gs://local/" + strings.Repeat("x", 1025),
	} {
		key, ok := b.Key(path)
		require.False(t, ok, "%q", path)
		require.Empty(t, key)
	}
}

func TestKeyReversesPath(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		random := rand.New(rand.NewPCG(1, 2))
		const alphabet = "abcXYZ019-_.~ %+&=?#:*\"'éşİ日🎈"
		letters := []rune(alphabet)
		for range 2000 {
			var segments []string
			for range 1 + random.IntN(4) {
				var segment strings.Builder
				segment.WriteByte("abc"[random.IntN(3)])
				for range random.IntN(20) {
					segment.WriteRune(letters[random.IntN(len(letters))])
				}
				segments = append(segments, segment.String())
			}
			want := strings.Join(segments, "/")
			key, ok := b.Key(b.Path(want))
			require.True(t, ok, "%q", want)
			require.Equal(t, want, key)
		}
	})
}

func TestNoTwoKeysShareAnObject(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := []string{
		"k", "K", "k.", ".k", "k ", "%6b", "%4b", "%4B", "k%", "k:stream", ".tmp/k", "a/k", "A/k", "a%2fk",
		"\u00e9", "e\u0301", "İ", "ı", "I", "i", "k~1", "k*", strings.Repeat("x", 255), strings.Repeat("x", 254) + "y",
	}
	for _, key := range keys {
		b.write(t, key, "this is "+key)
	}
	for _, key := range keys {
		require.Equal(t, "this is "+key, b.read(t, key))
	}
	seen := map[string]string{}
	for _, file := range b.files(t) {
		folded := strings.ToLower(file)
		require.NotContains(t, seen, folded, "the same file where case does not count")
		require.NotContains(t, file, ".tmp/")
		seen[folded] = file
	}
	require.Len(t, seen, len(keys))
}

func TestKeysThatNoObjectCanHave(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "org/file", "x")
	for _, key := range []string{
		"", "/", "/etc/passwd", "..", "../x", "org/../org/file", "org//file", "./org/file", "org/file/", `..\x`, "a\x00b",
		strings.Repeat("x", 256), strings.Repeat("é", 100), strings.Repeat("x/", 600) + "x",
	} {
		_, err := b.Attributes(t.Context(), key)
		require.ErrorIs(t, err, storage.ErrNotFound, "%q", key)
		_, err = b.NewReader(t.Context(), key, 0)
		require.ErrorIs(t, err, storage.ErrNotFound, "%q", key)
		require.ErrorIs(t, b.Delete(t.Context(), key), storage.ErrNotFound, "%q", key)
		var wrong *storage.OptionError
		_, err = b.NewWriter(t.Context(), key)
		require.ErrorAs(t, err, &wrong, "%q", key)
		require.Equal(t, "key", wrong.Field)
		_, err = b.SignPut(t.Context(), key, storage.PutOptions{})
		require.ErrorAs(t, err, &wrong, "%q", key)
	}
	for _, key := range []string{"org", "org/file/below"} { // a folder, and below a file
		_, err := b.Attributes(t.Context(), key)
		require.ErrorIs(t, err, storage.ErrNotFound, key)
		require.ErrorIs(t, b.Delete(t.Context(), key), storage.ErrNotFound, key)
	}
	require.Equal(t, []string{"org/file"}, b.files(t))
}

// FuzzKey looks for a path that is taken for a key without being Path of it, or that reaches anything in an empty
// bucket.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{
		"gs://local/org-1/grp-2/upl-3", "gs://local/../../etc/passwd", "gs://local/.tmp/x", "gs://local/a/./b",
		"gs://local/%2e%2e/x", "gs://other/x", "gs://local/\xff\xfe", `gs://local/..\..\x`, "gs://local/con",
		"gs://local/é/日本.csv", "gs://local/.",
	} {
		f.Add(seed)
	}
	b, err := storage.Open(f.Context(), storage.Config{URL: storage.FileURL(f.TempDir()), Secret: secret})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, b.Close()) })
	f.Fuzz(func(t *testing.T, path string) {
		key, ok := b.Key(path)
		if !ok {
			require.Empty(t, key)
			return
		}
		require.Equal(t, path, b.Path(key))
		for segment := range strings.SplitSeq(key, "/") {
			require.NotContains(t, []string{"", ".", ".."}, segment)
		}
		_, err := b.Attributes(t.Context(), key)
		require.ErrorIs(t, err, storage.ErrNotFound)
	})
}
