package importer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/tabular"
)

// headerWarnings tells what is odd about a file's header and how it was matched. Columns that nothing uses are worth
// a word only where an optional column was not found: one of them may be it under another name.
func headerWarnings(
	header []string, columns []definition.Column, found []int, detected tabular.Detected,
) []definition.Warning {
	var warnings []definition.Warning
	add := func(code definition.WarningCode, message string, params ...definition.Param) {
		warnings = append(warnings, definition.Warning{Code: code, Message: message, Params: params})
	}
	var empty, twice, unused []string
	first := make(map[string]bool, len(header))
	for i, name := range header {
		switch {
		case name == "":
			empty = append(empty, strconv.Itoa(i+1))
		case first[name]:
			if !slices.Contains(twice, name) {
				twice = append(twice, name)
			}
		case !slices.Contains(found, i):
			unused = append(unused, name)
		}
		first[name] = true
	}
	if len(twice) > 0 {
		names := join(twice)
		add(definition.WarningDuplicateHeader, "More than one column of the file is called: "+names+".",
			definition.Param{Name: "headers", Value: names})
	}
	if len(empty) > 0 {
		positions := join(empty)
		add(definition.WarningEmptyHeader, "Columns of the file without a name: "+positions+".",
			definition.Param{Name: "positions", Value: positions})
	}
	if i := slices.Index(found, -1); i >= 0 && len(unused) > 0 {
		names := join(unused)
		add(definition.WarningExtraColumns,
			fmt.Sprintf("Column '%s' was not found, and these columns of the file are not used: %s.", columns[i].Name, names),
			definition.Param{Name: "column", Value: columns[i].Name}, definition.Param{Name: "headers", Value: names})
	}
	if detected.DelimiterGuessed {
		name := delimiterName(detected.Delimiter)
		add(definition.WarningDelimiterGuessed,
			"What separates the cells was guessed to be "+name+"; name the delimiter in the format if it is another.",
			definition.Param{Name: "delimiter", Value: string(detected.Delimiter)})
	}
	return warnings
}

func delimiterName(delimiter byte) string {
	switch delimiter {
	case ',':
		return "a comma"
	case ';':
		return "a semicolon"
	case '\t':
		return "a tab"
	}
	return "'" + string(delimiter) + "'"
}

// join lists names for a sentence: at most 20, each cut to 60 characters.
func join(names []string) string {
	const most, longest = 20, 60
	var b strings.Builder
	for n, name := range names {
		if n > 0 {
			b.WriteString(", ")
		}
		if n == most {
			b.WriteString("…")
			break
		}
		if r := []rune(name); len(r) > longest {
			name = string(r[:longest]) + "…"
		}
		b.WriteString(name)
	}
	return b.String()
}

func truncatedWarning(kept int, total int64) definition.Warning {
	return definition.Warning{
		Code:    definition.WarningRowErrorsTruncated,
		Message: fmt.Sprintf("Only the first %d of %d row errors are kept; the counts are complete.", kept, total),
		Params: []definition.Param{
			{Name: "kept", Value: strconv.Itoa(kept)}, {Name: "total", Value: strconv.FormatInt(total, 10)},
		},
	}
}

// duplicateWarning names the newest earlier import of the same file by the same definition that has results. The one
// that this import is a retry of is no news.
func (a *attempt) duplicateWarning(ctx context.Context) ([]definition.Warning, error) {
	if a.run.Sha256 == nil {
		return nil, nil
	}
	query := a.DB.Client().ImportRun.Query().Where(
		importrun.ImportDefinitionID(a.run.ImportDefinitionID),
		importrun.DefinitionOrganizationID(a.run.DefinitionOrganizationID),
		importrun.Sha256(*a.run.Sha256),
		importrun.StatusIn(definition.ImportCompleted, definition.ImportPartiallyCompleted),
		importrun.CreatedAtLTE(a.run.CreatedAt),
		importrun.IDNEQ(a.run.ID),
	)
	if a.run.RetryOfID != nil {
		query.Where(importrun.IDNEQ(*a.run.RetryOfID))
	}
	earlier, err := query.Order(importrun.ByCreatedAt(sql.OrderDesc()), importrun.ByID(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find imports of the same file: %w", err)
	}
	return []definition.Warning{{
		Code: definition.WarningDuplicateFile,
		Message: fmt.Sprintf("The same file was imported with this definition before, on %s (%s).",
			earlier.CreatedAt.UTC().Format("2006-01-02"), earlier.ID),
		Params: []definition.Param{{Name: "importId", Value: earlier.ID}},
	}}, nil
}
