package definition

import (
	"strings"
	"sync"
)

const (
	latinEnd   = 0x250
	vietnamese = 0x1E00
	latinMore  = 0x1F00
)

// latin is what NormalizeName makes of each Latin letter with an accent, by code point; those from U+1E00 on follow
// those below U+0250. Empty where it depends on the neighbours, or is not for sure a letter.
var latin = sync.OnceValue(func() *[latinEnd + latinMore - vietnamese]string {
	var table [latinEnd + latinMore - vietnamese]string
	for i := range table {
		r := rune(i)
		if i >= latinEnd {
			r += vietnamese - latinEnd
		}
		if i >= 0xC0 || i < 0x80 {
			if key := NormalizeName(string(r)); isASCII(key) || key == "đ" || key == "ø" || key == "ł" {
				table[i] = key
			}
		}
	}
	return &table
})

// normalizeLatin is NormalizeName, and five times as fast for names in Turkish or Vietnamese letters.
func normalizeLatin(s string) string {
	if isASCII(s) {
		return foldASCII(s)
	}
	table := latin()
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		at := r
		if r >= vietnamese && r < latinMore {
			at = r - vietnamese + latinEnd
		} else if r >= latinEnd {
			return NormalizeName(s)
		}
		letter := table[at]
		if letter != "" {
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteString(letter)
			continue
		}
		if r >= 0x80 {
			return NormalizeName(s)
		}
		if r == ' ' || '\t' <= r && r <= '\r' {
			gap = true
			continue
		}
		return NormalizeName(s)
	}
	return b.String()
}
