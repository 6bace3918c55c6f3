package importer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
)

// columnWarnings tells how a file's header was matched. Columns that nothing uses are worth a word only where an
// optional column was not found: one of them may be it under another name.
func columnWarnings(header []string, columns []definition.Column, found []int) []definition.Warning {
	var unused []string
	for i, name := range header {
		if name != "" && !slices.Contains(header[:i], name) && !slices.Contains(found, i) {
			unused = append(unused, name)
		}
	}
	i := slices.Index(found, -1)
	if i < 0 || len(unused) == 0 {
		return nil
	}
	names := join(unused)
	return []definition.Warning{{
		Code: definition.WarningExtraColumns,
		Message: fmt.Sprintf("Column '%s' was not found, and these columns of the file are not used: %s.",
			columns[i].Name, names),
		Params: []definition.Param{{Name: "column", Value: columns[i].Name}, {Name: "headers", Value: names}},
	}}
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

// duplicateWarning names the newest earlier import of the same file by the same definition that has results, and when it
// was. The one that this import is a retry of is no news. It does not say the file's name: a warning is read by the whole
// organization, an import's fileName by its group, and whoever may see it finds it by the id.
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
		Params: []definition.Param{
			{Name: "importId", Value: earlier.ID},
			{Name: "createdAt", Value: earlier.CreatedAt.UTC().Format(time.RFC3339)},
		},
	}}, nil
}
