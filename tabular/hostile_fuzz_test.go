package tabular_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"entrepot/definition"
	"entrepot/tabular"
)

// ending is how reading a file has ended: by its code, or empty for the end of the file.
func ending(t testing.TB, err error) definition.ImportErrorCode {
	t.Helper()
	if err == io.EOF { //nolint:errorlint // the contract is io.EOF itself
		return ""
	}
	var failure *tabular.Error
	require.ErrorAs(t, err, &failure)
	require.NotEmpty(t, failure.Reason)
	return failure.Code
}

// FuzzChunks reads any bytes, in any declared or detected encoding and dialect, packed or not, at once and in pieces:
// both must give the same records, in order, each of them accepted, set aside or blank, and end in the same way.
func FuzzChunks(f *testing.F) {
	for _, test := range dialects {
		f.Add([]byte(test.text), uint8(0), uint8(0), uint8(5))
	}
	for _, file := range [][]byte{
		encoded(f, charmap.Windows1254, turkishFile), encoded(f, charmap.Windows1258, toned(vietFile)),
		encoded(f, japanese.ShiftJIS, japanFile), []byte("\xff\xfea\x00,\x00b\x00\n\x00\x3d\xd8,\x001\x00"),
		[]byte("\x81\n\x81,\xfc\xfc\n"), []byte("a\xec\xf2,b\n\xcc,\xde\n"),
	} {
		for name := range len(definition.Encodings()) + 1 {
			f.Add(file, uint8(name), uint8(0), uint8(1))
		}
	}
	packed := gzipped(f, "a,b\n1,2\n", "3,4\n")
	f.Add(packed, uint8(0), uint8(0), uint8(3))
	f.Add(packed[:len(packed)-3], uint8(0), uint8(0), uint8(3))
	f.Add(zstandard(f, "a,b\n1,2\n", "3,4\n"), uint8(0), uint8(0), uint8(3))
	f.Add([]byte("a,b\n1,2\n"), uint8(0), uint8(1), uint8(2))
	f.Add([]byte("a,b\n1,2\n"), uint8(0), uint8(2), uint8(2))
	f.Fuzz(func(t *testing.T, file []byte, label, packing, size uint8) {
		config := tabular.Config{
			Format: tabular.Format{Kind: definition.KindCSV},
			Limits: tabular.Limits{
				MaxRows: 1000, MaxColumns: 50, MaxCellBytes: 100, MaxRowBytes: 200, MaxFileBytes: 1 << 16, MaxUnpackedBytes: 1 << 17,
			},
		}
		if names := definition.Encodings(); int(label) <= len(names) && label > 0 {
			config.Format.Encoding = names[label-1]
		}
		switch packing {
		case 1:
			file = gzipped(t, string(file))
		case 2:
			file = zstandard(t, string(file))
		}
		whole, err := tabular.OpenSized(bytes.NewReader(file), config, 1<<17)
		pieces, otherErr := tabular.OpenSized(iotest.OneByteReader(bytes.NewReader(file)), config, int(size)+1)
		if err != nil {
			require.Equal(t, ending(t, err), ending(t, otherErr))
			require.Equal(t, err.Error(), otherErr.Error())
			return
		}
		require.NoError(t, otherErr)
		defer whole.Close()
		defer pieces.Close()
		require.Equal(t, whole.Header(), pieces.Header())
		require.Equal(t, whole.Warnings(), pieces.Warnings())
		row, before := int64(0), int64(0)
		for {
			record, err := whole.Next()
			other, otherErr := pieces.Next()
			if err != nil {
				require.Equal(t, ending(t, err), ending(t, otherErr))
				break
			}
			require.NoError(t, otherErr)
			require.Equal(t, line(record), line(other))
			require.Equal(t, record.Raw, other.Raw)
			require.Greater(t, record.Line, before)
			before = record.Line
			if record.Blank {
				require.Zero(t, record.Row)
				require.Nil(t, record.Problem)
				continue
			}
			row++
			require.Equal(t, row, record.Row)
			if record.Problem == nil {
				require.Len(t, record.Cells, len(whole.Header()))
			}
		}
		require.Equal(t, whole.Detected(), pieces.Detected())
		require.LessOrEqual(t, pieces.Held(), 16<<10)
	})
}

