package definition_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/htmlindex"

	"entrepot/definition"
)

func TestEncodingsAreKnownByTheLabelsOfTheStandard(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		"utf-8": "UTF-8", " UTF8\n": "UTF-8", "latin1": "windows-1252", "Windows-1254": "windows-1254", "latin5": "ISO-8859-9",
		"ISO-8859-9": "ISO-8859-9", "cp1258": "windows-1258", "sjis": "Shift_JIS", "windows-31j": "Shift_JIS",
		"unicode": "UTF-16LE", "utf-16be": "UTF-16BE",
	} {
		name, known := definition.EncodingName(label)
		require.True(t, known, label)
		require.Equal(t, want, name)
		require.Contains(t, definition.Encodings(), name)
		standard, err := htmlindex.Get(strings.TrimSpace(label))
		require.NoError(t, err)
		same, err := htmlindex.Get(name)
		require.NoError(t, err)
		require.Equal(t, standard, same, label)
	}
	for _, label := range []string{"", "koi8-r", "utf-7", "utf-32", "euc-jp", "macintosh"} {
		_, known := definition.EncodingName(label)
		require.False(t, known, label)
		problems := definition.Format{Encoding: label}.Check()
		require.Equal(t, label == "", len(problems) == 0, label)
	}
	require.Empty(t, definition.Format{Encoding: "shift-jis"}.Check())
}

func TestEscapesAreOneCharacterThatNothingElseIs(t *testing.T) {
	t.Parallel()
	require.Empty(t, definition.Format{Escape: `\`, Delimiter: ",", Quote: `"`}.Check())
	require.Empty(t, definition.Format{Escape: `"`, Quote: `"`}.Check())
	require.Len(t, definition.Format{Escape: `\\`}.Check(), 1)
	require.Len(t, definition.Format{Escape: ",", Delimiter: ","}.Check(), 1)
}
