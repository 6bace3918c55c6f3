package tabular

import (
	"errors"
	"fmt"

	"entrepot/definition"
)

// Format says how a file is to be read. The zero value detects.
type Format struct {
	// Kind is what the file must be; empty tells it by how the file starts.
	Kind definition.FileKind
	// Encoding is a label of the WHATWG Encoding Standard, such as utf-8; a byte order mark in the file overrules it.
	// Empty detects.
	Encoding string
	// Delimiter separates cells: a printable ASCII character or a tab. 0 detects it among , ; | : ^ ~ and tab.
	Delimiter byte
	// Quote encloses cells, doubled where it stands for itself: a printable ASCII character. 0 detects ", ' or none.
	Quote byte
	// Escape, in a quoted cell, stands before a quote or before itself, in the place of a doubled quote (which is read
	// all the same). 0 detects a backslash; the quote itself means that quotes are doubled and nothing else.
	Escape byte
	// HeaderRow is the record that names the columns, counted from 1 with blank ones included (but not a first line such
	// as sep=;); what comes before is a preamble and skipped. 0 means the first record that is not blank, or the one
	// below a preamble that is plainly one.
	HeaderRow int
	// Sheet is the name of a workbook's sheet; empty means the first that has a table.
	Sheet string
}

// FormatOf is what a definition's format says about reading; how numbers and dates are written is not the reader's to
// know. f is one that definition.Format.Check has nothing against.
func FormatOf(f definition.Format) Format {
	return Format{
		Kind: f.Kind, Encoding: f.Encoding, Delimiter: first(f.Delimiter), Quote: first(f.Quote), Escape: first(f.Escape),
		Sheet: f.Sheet, HeaderRow: f.HeaderRow,
	}
}

func first(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}

// Limits bound what one file may cost. A zero field takes its value from DefaultLimits.
type Limits struct {
	// MaxFileBytes is the size of the whole file; a larger one ends with LIMIT_EXCEEDED.
	MaxFileBytes int64
	// MaxRows is the number of data rows, blank ones not counted; more end with LIMIT_EXCEEDED, and so do more blank rows
	// than this and 1,048,576.
	MaxRows int64
	// MaxColumns is the width of the header; a wider one is refused with LIMIT_EXCEEDED.
	MaxColumns int
	// MaxCellBytes is the size of a cell without its quotes; a row with a larger one is set aside.
	MaxCellBytes int
	// MaxRowBytes is the size of a record without its line end; a larger one is set aside. A quoted cell ends within it
	// too, or counts as unclosed. A Batch grows to twice as many bytes of the file at most, and 8 more for each cell.
	MaxRowBytes int
	// MaxUnpackedBytes is what a packed file (gzip, zstd, the parts of a workbook) may unpack to; more ends with
	// LIMIT_EXCEEDED.
	MaxUnpackedBytes int64
	// MaxUnpackRatio is how many times its packed size a file may unpack to, once that is more than 64 MiB; more ends
	// with LIMIT_EXCEEDED.
	MaxUnpackRatio int
}

// LimitsOf takes from a server's limits those that a reader keeps.
func LimitsOf(l definition.Limits) Limits {
	return Limits{
		MaxFileBytes: l.MaxFileBytes, MaxRows: l.MaxRows, MaxColumns: l.MaxColumns, MaxCellBytes: l.MaxCellBytes,
		MaxRowBytes: l.MaxRowBytes, MaxUnpackedBytes: l.MaxUnpackedBytes, MaxUnpackRatio: l.MaxUnpackRatio,
	}
}

// DefaultLimits are the limits of a reader that is told nothing else: files of 2 GiB (30 million rows of usual width
// would fit), 10 million rows, 2,000 columns, cells of 128 KiB (a full spreadsheet cell, 32,767 characters, in the
// widest UTF-8), rows of 1 MiB, and packed files that are 2 GiB and 250 times as large as when packed.
func DefaultLimits() Limits {
	return Limits{
		MaxFileBytes: 2 << 30,
		MaxRows:      10_000_000,
		MaxColumns:   2_000,
		MaxCellBytes: 128 << 10,
		MaxRowBytes:  1 << 20,

		MaxUnpackedBytes: 2 << 30,
		MaxUnpackRatio:   250,
	}
}

