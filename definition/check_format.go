package definition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Separators that numbers may be written with. A space stands for the no-break spaces too, and ' for ’.
var (
	decimalSeparators   = []string{".", ","}
	thousandsSeparators = []string{".", ",", " ", "'", "\u00A0", "\u202F", "’"}
)

// Location loads the time zone; empty means UTC. The name "Local" is refused, and so is what else a machine's folder of
// zones may have beside the names of the IANA database, which begin with a capital: it means something else on each
// machine (localtime), or counts leap seconds (right/UTC).
func (f Format) Location() (*time.Location, error) {
	if f.TimeZone == "" {
		return time.UTC, nil
	}
	if first := f.TimeZone[0]; first < 'A' || first > 'Z' || strings.EqualFold(f.TimeZone, "local") {
		return nil, fmt.Errorf("time zone %q is not a name of the IANA database", f.TimeZone)
	}
	location, err := time.LoadLocation(f.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("load time zone %q: %w", f.TimeZone, err)
	}
	return location, nil
}

// Check tells everything that is wrong with a format that somebody gives for one import; the paths begin with format.
func (f Format) Check() []Problem {
	var c checker
	c.format(f)
	return c.problems
}

func (c *checker) format(f Format) {
	c.path = []string{"format"}
	if f.Kind != "" {
		c.enum("kind", f.Kind.Valid(), f.Kind.Values())
	}
	if _, known := EncodingName(f.Encoding); !known && f.Encoding != "" {
		allowed := strings.Join(Encodings(), " ")
		c.add("encoding", "enum", "The encoding is one of: "+allowed+"; or not given.", "allowed", allowed)
	}
	c.character("delimiter", f.Delimiter)
	c.character("quote", f.Quote)
	c.character("escape", f.Escape)
	if f.Delimiter != "" && f.Delimiter == f.Quote {
		c.add("quote", "same", "The quote and the delimiter must differ.", "other", "delimiter")
	}
	if f.Delimiter != "" && f.Delimiter == f.Escape {
		c.add("escape", "same", "The escape and the delimiter must differ.", "other", "delimiter")
	}
	c.sheet(f.Sheet)
	c.kindOnly(f)
	if f.HeaderRow < 0 {
		c.add("headerRow", "few", "The header row is 0 (find it) or counts from 1.", "min", "0")
	}
	if _, known := FindLocale(f.Locale); f.Locale != "" && !known {
		allowed := strings.Join(Locales(), ", ")
		c.add("locale", "enum", "The locale is one of: "+allowed+".", "allowed", allowed)
	}
	c.separators(f)
	c.dateFormats(f.DateFormats)
	if _, err := f.Location(); err != nil {
		c.add("timeZone", "unknown", "A time zone is a name of the IANA database, such as Europe/Istanbul or UTC.")
	}
}

func (c *checker) character(field, text string) {
	if text == "" {
		return
	}
	if len(text) != 1 || text != "\t" && (text[0] < ' ' || text[0] > '~') {
		c.add(field, "character", "This is one printable ASCII character or a tab.")
	}
}

// sheet checks a name by the rules that spreadsheet programs have for it.
func (c *checker) sheet(name string) {
	const maxSheet, notInNames = 31, `[]:*?/\`
	switch {
	case name == "":
	case strings.ContainsAny(name, notInNames) || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		c.add("sheet", "bytes", "A sheet's name has none of the characters [ ] : * ? / \\.")
	// Programs count UTF-16 units, as file and sheet names came to be.
	case len(utf16.Encode([]rune(name))) > maxSheet:
		c.add("sheet", "long", fmt.Sprintf("A sheet's name has at most %d characters.", maxSheet),
			"max", strconv.Itoa(maxSheet))
	}
}

// kindOnly refuses what a file of the kind that is named does not have.
func (c *checker) kindOnly(f Format) {
	if !f.Kind.Valid() {
		return
	}
	refuse := func(field string, given bool, kinds ...FileKind) {
		if given && !slices.Contains(kinds, f.Kind) {
			names := make([]string, 0, len(kinds))
			for _, k := range kinds {
				names = append(names, string(k))
			}
			c.add(field, "kind", fmt.Sprintf("A %s file has no %s; leave it out, or name another kind.", f.Kind, field),
				"kind", string(f.Kind), "kinds", strings.Join(names, ", "))
		}
	}
	refuse("encoding", f.Encoding != "", KindCSV, KindJSONL)
	refuse("delimiter", f.Delimiter != "", KindCSV)
	refuse("quote", f.Quote != "", KindCSV)
	refuse("escape", f.Escape != "", KindCSV)
	refuse("sheet", f.Sheet != "", KindXLSX)
	refuse("headerRow", f.HeaderRow > 0, KindCSV, KindXLSX)
}

func (c *checker) separators(f Format) {
	decimal := f.DecimalSeparator
	if decimal != "" && !slices.Contains(decimalSeparators, decimal) {
		c.add("decimalSeparator", "enum", "The decimal separator is '.' or ','.", "allowed", ". ,")
	}
	if f.ThousandsSeparator == "" {
		return
	}
	if !slices.Contains(thousandsSeparators, f.ThousandsSeparator) {
		c.add("thousandsSeparator", "enum", "The thousands separator is '.', ',', an apostrophe or a space.",
			"allowed", ". , ' space")
	}
	if decimal == "" {
		decimal = "."
		if l, known := FindLocale(f.Locale); known {
			decimal = string(l.Point)
		}
	}
	if decimal == f.ThousandsSeparator {
		c.add("thousandsSeparator", "same", "The thousands separator and the decimal separator (where none is given the "+
			"locale's, or '.') must differ.", "other", "decimalSeparator")
	}
}

func (c *checker) dateFormats(patterns []string) {
	path := c.path
	defer func() { c.path = path }()
	c.path = append(path[:1:1], "dateFormats")
	c.count(len(patterns), 0, MaxDateFormats, "date formats")
	for i, pattern := range patterns {
		if _, err := CompileLayout(pattern); err != nil {
			c.add(strconv.Itoa(i), "layout", sentence(err), "reason", err.Error())
		}
	}
}
