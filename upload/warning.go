package upload

import (
	"fmt"
	"strings"

	"entrepot/definition"
	"entrepot/tabular"
)

// maxHeaderWarnings is how many headers that occur twice are named.
const maxHeaderWarnings = 20

// warnings tells what is odd about a header and about how the file is written. It stops nothing.
func warnings(header []string, d tabular.Detected) []definition.Warning {
	var list []definition.Warning
	if d.DelimiterGuessed {
		name := delimiterName(d.Delimiter)
		list = append(list, definition.Warning{
			Code:    definition.WarningDelimiterGuessed,
			Message: fmt.Sprintf("The delimiter was taken to be a %s; look whether the columns are right.", name),
			Params:  []definition.Param{{Name: "delimiter", Value: string(rune(d.Delimiter))}},
		})
	}
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
		name := cut(header[columns[0]], maxSample)
		list = append(list, definition.Warning{
			Code:    definition.WarningDuplicateHeader,
			Message: fmt.Sprintf("The header “%s” stands over columns %s.", name, listed(columns)),
			Params:  []definition.Param{{Name: "header", Value: name}, {Name: "columns", Value: listed(columns)}},
		})
	}
	return list
}

func delimiterName(d byte) string {
	switch d {
	case ',':
		return "comma"
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	case '|':
		return "vertical bar"
	}
	return string(rune(d))
}

// listed names the first columns of a list, counted from 1.
func listed(columns []int) string {
	const most = 10
	var names []string
	for _, i := range columns[:min(len(columns), most)] {
		names = append(names, number(int64(i)+1))
	}
	text := strings.Join(names, ", ")
	if len(columns) > most {
		text += fmt.Sprintf(" and %d more", len(columns)-most)
	}
	return text
}
