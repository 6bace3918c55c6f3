package tabular_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// A format that a definition accepts is one that a reader takes, and means the same to it.
func TestADefinitionsFormatAndAServersLimitsAreTaken(t *testing.T) {
	t.Parallel()
	format := definition.Format{
		Kind: definition.KindCSV, Encoding: "Latin5", Delimiter: "#", Quote: "'", Escape: `\`, HeaderRow: 2,
	}
	require.Empty(t, format.Check())
	limits := definition.DefaultLimits()
	limits.MaxRows = 1
	r, err := tabular.Open(strings.NewReader("t\na#b\n'x\\'y#'#\xfe\n1#2\n"), tabular.Config{
		Format: tabular.FormatOf(format), Limits: tabular.LimitsOf(limits),
	})
	require.NoError(t, err)
	record, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, `1:3 ["x'y#" "ş"]`, line(record))
	require.Nil(t, record.Kinds, "all cells of CSV are text")
	_, err = r.Next()
	require.Equal(t, definition.ErrorLimitExceeded, ending(t, err))
	require.Equal(t, definition.DetectedFormat{
		Kind: definition.KindCSV, Encoding: "ISO-8859-9", EncodingConfidence: 1, Delimiter: "#", Quote: "'", Escape: `\`,
		LineEnding: tabular.LineLF, HeaderRow: 2,
	}, r.Detected())
	require.Empty(t, r.Warnings())
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())

	require.Equal(t, tabular.Limits{
		MaxFileBytes: limits.MaxFileBytes, MaxRows: 1, MaxColumns: limits.MaxColumns, MaxCellBytes: limits.MaxCellBytes,
		MaxRowBytes: limits.MaxRowBytes, MaxUnpackedBytes: limits.MaxUnpackedBytes, MaxUnpackRatio: limits.MaxUnpackRatio,
	}, tabular.LimitsOf(limits))
	require.Equal(t, tabular.Format{}, tabular.FormatOf(definition.Format{}))
}

func TestAFileOfAnotherKindThanTheOneNamedIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind       definition.FileKind
		text, says string
	}{
		{definition.KindCSV, "PK\x03\x04\x14\x00", "a workbook or zip archive, but the format says CSV"},
		{definition.KindJSONL, "PK\x03\x04\x14\x00", "a workbook or zip archive, but the format says JSONL"},
		{definition.KindXLSX, "a,b\n1,2\n", "not a workbook, but the format says XLSX"},
		{definition.KindXLSX, string(gzipped(t, "a,b\n1,2\n")), "not a workbook, but the format says XLSX"},
		{"", "BZh91AY&SY", "bzip2"},
		{"", "\xfd7zXZ\x00\x00", "xz"},
	} {
		_, err := tabular.Open(strings.NewReader(test.text), tabular.Config{Format: tabular.Format{Kind: test.kind}})
		require.Equal(t, definition.ErrorFileUnreadable, ending(t, err))
		require.ErrorContains(t, err, test.says)
	}
	// What starts like an object is CSV where the format says so.
	header, _ := read(t, "{\"a\":1}\n{\"a\":2}\n", tabular.Config{Format: tabular.Format{Kind: definition.KindCSV, Delimiter: ','}})
	require.Equal(t, []string{`{"a":1}`}, header)
}
