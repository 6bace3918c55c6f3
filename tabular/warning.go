package tabular

import (
	"fmt"
	"strconv"
	"strings"

	"entrepot/definition"
)

const (
	// maxHeaderWarnings is how many headers that occur twice are named, maxNamedColumns how many columns of each, and
	// maxHeaderCharacters how much of a header is quoted.
	maxHeaderWarnings   = 20
	maxNamedColumns     = 10
	maxHeaderCharacters = 100
)

// headerWarnings tells of columns without a name, and of names that stand over more than one column (as
// definition.NormalizeName compares them).
func headerWarnings(header []string) []definition.Warning {
	var list []definition.Warning
	var empty []int
	at := map[string][]int{}
	var names []string
	for i, name := range header {
		key := definition.NormalizeName(name)
		if key == "" {
			empty = append(empty, i)
			continue
		}
		if at[key] == nil {
			names = append(names, key)
		}
		at[key] = append(at[key], i)
	}
	if len(empty) > 0 {
		list = append(list, definition.Warning{
			Code:    definition.WarningEmptyHeader,
			Message: fmt.Sprintf("The header has no name over column(s) %s.", listed(empty)),
			Params:  []definition.Param{{Name: "columns", Value: listed(empty)}},
		})
	}
	twice := 0
	for _, key := range names {
		columns := at[key]
		if len(columns) < 2 {
			continue
		}
		if twice++; twice > maxHeaderWarnings {
			break
		}
		name := visible([]byte(header[columns[0]]), false, maxHeaderCharacters)
		list = append(list, definition.Warning{
			Code:    definition.WarningDuplicateHeader,
			Message: fmt.Sprintf("The header “%s” stands over columns %s.", name, listed(columns)),
			Params:  []definition.Param{{Name: "header", Value: name}, {Name: "columns", Value: listed(columns)}},
		})
	}
	return list
}

func delimiterGuessed(delimiter byte) definition.Warning {
	name := string(rune(delimiter))
	switch delimiter {
	case ',':
		name = "comma"
	case ';':
		name = "semicolon"
	case '\t':
		name = "tab"
	case '|':
		name = "vertical bar"
	case ':':
		name = "colon"
	}
	return definition.Warning{
		Code: definition.WarningDelimiterGuessed,
		Message: fmt.Sprintf("The delimiter was taken to be a %s; look whether the columns are right, "+
			"and name the delimiter in the format if they are not.", name),
		Params: []definition.Param{{Name: "delimiter", Value: string(rune(delimiter))}},
	}
}

func preambleSkipped(headerRow int) definition.Warning {
	return definition.Warning{
		Code: definition.WarningPreambleSkipped,
		Message: fmt.Sprintf("The names of the columns were found in row %d, and what stands above it was left out; "+
			"name the header row in the format if it is another.", headerRow),
		Params: []definition.Param{{Name: "headerRow", Value: strconv.Itoa(headerRow)}},
	}
}

// listed names the first columns of a list, counted from 1.
func listed(columns []int) string {
	var names []string
	for _, i := range columns[:min(len(columns), maxNamedColumns)] {
		names = append(names, strconv.Itoa(i+1))
	}
	text := strings.Join(names, ", ")
	if len(columns) > maxNamedColumns {
		text += fmt.Sprintf(" and %d more", len(columns)-maxNamedColumns)
	}
	return text
}
