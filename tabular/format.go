package tabular

import (
	"errors"
	"fmt"
)

// Format says how a file is to be read. The zero value detects.
type Format struct {
	// Delimiter separates cells: a printable ASCII character or a tab. 0 detects it among comma, semicolon, tab and |.
	Delimiter byte
	// Quote encloses cells, doubled where it stands for itself: a printable ASCII character. 0 means ".
	Quote byte
	// HeaderRow is the record that names the columns, counted from 1 with blank ones included; what comes before is a
	// preamble and skipped. 0 means the first record that is not blank.
	HeaderRow int
}

// Limits bound what one file may cost. A zero field takes its value from DefaultLimits.
type Limits struct {
	// MaxFileBytes is the size of the whole file; a larger one ends with LIMIT_EXCEEDED.
	MaxFileBytes int64
	// MaxRows is the number of data rows, blank ones not counted; more end with LIMIT_EXCEEDED.
	MaxRows int64
	// MaxColumns is the width of the header; a wider one is refused with LIMIT_EXCEEDED.
	MaxColumns int
	// MaxCellBytes is the size of a cell without its quotes; a row with a larger one is set aside.
	MaxCellBytes int
	// MaxRowBytes is the size of a record without its line end; a larger one is set aside. A quoted cell ends within it
	// too, or counts as unclosed. A Batch grows to twice as many bytes of the file at most, and 8 more for each cell.
	MaxRowBytes int
}

// DefaultLimits are the limits of a reader that is told nothing else: files of 2 GiB (30 million rows of usual width
// would fit), 10 million rows, 2,000 columns, cells of 128 KiB (a full spreadsheet cell, 32,767 characters, in the
// widest UTF-8) and rows of 1 MiB.
func DefaultLimits() Limits {
	return Limits{
		MaxFileBytes: 2 << 30,
		MaxRows:      10_000_000,
		MaxColumns:   2_000,
		MaxCellBytes: 128 << 10,
		MaxRowBytes:  1 << 20,
	}
}

// Config is what Open needs to know; the zero value detects the format under DefaultLimits.
type Config struct {
	Format Format
	Limits Limits
}

// maxRowBytes keeps the positions of a batch within 32 bits.
const maxRowBytes = 256 << 20

// complete fills in the defaults, then names everything that is wrong.
func (c Config) complete() (Config, error) {
	if c.Format.Quote == 0 {
		c.Format.Quote = '"'
	}
	defaults := DefaultLimits()
	setDefault(&c.Limits.MaxFileBytes, defaults.MaxFileBytes)
	setDefault(&c.Limits.MaxRows, defaults.MaxRows)
	setDefault(&c.Limits.MaxColumns, defaults.MaxColumns)
	setDefault(&c.Limits.MaxRowBytes, defaults.MaxRowBytes)
	setDefault(&c.Limits.MaxCellBytes, min(defaults.MaxCellBytes, c.Limits.MaxRowBytes))

	var problems []error
	if d := c.Format.Delimiter; d != 0 && d != '\t' && (d < ' ' || d > '~') {
		problems = append(problems, fmt.Errorf("delimiter %q must be a printable ASCII character or a tab", d))
	}
	if q := c.Format.Quote; q <= ' ' || q > '~' {
		problems = append(problems, fmt.Errorf("quote %q must be a printable ASCII character", q))
	}
	if c.Format.Delimiter == c.Format.Quote {
		problems = append(problems, fmt.Errorf("delimiter and quote are both %q", c.Format.Quote))
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

func setDefault[T int | int64](value *T, standard T) {
	if *value == 0 {
		*value = standard
	}
}

// LineEnding is how the lines of a file end.
type LineEnding string

// The values of LineEnding; a file of one line without an end has none of them.
const (
	LF    LineEnding = "LF"
	CRLF  LineEnding = "CRLF"
	CR    LineEnding = "CR"
	Mixed LineEnding = "MIXED"
)

// Detected is how a file was found to be written.
type Detected struct {
	Encoding      string // "UTF-8"
	ByteOrderMark bool
	Delimiter     byte
	// DelimiterGuessed tells that the delimiter was detected, and that another was possible or some lines speak
	// against it.
	DelimiterGuessed bool
	Quote            byte
	// LineEnding is what was seen outside of quotes so far, empty before the first line end.
	LineEnding LineEnding
	// HeaderRow is the record that names the columns, counted from 1 with blank ones included.
	HeaderRow int
}