// Config is what Open needs to know; the zero value detects the format under DefaultLimits.
type Config struct {
	Format Format
	Limits Limits
	// TempDir is the folder for what does not fit into memory; empty means the system's own.
	TempDir string
}

// maxRowBytes keeps the positions of a batch within 32 bits.
const maxRowBytes = 256 << 20

// complete fills in the defaults, then names everything that is wrong.
func (c Config) complete() (Config, error) {
	defaults := DefaultLimits()
	setDefault(&c.Limits.MaxFileBytes, defaults.MaxFileBytes)
	setDefault(&c.Limits.MaxRows, defaults.MaxRows)
	setDefault(&c.Limits.MaxColumns, defaults.MaxColumns)
	setDefault(&c.Limits.MaxRowBytes, defaults.MaxRowBytes)
	setDefault(&c.Limits.MaxUnpackedBytes, defaults.MaxUnpackedBytes)
	setDefault(&c.Limits.MaxUnpackRatio, defaults.MaxUnpackRatio)
	setDefault(&c.Limits.MaxCellBytes, min(defaults.MaxCellBytes, c.Limits.MaxRowBytes))

	var problems []error
	if _, known := definition.EncodingName(c.Format.Encoding); !known && c.Format.Encoding != "" {
		problems = append(problems, fmt.Errorf("encoding %q is none of %v", c.Format.Encoding, definition.Encodings()))
	}
	if d := c.Format.Delimiter; d != 0 && !isDelimiter(d) {
		problems = append(problems, fmt.Errorf("delimiter %q must be a printable ASCII character or a tab", d))
	}
	if q := c.Format.Quote; q != 0 && (q <= ' ' || q > '~') {
		problems = append(problems, fmt.Errorf("quote %q must be a printable ASCII character", q))
	}
	if e := c.Format.Escape; e != 0 && (e <= ' ' || e > '~') {
		problems = append(problems, fmt.Errorf("escape %q must be a printable ASCII character", e))
	}
	if d := c.Format.Delimiter; d != 0 && (d == c.Format.Quote || d == '"' && c.Format.Quote == 0) {
		problems = append(problems, fmt.Errorf("delimiter and quote are both %q", d))
	}
	if d := c.Format.Delimiter; d != 0 && d == c.Format.Escape {
		problems = append(problems, fmt.Errorf("delimiter and escape are both %q", d))
	}
	if c.Format.HeaderRow < 0 {
		problems = append(problems, fmt.Errorf("header row %d must be 1 or more, or 0 to detect it", c.Format.HeaderRow))
	}
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"MaxFileBytes", c.Limits.MaxFileBytes},
		{"MaxRows", c.Limits.MaxRows},
		{"MaxColumns", int64(c.Limits.MaxColumns)},
		{"MaxCellBytes", int64(c.Limits.MaxCellBytes)},
		{"MaxRowBytes", int64(c.Limits.MaxRowBytes)},
		{"MaxUnpackedBytes", c.Limits.MaxUnpackedBytes},
		{"MaxUnpackRatio", int64(c.Limits.MaxUnpackRatio)},
	} {
		if limit.value < 0 {
			problems = append(problems, fmt.Errorf("limit %s is %d, must be positive", limit.name, limit.value))
		}
	}
	if c.Limits.MaxRowBytes > maxRowBytes {
		problems = append(problems, fmt.Errorf("limit MaxRowBytes is %d, at most %d", c.Limits.MaxRowBytes, maxRowBytes))
	}
	return c, errors.Join(problems...)
}

func isDelimiter(c byte) bool { return c == '\t' || c >= ' ' && c <= '~' }

func setDefault[T int | int64](value *T, standard T) {
	if *value == 0 {
		*value = standard
	}
}

// The values of definition.DetectedFormat.LineEnding; a file of one line without an end has none of them.
const (
	LineLF    = "LF"
	LineCRLF  = "CRLF"
	LineCR    = "CR"
	LineMixed = "MIXED"
)
