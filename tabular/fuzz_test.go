package tabular_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// FuzzOpen reads anything as it comes: it must end, in records or in an error that has a code.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\n1,2\n", "a;b\r\n\"1\r\n\";2,5\r\n", "\xef\xbb\xbf\"a\"\tb\r\r1\t2", "PK\x03\x04", "a\x00",
	} {
		f.Add([]byte(seed), byte(0), byte(0), 0)
	}
	f.Add([]byte("x\n'a'^b\n'1^''2'\n"), byte('^'), byte('\''), 2)
	f.Fuzz(func(t *testing.T, text []byte, delimiter, quote byte, headerRow int) {
		config := tabular.Config{
			Format: tabular.Format{Delimiter: delimiter, Quote: quote, HeaderRow: headerRow},
			Limits: tabular.Limits{MaxRows: 50, MaxColumns: 20, MaxCellBytes: 30, MaxRowBytes: 60, MaxFileBytes: 4000},
		}
		r, err := tabular.Open(bytes.NewReader(text), config)
		var failure *tabular.Error
		if err != nil {
			if !errors.As(err, &failure) {
				require.ErrorContains(t, err, "open table")
				require.False(t, headerRow >= 0 && delimiter == 0 && quote == 0, "no fault in the config: %v", err)
			}
			return
		}
		for rows := int64(0); ; {
			record, err := r.Next()
			if err != nil {
				require.True(t, errors.Is(err, io.EOF) || errors.As(err, &failure) && failure.Code == definition.ErrorLimitExceeded)
				return
			}
			if !record.Blank {
				rows++
				require.Equal(t, rows, record.Row)
			}
			require.LessOrEqual(t, rows, config.Limits.MaxRows)
			if record.Problem == nil && !record.Blank {
				require.Len(t, record.Cells, len(r.Header()))
			}
		}
	})
}

// FuzzRecords reads text below a known header and holds the records against the text: none of it may be lost, changed
// or attributed to another line, however the source cuts its reads.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		"1,2,3\n4,5,6\n", "\"1\",\"2\n2\",\"\"\"\"\r\n4,5,6", "1,\"2,3\n\"4\",5,6\r,,\r\n\r\n", "\"a\"b,\"c\nd\",e\n",
		"1,2,\xff\n\x00,,\n1,2,3,,\n1,2,3,4\n", "\"" + strings.Repeat("x\n", 40), strings.Repeat("y", 90) + "\n1,2,3",
		"\r\n\r\r\n\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	const header = "a,b,c\n"
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		config := tabular.Config{
			Format: tabular.Format{Encoding: "utf-8", Delimiter: ',', Quote: '"', Escape: '"', HeaderRow: 1},
			Limits: tabular.Limits{MaxRowBytes: 64, MaxCellBytes: 40},
		}
		file := append([]byte(header), text...)
		whole, err := tabular.OpenSized(bytes.NewReader(file), config, len(file)+1)
		require.NoError(t, err)
		pieces, err := tabular.OpenSized(iotest.OneByteReader(bytes.NewReader(file)), config, int(size)+1)
		require.NoError(t, err)

		rest, row := file[len(header):], int64(0)
		for {
			record, err := whole.Next()
			other, otherErr := pieces.Next()
			require.Equal(t, err, otherErr)
			if err == io.EOF { //nolint:errorlint // the contract is io.EOF itself
				break
			}
			require.NoError(t, err)
			require.Equal(t, line(record), line(other))
			require.Equal(t, record.Raw, other.Raw)

			require.True(t, bytes.HasPrefix(rest, record.Raw), "%q is not what comes next: %q", record.Raw, rest)
			require.Equal(t, int64(1+lineEnds(file[:len(file)-len(rest)])), record.Line)
			require.Equal(t, record.Blank, record.Row == 0)
			if !record.Blank {
				row++
				require.Equal(t, row, record.Row)
			}
			rest = rest[len(record.Raw):]
			if p := record.Problem; p != nil {
				require.NotEmpty(t, p.Message())
				require.True(t, utf8.ValidString(p.Value()))
				require.GreaterOrEqual(t, p.Line, record.Line)
				if p.Code == definition.RowRowTooLarge {
					rest = rest[lineLength(rest):]
				}
			} else {
				requireSameText(t, record)
			}
			if len(rest) > 0 {
				n := 1
				require.Contains(t, "\r\n", string(rest[:1]), "the record ends within a line")
				if bytes.HasPrefix(rest, []byte("\r\n")) {
					n = 2
				}
				rest = rest[n:]
			}
		}
		require.Empty(t, rest, "the end of the file is missing")
	})
}

