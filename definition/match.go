package definition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MappingError says why the columns of a definition cannot be found in a file.
type MappingError struct {
	// Code is COLUMN_MISSING or COLUMN_AMBIGUOUS.
	Code ImportErrorCode
	// Message is a sentence for people; it may name headers of the file.
	Message string
	// Params are column (names, separated by commas) and headers or header.
	Params []Param
	// Column is the first column concerned.
	Column string
}

// Error is the message.
func (e *MappingError) Error() string { return e.Message }

// needed tells whether a file without the column is refused. A column with a role always is: without it, rows would
// silently fall into the wrong group.
func (c *Column) needed() bool { return c.Required || c.Role != "" }

// MatchColumns finds the columns in a file's header: for each column the index of its header, -1 when an optional one is
// absent, and the mapping that this comes to.
//
// What is trusted first: the given mapping (the header as it stands in the file, but for white space around it), a header
// equal to the column's name, one equal to an alias, one that normalises as the name does, one that normalises as an
// alias does. A header that a more trusted match has taken is not taken again. It fails with a *MappingError:
// COLUMN_AMBIGUOUS when two headers of the file serve equally well, COLUMN_MISSING (naming all of them) when columns that
// are required or have a role are not there, or when a given mapping names a header or column that does not exist.
func MatchColumns(columns []Column, header []string, given []ColumnMapping) ([]int, []ColumnMapping, error) {
	m := newMatcher(columns, header)
	if err := m.given(given); err != nil {
		return nil, nil, err
	}
	exact := func(s string) string { return s }
	for _, trust := range []struct {
		key     func(string) string
		headers map[string][]int
		aliases bool
	}{
		{exact, m.exact, false},
		{exact, m.exact, true},
		{NormalizeName, m.normalized, false},
		{NormalizeName, m.normalized, true},
	} {
		if err := m.match(trust.key, trust.headers, trust.aliases); err != nil {
			return nil, nil, err
		}
	}
	if err := m.missing(); err != nil {
		return nil, nil, err
	}
	var mapping []ColumnMapping
	for i, at := range m.found {
		if at >= 0 {
			mapping = append(mapping, ColumnMapping{Column: columns[i].Name, Header: m.header[at]})
		}
	}
	return m.found, mapping, nil
}

type matcher struct {
	columns           []Column
	header            []string
	exact, normalized map[string][]int
	found             []int
	taken             []bool
}

func newMatcher(columns []Column, header []string) *matcher {
	m := &matcher{
		columns:    columns,
		header:     trimAll(header),
		exact:      make(map[string][]int, len(header)),
		normalized: make(map[string][]int, len(header)),
		found:      make([]int, len(columns)),
		taken:      make([]bool, len(header)),
	}
	for i := range m.found {
		m.found[i] = -1
	}
	for i, h := range m.header {
		if h != "" {
			m.exact[h] = append(m.exact[h], i)
			key := NormalizeName(h)
			m.normalized[key] = append(m.normalized[key], i)
		}
	}
	return m
}

func (m *matcher) given(given []ColumnMapping) error {
	for _, g := range given {
		column, header := strings.TrimSpace(g.Column), strings.TrimSpace(g.Header)
		i := slices.IndexFunc(m.columns, func(c Column) bool { return c.Name == column })
		if i < 0 {
			return &MappingError{
				Code:    ErrorColumnMissing,
				Message: fmt.Sprintf("the mapping names column '%s', which the definition does not have", short(column)),
				Params:  []Param{{"column", short(column)}},
				Column:  column,
			}
		}
		switch at := m.exact[header]; len(at) {
		case 0:
			return &MappingError{
				Code: ErrorColumnMissing,
				Message: fmt.Sprintf("column '%s' is mapped to '%s', which is not in the file; it has: %s",
					column, short(header), m.headers()),
				Params: []Param{{"column", column}, {"header", short(header)}, {"headers", m.headers()}},
				Column: column,
			}
		case 1:
			m.found[i] = at[0]
		default:
			return m.ambiguous(column, at)
		}
	}
	// Only now: two columns may be mapped to one header on purpose.
	for _, at := range m.found {
		if at >= 0 {
			m.taken[at] = true
		}
	}
	return nil
}

// match looks for every column that is still open, by its name or by its aliases.
func (m *matcher) match(key func(string) string, headers map[string][]int, aliases bool) error {
	for i := range m.columns {
		if m.found[i] >= 0 {
			continue
		}
		names := []string{m.columns[i].Name}
		if aliases {
			names = m.columns[i].Aliases
		}
		var at []int
		for _, name := range names {
			for _, h := range headers[key(name)] {
				if !m.taken[h] && !slices.Contains(at, h) {
					at = append(at, h)
				}
			}
		}
		switch len(at) {
		case 0:
		case 1:
			m.found[i] = at[0]
			m.taken[at[0]] = true
		default:
			return m.ambiguous(m.columns[i].Name, at)
		}
	}
	return nil
}

func (m *matcher) ambiguous(column string, at []int) error {
	slices.Sort(at)
	var names, positions []string
	for _, i := range at {
		names = append(names, m.header[i])
		positions = append(positions, strconv.Itoa(i+1))
	}
	places := list(positions, len(positions))
	return &MappingError{
		Code: ErrorColumnAmbiguous,
		Message: fmt.Sprintf("column '%s' could be any of columns %s of the file (%s); rename all but one of them, "+
			"or name the right one in the mapping", column, places, list(names, listed)),
		Params: []Param{{"column", column}, {"headers", list(names, listed)}, {"positions", places}},
		Column: column,
	}
}

func (m *matcher) missing() error {
	var names []string
	for i := range m.columns {
		if c := &m.columns[i]; m.found[i] < 0 && c.needed() {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	e := &MappingError{
		Code:   ErrorColumnMissing,
		Params: []Param{{"column", list(names, listed)}, {"headers", m.headers()}},
		Column: names[0],
	}
	if len(names) == 1 {
		e.Message = fmt.Sprintf("column '%s' is not in the file; it has: %s", names[0], m.headers())
	} else {
		quoted := make([]string, len(names))
		for i, name := range names {
			quoted[i] = "'" + name + "'"
		}
		e.Message = fmt.Sprintf("columns %s are not in the file; it has: %s", list(quoted, listed), m.headers())
	}
	return e
}

func (m *matcher) headers() string {
	var named []string
	for _, h := range m.header {
		if h != "" {
			named = append(named, h)
		}
	}
	if len(named) == 0 {
		return "no named column"
	}
	return list(named, listed)
}

// listed is how many names a sentence holds.
const listed = 20

// list writes the first names, each cut, and an ellipsis where there are more.
func list(names []string, most int) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == most {
			b.WriteString("…")
			break
		}
		b.WriteString(short(name))
	}
	return b.String()
}

// short cuts a name that a sentence holds to 60 characters.
func short(name string) string {
	const most = 60
	n := 0
	for i := range name {
		if n == most {
			return name[:i] + "…"
		}
		n++
	}
	return name
}
