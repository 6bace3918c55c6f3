package definition

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// NormalizeName is the key under which names are compared: column names and headers, keys, names and aliases of sites.
// Case, accents and the amount of white space do not count, nor does the difference between Turkish ı, I, İ and i.
//
// It decomposes (NFKD), drops accents and invisible characters, folds case, collapses and trims white space, and composes
// again. Marks that are letters of their own script (vowel signs of Devanagari or Thai, the Japanese voicing marks) stay:
// without them different words would become one. NormalizeName(NormalizeName(s)) is NormalizeName(s).
func NormalizeName(s string) string {
	if isASCII(s) {
		return foldASCII(s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	// Folding can make letters that decompose once more; the second round nearly always finds nothing to do.
	for range 4 {
		next := normalizeOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func normalizeOnce(s string) string {
	var kept strings.Builder
	kept.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		switch {
		case isAccent(r), unicode.Is(unicode.Cf, r):
		case r == 'ı':
			kept.WriteByte('i')
		default:
			kept.WriteRune(r)
		}
	}
	// A Caser may hold state, so each call makes its own.
	folded := cases.Fold().String(kept.String())
	return norm.NFC.String(strings.Join(strings.Fields(folded), " "))
}

// isAccent tells marks that are shared by scripts, which is what accents are, from signs that belong to one script.
func isAccent(r rune) bool {
	const voiced, semiVoiced = '\u3099', '\u309A'
	return r >= 0x300 && r != voiced && r != semiVoiced &&
		unicode.In(r, unicode.Mn, unicode.Me) && unicode.Is(unicode.Inherited, r)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func foldASCII(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// Normalize returns a copy as it is stored: texts trimmed, and what was left out set to its default (an output's label is
// its key, its type NUMBER, its period unit YEARLY; bad rows FAIL; unknown sites are ACCEPTed). Separators are never
// trimmed, for a space or a tab is one; nor is code, whose lines are counted, but blank code is none.
func (v Version) Normalize() Version {
	v.Columns = NormalizeColumns(v.Columns)
	v.Outputs = NormalizeOutputs(v.Outputs)
	v.Format.Encoding = strings.TrimSpace(v.Format.Encoding)
	v.Format.Locale = strings.TrimSpace(v.Format.Locale)
	v.Format.TimeZone = strings.TrimSpace(v.Format.TimeZone)
	v.Format.DateFormats = trimAll(v.Format.DateFormats)
	if strings.TrimSpace(v.Code) == "" {
		v.Code = ""
	}
	if v.OnInvalidRow == "" {
		v.OnInvalidRow = InvalidRowFail
	}
	if v.OnUnknownSite == "" {
		v.OnUnknownSite = UnknownSiteAccept
	}
	return v
}

// NormalizeColumns returns a copy with all texts trimmed.
func NormalizeColumns(columns []Column) []Column {
	columns = slices.Clone(columns)
	for i := range columns {
		c := &columns[i]
		c.Name = strings.TrimSpace(c.Name)
		c.Format = strings.TrimSpace(c.Format)
		c.Description = strings.TrimSpace(c.Description)
		c.Aliases = trimAll(c.Aliases)
	}
	return columns
}

// NormalizeOutputs returns a copy with all texts trimmed and the defaults that Version.Normalize names.
func NormalizeOutputs(outputs []Output) []Output {
	outputs = slices.Clone(outputs)
	for i := range outputs {
		o := &outputs[i]
		o.Key = strings.TrimSpace(o.Key)
		o.Label = strings.TrimSpace(o.Label)
		o.Unit = strings.TrimSpace(o.Unit)
		o.Column = strings.TrimSpace(o.Column)
		o.FormElementID = strings.TrimSpace(o.FormElementID)
		if o.Label == "" {
			o.Label = o.Key
		}
		if o.Type == "" {
			o.Type = OutputNumber
		}
		if o.PeriodUnit == "" {
			o.PeriodUnit = Yearly
		}
	}
	return outputs
}

// trimAll returns trimmed copies; an empty list is nil, which it is when it has been stored.
func trimAll(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	texts = slices.Clone(texts)
	for i, text := range texts {
		texts[i] = strings.TrimSpace(text)
	}
	return texts
}
