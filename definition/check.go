package definition

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a version; texts are counted in code points, code in bytes.
const (
	MaxColumns     = 1000
	MaxOutputs     = 500
	MaxAliases     = 100
	MaxDateFormats = 20
	MaxName        = 255
	MaxDescription = 2000
	MaxCode        = 256 << 10
)

// Problem is one thing that is wrong with a version.
type Problem struct {
	// Path leads to the place, such as inputSchema, 0, name or format, timeZone; indexes count from 0.
	Path []string
	// Message is a sentence for people.
	Message string
	// Params begins with rule, a stable name of what was broken; the others are what Message was written with.
	Params []Param
}

// Check tells everything that is wrong with a version, in the order of columns, outputs, code, format and policies;
// nothing at all means that an import can run with it, as far as can be told without compiling its code. It expects what
// Normalize returns. It reads the time zone database, which main carries.
func (v Version) Check() []Problem {
	var c checker
	c.columns(v.Columns)
	c.outputs(v)
	c.code(v.Code)
	c.format(v.Format)
	c.path = nil
	c.enum("onInvalidRow", v.OnInvalidRow.Valid(), v.OnInvalidRow.Values())
	c.enum("onUnknownSite", v.OnUnknownSite.Valid(), v.OnUnknownSite.Values())
	return c.problems
}

// CheckMapping tells what is wrong with a mapping that somebody gives for these columns, before any file is read. The
// paths begin with columnMapping.
func CheckMapping(columns []Column, given []ColumnMapping) []Problem {
	var c checker
	seen := make(map[string]bool)
	for i, g := range given {
		at := checker{path: []string{"columnMapping", strconv.Itoa(i)}}
		switch name := strings.TrimSpace(g.Column); {
		case name == "":
			at.add("column", "blank", "A mapping names a column.")
		case !hasColumn(columns, name):
			at.add("column", "unknown", "There is no column '"+short(name)+"'; there are: "+columnNames(columns)+".",
				"column", short(name), "columns", columnNames(columns))
		case seen[name]:
			at.add("column", "duplicate", "Column '"+short(name)+"' is mapped twice.", "column", short(name))
		default:
			seen[name] = true
		}
		at.text("header", g.Header, MaxName, true)
		c.problems = append(c.problems, at.problems...)
	}
	return c.problems
}

type checker struct {
	path     []string
	problems []Problem
}

// add notes a problem at the present path, or at a field of it; params are names and values in turn.
func (c *checker) add(field, rule, message string, params ...string) {
	path := append([]string(nil), c.path...)
	if field != "" {
		path = append(path, field)
	}
	p := Problem{Path: path, Message: message, Params: []Param{{"rule", rule}}}
	for i := 0; i+1 < len(params); i += 2 {
		p.Params = append(p.Params, Param{params[i], params[i+1]})
	}
	c.problems = append(c.problems, p)
}

// text checks the length and the bytes of a text that should be trimmed already, and tells whether it was well.
func (c *checker) text(field, text string, most int, required bool) bool {
	before := len(c.problems)
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		c.add(field, "bytes", "This text is not valid UTF-8, or holds a NUL character.")
	case strings.TrimSpace(text) == "":
		if required {
			c.add(field, "blank", "This text must not be blank.")
		}
	case strings.TrimSpace(text) != text:
		c.add(field, "untrimmed", "This text must not begin or end with white space.")
	case utf8.RuneCountInString(text) > most:
		c.add(field, "long", fmt.Sprintf("This text has at most %d characters.", most), "max", strconv.Itoa(most))
	}
	return len(c.problems) == before
}

func (c *checker) enum(field string, valid bool, values []string) {
	if !valid {
		allowed := strings.Join(values, ", ")
		c.add(field, "enum", "This is one of: "+allowed+".", "allowed", allowed)
	}
}

// count checks the length of a list at the present path.
func (c *checker) count(n, least, most int, what string) {
	if n < least {
		c.add("", "few", fmt.Sprintf("There must be at least %d of the %s.", least, what), "min", strconv.Itoa(least))
	}
	if n > most {
		c.add("", "many", fmt.Sprintf("There may be at most %d %s.", most, what), "max", strconv.Itoa(most))
	}
}

