package storage

import (
	"strings"
	"unicode"
)

const maxFileName = 255 // code points

// safeFileName makes any text a name to save under: no folders, no characters that a file system refuses or that show
// another name than there is (controls, text direction), not too long, not empty. The ending is kept when it is cut.
func safeFileName(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		case r == '\u200C' || r == '\u200D': // joiners, which Persian names and emoji are written with
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	name = strings.Trim(name, " .")
	if runes := []rune(name); len(runes) > maxFileName {
		ending := []rune(name[strings.LastIndexByte(name, '.')+1:])
		if len(ending) > 10 || len(ending) == len(runes) {
			ending = nil
		} else {
			ending = append([]rune{'.'}, ending...)
		}
		name = string(runes[:maxFileName-len(ending)]) + string(ending)
	}
	if name == "" {
		return "download"
	}
	return name
}

// Attachment is the Content-Disposition by which a browser saves an answer under a name made of any text.
func Attachment(fileName string) string { return disposition(safeFileName(fileName)) }

// disposition is the Content-Disposition by which a browser saves rather than shows (RFC 6266): a plain name for old
// clients, and the whole one in UTF-8 (RFC 8187).
func disposition(name string) string {
	const upperHex = "0123456789ABCDEF"
	var plain, extended strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			r = '_'
		}
		plain.WriteRune(r)
	}
	for i := range len(name) {
		c := name[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			extended.WriteByte(c)
		} else {
			extended.WriteString(string([]byte{'%', upperHex[c>>4], upperHex[c&15]}))
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + extended.String()
}