// requireSameText writes the cells as CSV again, with the quotes that the record has, and compares.
func requireSameText(t *testing.T, record *tabular.Record) {
	t.Helper()
	var text []byte
	rest := record.Raw
	for i, cell := range record.Cells {
		written := cell
		if bytes.HasPrefix(rest, []byte{'"'}) {
			written = []byte(`"` + strings.ReplaceAll(string(cell), `"`, `""`) + `"`)
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, written...)
		rest = rest[min(len(rest), len(written)+1):]
	}
	// Cells beyond the header have no text, with or without quotes; blank rows may have any number of cells.
	require.True(t, bytes.HasPrefix(record.Raw, text), "%q was read as %q", record.Raw, record.Cells)
	require.Empty(t, strings.Trim(string(record.Raw[len(text):]), `,"`))
}

func lineEnds(text []byte) int {
	return strings.Count(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n"), "\n")
}

func lineLength(text []byte) int {
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		return i
	}
	return len(text)
}

// FuzzEncodingCSV compares with encoding/csv on what it accepts when strict, with equal numbers of cells. It reads a
// lone CR as text, turns CRLF in quotes into LF and lets any byte pass: such input is left out.
func FuzzEncodingCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\n\"1,\"\"2\"\"\",\"3\n4\"\n\n,\n\"\",\"\"\n", "a\n\" \"\n x\"\n", "é,ü\n1,\"\n\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\x00") || !utf8.ValidString(text) {
			return // read differently on purpose
		}
		records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			return // not accepted by encoding/csv
		}
		r, err := tabular.Open(strings.NewReader(text), tabular.Config{
			Format: tabular.Format{Kind: definition.KindCSV, Delimiter: ',', Quote: '"', Escape: '"'},
		})
		var failure *tabular.Error
		if errors.As(err, &failure) && failure.Code == definition.ErrorFileUnreadable {
			return // starts like another kind of file
		}
		var want, got [][]string
		for _, record := range records {
			if strings.TrimSpace(strings.Join(record, "")) != "" {
				want = append(want, record)
			}
		}
		if len(want) == 0 {
			require.ErrorAs(t, err, &failure)
			require.Equal(t, definition.ErrorNoHeader, failure.Code)
			return
		}
		require.NoError(t, err)
		if r.Detected().ByteOrderMark || r.Detected().HeaderRow > 1 || r.Detected().Encoding != "UTF-8" ||
			strings.HasPrefix(strings.ToLower(text), "sep=") || strings.HasPrefix(strings.ToLower(text), "\"sep=") {
			return // encoding/csv keeps the mark and the preamble
		}
		for i, name := range want[0] {
			require.Equal(t, strings.TrimSpace(name), r.Header()[i])
		}
		for {
			record, err := r.Next()
			if err == io.EOF { //nolint:errorlint // the contract is io.EOF itself
				break
			}
			require.NoError(t, err)
			require.Nil(t, record.Problem)
			if !record.Blank {
				cells := make([]string, len(record.Cells))
				for i, cell := range record.Cells {
					cells[i] = string(cell)
				}
				got = append(got, cells)
			}
		}
		require.Len(t, got, len(want)-1)
		for i := range got {
			require.Equal(t, want[i+1], got[i])
		}
	})
}
