package upload

import (
	"bytes"
	"slices"

	"entrepot/definition"
	"entrepot/tabular"
)

const (
	// sampledRows is how many rows at the start the types of columns are told from.
	sampledRows = 1000
	// maxSamples is how many different values of a column are shown, and maxSample how long.
	maxSamples = 3
	maxSample  = 100 // code points
)

// columns tells the types of a file's columns from its first rows: a guess that helps a person to write a definition,
// and binds nobody. A column has a type when all its filled cells are written in one way of that type.
type columns []column

type column struct {
	header   string
	possible uint64 // ways, by place
	filled   bool
	samples  []string
}

func newColumns(header []string) columns {
	list := make(columns, len(header))
	for i, name := range header {
		list[i] = column{header: name, possible: 1<<len(ways) - 1}
	}
	return list
}

// sample takes one row in.
func (list columns) sample(batch *tabular.Batch, row int) {
	for i := range min(len(list), batch.Cells(row)) {
		cell := bytes.TrimSpace(batch.Cell(row, i))
		if len(cell) == 0 {
			continue
		}
		c := &list[i]
		kind := batch.Kind(row, i)
		if kind == definition.CellError {
			continue // of no type, and no value
		}
		c.filled = true
		for w := range ways {
			if c.possible&(1<<w) != 0 && !ways[w].fits(cell, kind) {
				c.possible &^= 1 << w
			}
		}
		if len(c.samples) < maxSamples {
			if text := cut(string(cell[:min(len(cell), 4*maxSample+4)]), maxSample); !slices.Contains(c.samples, text) {
				c.samples = append(c.samples, text)
			}
		}
	}
}

// detected gives the columns as they are shown.
func (list columns) detected() []definition.DetectedColumn {
	shown := make([]definition.DetectedColumn, len(list))
	for i, c := range list {
		shown[i] = definition.DetectedColumn{Index: i, Header: c.header, Type: definition.TypeString, Samples: c.samples}
		for w := range ways {
			if c.filled && c.possible&(1<<w) != 0 {
				shown[i].Type = ways[w].of
				break
			}
		}
	}
	return shown
}

// way is one way of writing values of a type.
type way struct {
	of    definition.ColumnType
	reads func(cell []byte) bool
}

// fits tells whether a cell is of the way's type: by its kind where that is known, else by its text.
func (w *way) fits(cell []byte, kind definition.CellKind) bool {
	switch kind {
	case definition.CellNumber:
		return w.of == definition.TypeInteger && isInteger(cell) ||
			w.of == definition.TypeNumber && isNumber(cell, '.', ',')
	case definition.CellBoolean:
		return w.of == definition.TypeBoolean
	case definition.CellDate:
		return w.of == definition.TypeDate || w.of == definition.TypeDateTime
	case definition.CellDateTime:
		return w.of == definition.TypeDateTime
	}
	return w.reads(cell)
}

// ways lists them, the narrower type first.
var ways = slices.Concat(
	[]way{
		{definition.TypeBoolean, isBoolean},
		{definition.TypeInteger, isInteger},
		{definition.TypeNumber, func(cell []byte) bool { return isNumber(cell, '.', ',') }},
		{definition.TypeNumber, func(cell []byte) bool { return isNumber(cell, ',', '.') }},
	},
	dated(definition.TypeDate, "YYYY-MM-DD", "YYYY/M/D", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY"),
	dated(definition.TypeDateTime,
		"YYYY-MM-DDTHH:mm:ss", "YYYY-MM-DDTHH:mm:ssZ", "YYYY-MM-DDTHH:mm:ss.SSS", "YYYY-MM-DDTHH:mm:ss.SSSZ",
		"YYYY-MM-DDTHH:mm",
		"YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD HH:mm:ssZ", "YYYY-MM-DD HH:mm:ss.SSS", "YYYY-MM-DD HH:mm",
		"D.M.YYYY HH:mm", "D.M.YYYY HH:mm:ss", "D/M/YYYY HH:mm", "D/M/YYYY HH:mm:ss", "M/D/YYYY HH:mm", "M/D/YYYY HH:mm:ss"),
)

func dated(of definition.ColumnType, patterns ...string) []way {
	list := make([]way, len(patterns))
	for i, pattern := range patterns {
		layout, err := definition.CompileLayout(pattern)
		if err != nil {
			panic(err)
		}
		list[i] = way{of, func(cell []byte) bool {
			_, ok := layout.Parse(cell)
			return ok
		}}
	}
	return list
}

func isBoolean(cell []byte) bool {
	if len(cell) > 8 {
		return false
	}
	switch definition.NormalizeName(string(cell)) {
	case "true", "false", "yes", "no", "evet", "hayir":
		return true
	}
	return false
}

// isInteger is false for numbers with a leading zero: those are codes, which would lose it.
func isInteger(cell []byte) bool {
	cell = unsigned(cell)
	if len(cell) == 0 || len(cell) > 15 || len(cell) > 1 && cell[0] == '0' {
		return false
	}
	return digitsAhead(cell) == len(cell)
}

// isNumber reads digits, in groups of three or not, then a decimal part and an exponent where there are any.
func isNumber(cell []byte, decimal, group byte) bool {
	cell = unsigned(cell)
	whole := digitsAhead(cell)
	if whole == 0 || whole > 34 || whole > 1 && cell[0] == '0' {
		return false
	}
	rest := cell[whole:]
	if whole <= 3 {
		for len(rest) > 3 && rest[0] == group && digitsAhead(rest[1:]) == 3 {
			rest = rest[4:]
		}
	}
	if len(rest) > 1 && rest[0] == decimal {
		fraction := digitsAhead(rest[1:])
		if fraction == 0 || whole+fraction > 34 {
			return false
		}
		rest = rest[1+fraction:]
	}
	if len(rest) > 1 && rest[0]|0x20 == 'e' {
		rest = unsigned(rest[1:])
		exponent := digitsAhead(rest)
		return exponent > 0 && exponent <= 4 && exponent == len(rest)
	}
	return len(rest) == 0
}

func unsigned(cell []byte) []byte {
	if len(cell) > 0 && (cell[0] == '-' || cell[0] == '+') {
		return cell[1:]
	}
	return cell
}

func digitsAhead(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
