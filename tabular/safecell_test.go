package tabular_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/tabular"
)

func TestACellIsSafeInASpreadsheet(t *testing.T) {
	t.Parallel()
	comma := tabular.CellWriter{Delimiter: ',', Quote: '"'}
	for cell, want := range map[string]string{
		"":                     "",
		"plain":                "plain",
		"a,b":                  `"a,b"`,
		"a;b":                  `"a;b"`,
		"a\tb":                 "\"a\tb\"",
		`say "x"`:              `"say ""x"""`,
		"two\nlines":           "\"two\nlines\"",
		"=1+1":                 "'=1+1",
		"=cmd|'/c'!A1,2":       `"'=cmd|'/c'!A1,2"`,
		"@SUM(A1)":             "'@SUM(A1)",
		"+CMD":                 "'+CMD",
		"-2+3":                 "'-2+3",
		"-":                    "'-",
		"\t=1":                 "\"'\t=1\"",
		"\r=1":                 "\"'\r=1\"",
		"＝1+1":                 "'＝1+1",
		"-12.5":                "-12.5",
		"+90 212 000 00 00":    "+90 212 000 00 00",
		"-1.234,56":            `"-1.234,56"`,
		"-1e-7":                "-1e-7",
		"-1e":                  "'-1e",
		"-1e--7":               "'-1e--7",
		"a\x00b\xff":           "a\uFFFDb\uFFFD",
		"İstanbul – 東京":        "İstanbul – 東京",
		"first, =second; @not": `"first, =second; @not"`,
	} {
		require.Equal(t, want, string(comma.Append(nil, []byte(cell))), "%q", cell)
	}
	bar := tabular.CellWriter{Delimiter: '#', Quote: '\''}
	require.Equal(t, "x#'a#b''c'", string(bar.Append([]byte("x#"), []byte("a#b'c"))))
	require.Equal(t, "x#'''=1'", string(bar.Append([]byte("x#"), []byte("=1"))))
}

func FuzzACellIsReadBackAsItWas(f *testing.F) {
	for _, seed := range []string{"", "a", "=1", "-1", "a\"b,c\nd", "\x00", "\xff", "'=1", "\r", "+1 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		line := tabular.CellWriter{Delimiter: ',', Quote: '"'}.Append([]byte("x,"), []byte(cell))
		line = append(line, ",y\n"...)
		read, err := csv.NewReader(strings.NewReader(string(line))).Read()
		require.NoError(t, err)
		require.Len(t, read, 3)
		got := strings.TrimPrefix(read[1], "'")
		want := strings.ToValidUTF8(strings.ReplaceAll(cell, "\x00", "\uFFFD"), "\uFFFD")
		same := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") } // encoding/csv folds line ends
		require.Contains(t, []string{same(want), strings.TrimPrefix(same(want), "'")}, same(got))
		if read[1] != "" {
			require.NotContains(t, "=@\t\r\n", read[1][:1])
		}
	})
}
