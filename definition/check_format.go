package definition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Separators that numbers may be written with. A space stands for the no-break spaces too, and ' for ’.
var (
	decimalSeparators   = []string{".", ","}
	thousandsSeparators = []string{".", ",", " ", "'", "\u00A0", "\u202F", "’"}
)

// Location loads the time zone; empty means UTC. The name "Local" is refused: it means something else on each machine.
func (f Format) Location() (*time.Location, error) {
	if f.TimeZone == "" {
		return time.UTC, nil
	}
	if strings.EqualFold(f.TimeZone, "local") {
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
	if f.Encoding != "" && !strings.EqualFold(f.Encoding, "UTF-8") && !strings.EqualFold(f.Encoding, "UTF8") {
		c.add("encoding", "enum", "The encoding is UTF-8, or not given.", "allowed", "UTF-8")
	}
	c.character("delimiter", f.Delimiter)
	c.character("quote", f.Quote)
	if f.Delimiter != "" && f.Delimiter == f.Quote {
		c.add("quote", "same", "The quote and the delimiter must differ.", "other", "delimiter")
	}
	if f.HeaderRow < 0 {
		c.add("headerRow", "few", "The header row is 0 (find it) or counts from 1.", "min", "0")
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
	}
	if decimal == f.ThousandsSeparator {
		c.add("thousandsSeparator", "same", "The thousands separator and the decimal separator ('.' where none is given) "+
			"must differ.", "other", "decimalSeparator")
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