// FuzzEncodings writes text with the encoders of golang.org/x/text, which are other code, and reads it again.
func FuzzEncodings(f *testing.F) {
	for i, text := range []string{
		"Çağrı ölçümü", "Ünal €", "tie\u0301\u0302ng ư\u0323 ₫", "カタカナ漢字ﾊﾝ", "𝒳 😀", "\"\n,", "a\u0323\u0301",
	} {
		f.Add(text, uint8(i))
	}
	all := []struct {
		label string
		encoding.Encoding
	}{
		{"windows-1254", charmap.Windows1254},
		{"windows-1252", charmap.Windows1252},
		{"windows-1258", charmap.Windows1258},
		{"shift_jis", japanese.ShiftJIS},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"utf-8", unicode.UTF8},
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		e := all[int(which)%len(all)]
		file, err := e.NewEncoder().String("h\n\"x" + strings.ReplaceAll(text, `"`, `""`) + "\"\n")
		if err != nil || strings.ContainsRune(text, 0) || strings.ContainsRune(text, '\ufffd') ||
			strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 && r < 0xa0 }) {
			return // not of this encoding, or no text
		}
		r, err := tabular.OpenSized(iotest.HalfReader(strings.NewReader(file)), tabular.Config{
			Format: tabular.Format{Kind: definition.KindCSV, Encoding: e.label, Delimiter: ',', Quote: '"', Escape: '"'},
		}, 64)
		require.NoError(t, err)
		record, err := r.Next()
		require.NoError(t, err)
		back, err := e.NewDecoder().String(file)
		require.NoError(t, err)
		want := strings.ReplaceAll(back[len("h\n\""):len(back)-len("\"\n")], `""`, `"`)
		if e.label == "windows-1258" {
			want = norm.NFC.String(want)
		}
		require.Nil(t, record.Problem, "%q: %v", text, record.Problem)
		require.Equal(t, want, string(record.Cells[0]))
	})
}

// FuzzUnpack feeds any bytes after the first of a packed file: it ends, within bounds, and never in fewer records than
// what it unpacks to without an error.
func FuzzUnpack(f *testing.F) {
	for _, file := range [][]byte{
		gzipped(f, "a,b\n1,2\n"), gzipped(f, "a,b\n", "1,2\n"), zstandard(f, "a,b\n1,2\n"), zstandard(f, strings.Repeat("a,b\n", 99)),
		[]byte("\x28\xb5\x2f\xfd\x00\xb8\x01\x00\x00"), []byte("\x1f\x8b\x08\x1c"), []byte("\x50\x2a\x4d\x18\xff\xff\xff\xff"),
	} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if !bytes.HasPrefix(file, []byte("\x1f\x8b\x08")) && !bytes.HasPrefix(file, []byte("\x28\xb5\x2f\xfd")) {
			return
		}
		const most = 1 << 20
		r, err := tabular.Open(bytes.NewReader(file), tabular.Config{
			Format: tabular.Format{Kind: definition.KindCSV, Encoding: "utf-8"}, Limits: tabular.Limits{MaxUnpackedBytes: most},
		})
		if err != nil {
			ending(t, err)
			return
		}
		defer r.Close()
		var batch tabular.Batch
		for err == nil {
			err = r.NextBatch(&batch)
		}
		if ending(t, err) != "" {
			return
		}
		var text []byte
		if file[0] == 0x1f {
			unpacked, err := gzip.NewReader(bytes.NewReader(file))
			require.NoError(t, err)
			text, err = io.ReadAll(unpacked)
			require.NoError(t, err, "a damaged file was taken for one that is in order")
		} else {
			unpacked, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1))
			require.NoError(t, err)
			defer unpacked.Close()
			text, err = io.ReadAll(unpacked)
			require.NoError(t, err, "a damaged file was taken for one that is in order")
		}
		require.LessOrEqual(t, len(text), most)
	})
}

// What encoding/csv writes is read as it was, whatever the delimiter and the line end, and detection finds both.
func TestWhatEncodingCSVWritesIsRead(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "7", "1.5", "é", "\"", "\n", " ", ",", ";", "\t", "|", "x y", "'", "\\", "=1", "ş", ""}
	for range 2000 {
		delimiter := []rune{',', ';', '\t', '|'}[random.IntN(4)]
		width := 2 + random.IntN(4)
		records := make([][]string, 1+random.IntN(6))
		for i := range records {
			records[i] = make([]string, width)
			for j := range records[i] {
				for range random.IntN(4) {
					records[i][j] += pieces[random.IntN(len(pieces))]
				}
			}
			records[i][0] += "k" // no row is blank
		}
		header := make([]string, width)
		for i := range header {
			header[i] = "col" + string(rune('a'+i))
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.Comma = delimiter
		require.NoError(t, w.WriteAll(append([][]string{header}, records...)))
		r, err := tabular.Open(&file, tabular.Config{
			Format: tabular.Format{Delimiter: byte(delimiter), Quote: '"', Escape: '"'},
		})
		require.NoError(t, err)
		require.Equal(t, header, r.Header())
		for _, want := range records {
			record, err := r.Next()
			require.NoError(t, err)
			require.Nil(t, record.Problem)
			for i, cell := range record.Cells {
				require.Equal(t, want[i], string(cell))
			}
		}
		_, err = r.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}
