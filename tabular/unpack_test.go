package tabular_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

func gzipped(t testing.TB, texts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&out)
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return out.Bytes()
}

func zstandard(t testing.TB, texts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, text := range texts {
		w, err := zstd.NewWriter(&out, zstd.WithEncoderCRC(true))
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return out.Bytes()
}

// counted tells how much of a source was read, and whether its end was seen.
type counted struct {
	io.Reader
	n     int
	ended bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	c.ended = c.ended || errors.Is(err, io.EOF)
	return n, err
}

func TestPackedFilesAreRead(t *testing.T) {
	t.Parallel()
	skippable := []byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc")
	for _, test := range []struct {
		name, compression string
		file              []byte
	}{
		{"gzip", "gzip", gzipped(t, "a;b\n1;2\n3;4\n")},
		{"gzip, members", "gzip", gzipped(t, "a;", "b\n1;2\n3", "", ";4\n")},
		{"zstd", "zstd", zstandard(t, "a;b\n1;2\n3;4\n")},
		{"zstd, frames", "zstd", zstandard(t, "a;", "b\n1;2\n3", ";4\n")},
		{"zstd, a frame to skip", "zstd", append(skippable, append(zstandard(t, "a;b\n1;2\n3;4\n"), skippable...)...)},
		{"gzip of UTF-16", "gzip", gzipped(t, "\xff\xfea\x00;\x00b\x00\n\x001\x00;\x002\x00\n\x003\x00;\x004\x00")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 7, 1 << 17} {
				source := &counted{Reader: bytes.NewReader(test.file)}
				r, err := tabular.OpenSized(source, tabular.Config{}, size)
				require.NoError(t, err)
				require.Equal(t, test.compression, r.Detected().Compression)
				require.Equal(t, []string{"a", "b"}, r.Header())
				require.Equal(t, []string{`1:2 ["1" "2"]`, `2:3 ["3" "4"]`}, readAll(t, r))
				require.Equal(t, len(test.file), source.n, "who hashes the file misses some of it")
				require.True(t, source.ended)
				require.NoError(t, r.Close())
			}
		})
	}
}

// Every cut and every other kind of damage is an error that says so, and is never taken for the end of the file.
func TestDamagedPackedFilesAreUnreadable(t *testing.T) {
	t.Parallel()
	text := "a;b\n" + strings.Repeat("1;2\n", 50)
	for _, packed := range [][]byte{gzipped(t, text), gzipped(t, text[:60], text[60:]), zstandard(t, text)} {
		for cut := 4; cut < len(packed); cut++ {
			code, cause := unpacked(packed[:cut])
			if code == "" && packing(packed) == "gzip" && cut == len(gzipped(t, text[:60])) {
				continue // the first member of two is a file
			}
			require.Equal(t, definition.ErrorFileUnreadable, code, "cut at %d of %d", cut, len(packed))
			require.NotEmpty(t, cause)
		}
		for _, more := range []string{"x", "garbage that follows", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
			code, _ := unpacked(append(packed[:len(packed):len(packed)], more...))
			require.Equal(t, definition.ErrorFileUnreadable, code, "%q", more)
		}
		flipped := bytes.Clone(packed)
		flipped[len(flipped)-2] ^= 0x40 // within the checksum
		code, _ := unpacked(flipped)
		require.Equal(t, definition.ErrorFileUnreadable, code)
	}
	for _, test := range []struct {
		file  []byte
		cause string
	}{
		{gzipped(t, string(gzipped(t, "a\n1\n"))), "pack it once"},
		{gzipped(t, "%PDF-1.4"), "PDF"},
		{[]byte("\x1f\x8b\x08\x00"), "ends too early"},
		{[]byte("\x28\xb5\x2f\xfd\x00\xb8\x01\x00\x00"), "memory to unpack"}, // asks for a window of gigabytes
		{append(gzipped(t, "a\n1\n"), "more, and more"...), "followed by something else"},
	} {
		code, cause := unpacked(test.file)
		require.Equal(t, definition.ErrorFileUnreadable, code)
		require.Contains(t, cause, test.cause)
	}
}

