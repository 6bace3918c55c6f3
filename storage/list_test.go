package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

func TestListGivesTheObjectsBelowAPrefix(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		for _, key := range []string{"org-1/grp-1/a", "org-1/grp-1/ab", "org-1/grp-2/Ş %41", "org-2/x", "k"} {
			b.write(t, key, key)
		}
		unfinished, err := b.NewWriter(t.Context(), "org-1/grp-1/unfinished")
		require.NoError(t, err)
		defer unfinished.Abort()
		for prefix, want := range map[string][]string{
			"":              {"org-1/grp-1/a", "org-1/grp-1/ab", "org-1/grp-2/Ş %41", "org-2/x", "k"},
			"org-1/":        {"org-1/grp-1/a", "org-1/grp-1/ab", "org-1/grp-2/Ş %41"},
			"org-1/grp":     {"org-1/grp-1/a", "org-1/grp-1/ab", "org-1/grp-2/Ş %41"},
			"org-1/grp-1/a": {"org-1/grp-1/a", "org-1/grp-1/ab"},
			"org-1/grp-2/":  {"org-1/grp-2/Ş %41"},
			"org-3/":        {}, "../": {}, "org-1/../": {}, "x": {},
		} {
			got := []string{}
			for object, err := range b.List(t.Context(), prefix, time.Time{}) {
				require.NoError(t, err)
				attributes, err := b.Attributes(t.Context(), object.Key)
				require.NoError(t, err)
				require.Equal(t, attributes, object.Attributes, object.Key)
				require.EqualValues(t, len(object.Key), object.Size)
				got = append(got, object.Key)
			}
			require.ElementsMatch(t, want, got, "%q", prefix)
		}
		for range b.List(t.Context(), "", time.Time{}) {
			break // may be left
		}
	})
}

func TestListGivesWhatIsOldEnough(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		b.write(t, "old", "x")
		attributes, err := b.Attributes(t.Context(), "old")
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), attributes.Created, time.Minute)
		count := func(before time.Time) (n int) {
			for _, err := range b.List(t.Context(), "", before) {
				require.NoError(t, err)
				n++
			}
			return n
		}
		require.Zero(t, count(attributes.Created))
		require.Equal(t, 1, count(attributes.Created.Add(time.Microsecond)))
	})
}

func TestDeleteGenerationSparesAnotherObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		b.write(t, "k", "first")
		first, err := b.Attributes(t.Context(), "k")
		require.NoError(t, err)
		require.NoError(t, b.DeleteGeneration(t.Context(), "k", first.Generation))
		require.ErrorIs(t, b.DeleteGeneration(t.Context(), "k", first.Generation), storage.ErrNotFound)
		b.write(t, "k", "second")
		require.ErrorIs(t, b.DeleteGeneration(t.Context(), "k", first.Generation), storage.ErrChanged)
		require.Equal(t, "second", b.read(t, "k"))
	})
}
