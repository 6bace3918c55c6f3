//go:build amd64 || arm64

package engine

import (
	"math"
	"strconv"
)

// appendDouble writes a finite number as JavaScript does: the shortest text that is read back as the same.
func appendDouble(b []byte, d float64) []byte {
	if d == 0 {
		return append(b, '0') // -0 too
	}
	if a := math.Abs(d); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, d, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, d, 'e', -1, 64)
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-2] == '0' { // e-09
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendText writes valid UTF-8 as a JSON string.
func appendText(b, s []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