func packing(file []byte) string {
	if file[0] == 0x1f {
		return "gzip"
	}
	return "zstd"
}

// unpacked reads a file to its end; no code means that there was nothing to say against it.
func unpacked(file []byte) (code definition.ImportErrorCode, reason string) {
	r, err := tabular.Open(bytes.NewReader(file), tabular.Config{})
	if err == nil {
		defer r.Close()
		var batch tabular.Batch
		for err == nil {
			err = r.NextBatch(&batch)
		}
	}
	var failure *tabular.Error
	if errors.As(err, &failure) {
		return failure.Code, failure.Reason
	}
	return "", ""
}

// What the source says is told apart from damage: with it, the file may be in order.
func TestSourceErrorsWithinAPackedFileAreTheSources(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	text := "a;b\n" + strings.Repeat("1;2\n", 50)
	for _, packed := range [][]byte{gzipped(t, text), zstandard(t, text)} {
		source := io.MultiReader(bytes.NewReader(packed[:len(packed)-5]),
			readerFunc(func([]byte) (int, error) { return 0, broken }))
		r, err := tabular.Open(source, tabular.Config{})
		var batch tabular.Batch
		for err == nil {
			err = r.NextBatch(&batch)
		}
		require.ErrorIs(t, err, broken)
	}
}

func TestUnpackedSizesAreLimited(t *testing.T) {
	t.Parallel()
	row := "1;" + strings.Repeat("2", 1021) + "\n"
	bomb := "a;b\n" + strings.Repeat(row, 68<<10)
	for _, packed := range [][]byte{gzipped(t, bomb), zstandard(t, bomb)} {
		for _, test := range []struct {
			limits tabular.Limits
			limit  string
			rows   int64
		}{
			{tabular.Limits{MaxUnpackedBytes: 5000}, "maxUnpackedBytes", 4},
			{tabular.Limits{MaxUnpackRatio: 2}, "maxUnpackRatio", 64 << 10},
			{tabular.Limits{MaxFileBytes: int64(len(packed)) - 1, MaxUnpackRatio: 1 << 30}, "maxFileBytes", 0},
		} {
			r, err := tabular.Open(bytes.NewReader(packed), tabular.Config{Limits: test.limits})
			var batch tabular.Batch
			rows := int64(0)
			for err == nil {
				if err = r.NextBatch(&batch); err == nil {
					rows = batch.Row(batch.Len() - 1)
				}
			}
			var failure *tabular.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, definition.ErrorLimitExceeded, failure.Code)
			require.Equal(t, test.limit, failure.Params[0].Value)
			if test.limit != "maxFileBytes" {
				require.InDelta(t, test.rows, rows, 300)
			}
		}
	}
	r, err := tabular.Open(bytes.NewReader(gzipped(t, bomb[:32<<20])), tabular.Config{
		Limits: tabular.Limits{MaxUnpackRatio: 1},
	})
	require.NoError(t, err)
	require.Len(t, r.Header(), 2) // a small file may unpack to any number of times its size
}

// Whatever is packed is told by its own first bytes, once it is unpacked.
func TestAnyKindOfFileMayBePacked(t *testing.T) {
	t.Parallel()
	workbook, err := os.ReadFile("testdata/workbook/openpyxl.xlsx")
	require.NoError(t, err)
	for _, file := range []string{string(workbook), "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"} {
		plain, err := tabular.Open(strings.NewReader(file), tabular.Config{TempDir: t.TempDir()})
		require.NoError(t, err)
		defer plain.Close()
		want := readAll(t, plain)
		require.NotEmpty(t, want)
		for compression, packed := range map[string][]byte{"gzip": gzipped(t, file), "zstd": zstandard(t, file)} {
			source := &counted{Reader: bytes.NewReader(packed)}
			r, err := tabular.Open(source, tabular.Config{TempDir: t.TempDir()})
			require.NoError(t, err)
			require.Equal(t, want, readAll(t, r))
			require.Equal(t, plain.Detected().Kind, r.Detected().Kind)
			require.Equal(t, compression, r.Detected().Compression)
			require.Equal(t, len(packed), source.n)
			require.NoError(t, r.Close())
		}
	}
}