// columns checks the input columns. A name or alias belongs to one column only, however it is spelled; a column may know
// itself under several spellings, but under none of them twice.
func (c *checker) columns(columns []Column) {
	c.path = []string{"inputSchema"}
	c.count(len(columns), 1, MaxColumns, "input columns")
	owners, roles := c.nameOwners(columns), make(map[ColumnRole]int)
	for i := range columns {
		col := &columns[i]
		c.path = []string{"inputSchema", strconv.Itoa(i)}
		c.enum("type", col.Type.Valid(), col.Type.Values())
		c.text("description", col.Description, MaxDescription, false)
		c.aliases(i, col, owners)
		if col.Role != "" {
			c.enum("role", col.Role.Valid(), col.Role.Values())
			if first, taken := roles[col.Role]; taken {
				c.add("role", "duplicate", fmt.Sprintf("Column '%s' has the role %s already.", columns[first].Name, col.Role),
					"column", columns[first].Name, "role", string(col.Role))
			} else {
				roles[col.Role] = i
			}
		}
		if col.Role == RolePeriod && col.Type.Valid() && !canBePeriod(col.Type) {
			c.add("type", "period", "The PERIOD column has type STRING, DATE, DATETIME, or INTEGER for a year.",
				"allowed", "STRING, DATE, DATETIME, INTEGER")
		}
		c.columnFormat(col)
	}
}

// nameOwners checks the names and returns, by normalised name, which column has it.
func (c *checker) nameOwners(columns []Column) map[string]int {
	owners := make(map[string]int, len(columns))
	for i := range columns {
		name := columns[i].Name
		c.path = []string{"inputSchema", strconv.Itoa(i)}
		if !c.text("name", name, MaxName, true) {
			continue
		}
		key := NormalizeName(name)
		if first, taken := owners[key]; taken {
			c.add("name", "duplicate", "This name is taken by column '"+columns[first].Name+"'.",
				"column", columns[first].Name)
			continue
		}
		owners[key] = i
	}
	return owners
}

func (c *checker) aliases(i int, col *Column, owners map[string]int) {
	path := c.path
	defer func() { c.path = path }()
	c.path = append(path[:2:2], "aliases")
	c.count(len(col.Aliases), 0, MaxAliases, "aliases of a column")
	seen := map[string]bool{col.Name: true}
	for j, alias := range col.Aliases {
		field := strconv.Itoa(j)
		if !c.text(field, alias, MaxName, true) {
			continue
		}
		key := NormalizeName(alias)
		owner, taken := owners[key]
		switch {
		case taken && owner != i:
			c.add(field, "duplicate", fmt.Sprintf("This alias is a name or alias of the column at index %d already.", owner),
				"index", strconv.Itoa(owner))
		case seen[alias]:
			c.add(field, "duplicate", "This column has that name already.", "index", strconv.Itoa(i))
		default:
			owners[key] = i
		}
		seen[alias] = true
	}
}

func canBePeriod(t ColumnType) bool {
	return t == TypeString || t == TypeDate || t == TypeDateTime || t == TypeInteger
}

func (c *checker) columnFormat(col *Column) {
	if col.Format == "" {
		return
	}
	isDate := col.Type == TypeDate || col.Type == TypeDateTime
	if !isDate && (col.Role != RolePeriod || col.Type != TypeString) {
		c.add("format", "unused", "Only columns of type DATE or DATETIME and the PERIOD column have a format.")
		return
	}
	layout, err := CompileLayout(col.Format)
	switch {
	case err != nil:
		c.add("format", "layout", sentence(err), "reason", err.Error())
	case isDate && !layout.HasDay():
		c.add("format", "day", "The format of a date names year, month and day, such as DD.MM.YYYY.")
	}
}

func hasColumn(columns []Column, name string) bool {
	for i := range columns {
		if columns[i].Name == name {
			return true
		}
	}
	return false
}

func columnNames(columns []Column) string {
	names := make([]string, 0, len(columns))
	for i := range columns {
		names = append(names, columns[i].Name)
	}
	return list(names, listed)
}

// sentence makes a message of an error's text.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
