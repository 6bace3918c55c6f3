package storage_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

func TestObjectFromWriterToDelete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		const key = "org/grp/rejected.csv"
		writer, err := b.NewWriter(ctx, key)
		require.NoError(t, err)
		for range 3 {
			_, err = io.WriteString(writer, "row\n")
			require.NoError(t, err)
			_, err = b.Attributes(ctx, key)
			require.ErrorIs(t, err, storage.ErrNotFound, "nothing shows before Close")
		}
		require.NoError(t, writer.Close())
		writer.Abort()
		require.ErrorIs(t, writer.Close(), os.ErrClosed)

		attributes, err := b.Attributes(ctx, key)
		require.NoError(t, err)
		require.EqualValues(t, 12, attributes.Size)
		require.NotZero(t, attributes.Generation)
		reader, err := b.NewReader(ctx, key, attributes.Generation)
		require.NoError(t, err)
		require.Equal(t, attributes, reader.Attributes)
		require.NoError(t, b.Delete(ctx, key))
		text, err := io.ReadAll(reader)
		require.NoError(t, err, "a reader outlives the deletion")
		require.Equal(t, "row\nrow\nrow\n", string(text))
		require.NoError(t, reader.Close())

		_, err = b.Attributes(ctx, key)
		require.ErrorIs(t, err, storage.ErrNotFound)
		_, err = b.NewReader(ctx, key, attributes.Generation)
		require.ErrorIs(t, err, storage.ErrNotFound)
		require.ErrorIs(t, b.Delete(ctx, key), storage.ErrNotFound)
		require.Empty(t, b.keys(t))
	})
}

func TestGenerationDiffersAfterDeletion(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		seen := map[int64]bool{}
		for range 50 { // faster than the clocks of many file systems
			b.write(t, "k", "same")
			attributes, err := b.Attributes(t.Context(), "k")
			require.NoError(t, err)
			require.False(t, seen[attributes.Generation])
			for old := range seen {
				_, err := b.NewReader(t.Context(), "k", old)
				require.ErrorIs(t, err, storage.ErrChanged)
			}
			seen = map[int64]bool{attributes.Generation: true}
			require.NoError(t, b.Delete(t.Context(), "k"))
		}
	})
}

func TestWriterNeverOverwrites(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		late, err := b.NewWriter(t.Context(), "k")
		require.NoError(t, err)
		_, err = io.WriteString(late, "late")
		require.NoError(t, err)
		b.write(t, "k", "first")
		require.ErrorIs(t, late.Close(), storage.ErrExists)
		_, err = b.NewWriter(t.Context(), "k")
		require.ErrorIs(t, err, storage.ErrExists)
		require.Equal(t, "first", b.read(t, "k"))
		require.Equal(t, []string{"k"}, b.keys(t))
	})
}

func TestOneOfManyWritersWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		var won atomic.Int32
		writers := make([]*storage.Writer, 8)
		for i := range writers {
			var err error
			writers[i], err = b.NewWriter(t.Context(), "new/folder/k")
			require.NoError(t, err)
		}
		var closing sync.WaitGroup
		for _, writer := range writers {
			closing.Go(func() {
				if writer.Close() == nil {
					won.Add(1)
				}
			})
		}
		closing.Wait()
		require.EqualValues(t, 1, won.Load())
		require.Equal(t, []string{"new/folder/k"}, b.keys(t))
	})
}

func TestGivenUpWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		writer, err := b.NewWriter(t.Context(), "aborted")
		require.NoError(t, err)
		_, err = io.WriteString(writer, "half")
		require.NoError(t, err)
		writer.Abort()
		require.ErrorIs(t, writer.Close(), os.ErrClosed)

		ctx, cancel := context.WithCancel(t.Context())
		writer, err = b.NewWriter(ctx, "canceled")
		require.NoError(t, err)
		cancel()
		_, err = io.WriteString(writer, "x")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, writer.Close(), context.Canceled)
		require.Empty(t, b.keys(t))
	})
}

func TestReaderNeverTakesCutFileForShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "k", strings.Repeat("x", 100))
	reader, err := b.NewReader(t.Context(), "k", 0)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filepath.Join(b.folder, "k"), 40))
	text, err := io.ReadAll(reader)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Len(t, text, 40)
	require.NoError(t, reader.Close())
}

func TestReaderGivesNoMoreThanItsSize(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "k", "text")
	reader, err := b.NewReader(t.Context(), "k", 0)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(b.folder, "k"), []byte("text and more"), 0o600))
	read, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "text", string(read))
	require.NoError(t, reader.Close())
}

func TestReaderStopsWithItsContext(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		b.write(t, "k", "text")
		ctx, cancel := context.WithCancel(t.Context())
		reader, err := b.NewReader(ctx, "k", 0)
		require.NoError(t, err)
		cancel()
		_, err = io.ReadAll(reader)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, reader.Close())
		_, err = b.NewReader(ctx, "k", 0)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestLinksDoNotLeadOutOfTheFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(b.folder, "file")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	require.NoError(t, os.Symlink(outside, filepath.Join(b.folder, "folder")))
	_, err := b.NewReader(t.Context(), "file", 0)
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = b.NewReader(t.Context(), "folder/secret", 0)
	require.Error(t, err)
	require.Error(t, b.Delete(t.Context(), "folder/secret"))
	_, err = b.NewWriter(t.Context(), "folder/new")
	require.Error(t, err)
	require.FileExists(t, filepath.Join(outside, "secret"))
}
