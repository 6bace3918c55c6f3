//go:build linux && (amd64 || arm64)

package script_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"runtime"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script"
)

// FuzzFrame reads whatever comes through a pipe: it is a frame, whole and as long as it says, or an error; and no more is
// kept than has come.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 'A', 1, 0, 0, 0, '{', '}'})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 'A', 1, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 1, 0, 'A', 1, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 1 << 17
		kind, request, body, err := script.ReadFrame(bytes.NewReader(b), most)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(body), most)
		again := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
		again = append(binary.LittleEndian.AppendUint32(append(again, kind), request), body...)
		require.True(t, bytes.HasPrefix(b, again))
	})
}

// FuzzAnswer decodes what a child that was taken over may answer: what comes through is within every bound.
func FuzzAnswer(f *testing.F) {
	for _, a := range [][2]string{
		{`{}`, `{"a":1}`},
		{`{"log":[{"level":"LOG","message":"x"}],"truncated":true}`, `[1,null,"x"]`},
		{`{"fault":{"code":"SCRIPT_THREW","message":"x","line":1,"column":2,"row":7,"params":[{"name":"a","value":"b"}]}}`, ``},
		{`{"fault":{"code":"SCRIPT_TIMEOUT","message":"x"},"last":true}`, ``},
		{`{"fault":{"code":"INTERNAL","message":"x"}}`, ``},
		{`{"fault":null}`, `1`},
		{`{"log":null,"last":false}`, ` 1 `},
		{`null`, `null`},
	} {
		f.Add(script.Answer(a[0], a[1]), int64(5), int64(9))
	}
	limits := script.DefaultLimits()
	limits.OutputBytes, limits.LogLines, limits.LogBytes, limits.LogLineRunes = 64, 3, 64, 16
	f.Fuzz(func(t *testing.T, body []byte, first, last int64) {
		result, e, err := script.ReadAnswer(body, limits, first, last)
		if err != nil {
			return
		}
		if len(result.Output) > 0 {
			require.Nil(t, e)
			require.True(t, json.Valid(result.Output) && utf8.Valid(result.Output))
		}
		require.LessOrEqual(t, len(result.Output), limits.OutputBytes)
		require.LessOrEqual(t, len(result.Log), limits.LogLines)
		sum := 0
		for _, line := range result.Log {
			sum += len(line.Message)
			require.True(t, line.Level.Valid() && utf8.ValidString(line.Message))
		}
		require.LessOrEqual(t, sum, limits.LogBytes)
		if e != nil {
			require.Contains(t, string(e.Code), "SCRIPT_")
			require.True(t, e.Message != "" && e.Line >= 0 && e.Column >= 0 && utf8.ValidString(e.Message))
			require.True(t, e.Row == 0 || e.Row >= first && e.Row <= last)
		}
	})
}

// FuzzRow decodes rows: what can be decoded is encoded as the same bytes again, and nothing is read beyond the row.
func FuzzRow(f *testing.F) {
	f.Add(script.AppendNull(script.AppendRowNumber(nil, 1)), 1)
	row := script.AppendNumber(script.AppendText(script.AppendRowNumber(nil, 1<<40), []byte("ğ")), -0.5)
	f.Add(script.AppendBool(script.AppendBool(row, true), false), 4)
	f.Add([]byte{1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 1)
	f.Add([]byte{1, 2, 3, 'a', 0xff, 'b'}, 1)
	f.Add([]byte{0x81, 0, 0}, 1)
	f.Add([]byte{1, 1, 0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, columns int) {
		if columns < 0 || columns > 64 {
			return
		}
		number, again, rest, err := script.ReadRow(b, columns)
		if err != nil {
			return
		}
		require.Positive(t, number)
		require.True(t, bytes.HasSuffix(b, rest))
		// A number may have been written in more bytes than it needs; it is the same row then.
		number2, again2, rest2, err := script.ReadRow(again, columns)
		require.NoError(t, err)
		require.Equal(t, number, number2)
		require.Equal(t, again, again2)
		require.Empty(t, rest2)
		require.LessOrEqual(t, len(again), len(b)-len(rest))
	})
}

func TestLastWordsAreTheFirstAndTheLast(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ab", script.Said("a", "", "b"))
	require.Equal(t, "?é", script.Said("\xff", "é"))
	big := bytes.Repeat([]byte("x"), 100_000)
	kept := script.Said("panic: first", string(big), string(big), "last")
	require.Less(t, len(kept), 8300)
	require.Regexp(t, `^panic: firstx+ … 191824 bytes … x+last$`, kept)
}

// What a frame announces costs nothing before it has come.
func TestAFrameCostsWhatHasCome(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	announced := append(binary.LittleEndian.AppendUint32(nil, 1<<30), 'A', 1, 0, 0, 0, 'x')
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		_, _, _, err := script.ReadFrame(bytes.NewReader(announced), 1<<30)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10<<20))
}
