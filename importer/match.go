package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
	"entrepot/viewer"
)

const (
	// maxCandidates is how many definitions a file is compared with at most: those that were used last.
	maxCandidates = 500
	// lookBack is how many successful imports are asked which mapping they ran with, and maxAsked of how many of them the
	// headers are compared, perDefinition of each definition.
	lookBack      = 500
	maxAsked      = 100
	perDefinition = 3
)

// MatchInput is what Match is given: an upload history, or else the headers of a file.
type MatchInput struct {
	UploadHistoryID *string
	Columns         []string
	// First is how many definitions are wanted.
	First int
}

// DefinitionMatch is a definition and how well it fits.
type DefinitionMatch struct {
	Definition *ent.ImportDefinition
	definition.Match
}

// Match ranks the definitions that the viewer may run by how well they fit a file, the best first, without those that
// nothing fits. What definitions miss includes the columns that several headers serve equally well. There are none for
// a history that is not there, not the viewer's, or not checked. The mapping of a valid match can be given to Start.
//
// A mapping counts as used before where the newest imports of that definition with results, of files of the viewer's
// own group, include one with the same headers in any order.
func (i *Importer) Match(ctx context.Context, in MatchInput) ([]DefinitionMatch, error) {
	columns := make([]definition.DetectedColumn, len(in.Columns))
	for n, name := range in.Columns {
		columns[n] = definition.DetectedColumn{Index: n, Header: name}
	}
	var found []*ent.ImportDefinition
	var used map[string][]definition.ColumnMapping
	err := i.DB.Read(ctx, func(ctx context.Context) error {
		if in.UploadHistoryID != nil {
			number, ok := prefixid.Number(prefixid.UploadHistory, *in.UploadHistoryID)
			if !ok {
				return nil
			}
			history, err := i.DB.Client().ReviewUploadHistory.Query().
				Where(reviewuploadhistory.ID(number), reviewuploadhistory.DeletedAtIsNil()).Only(ctx)
			if ent.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("find upload history: %w", err)
			}
			columns = history.Columns
		}
		if len(columns) == 0 {
			return nil
		}
		var err error
		if found, err = i.candidates(ctx); err != nil {
			return fmt.Errorf("find definitions: %w", err)
		}
		used, err = i.usedMappings(ctx, headersOf(columns))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("match definitions: %w", err)
	}
	byID := make(map[string]*ent.ImportDefinition, len(found))
	candidates := make([]definition.Candidate, len(found))
	for n, d := range found {
		byID[d.ID] = d
		candidates[n] = definition.Candidate{ID: d.ID, Name: d.Name, Columns: d.InputSchema, Used: used[d.ID]}
	}
	var matches []DefinitionMatch
	for _, m := range definition.RankDefinitions(columns, candidates) {
		if len(matches) == in.First || m.Score == 0 {
			break
		}
		addAmbiguous(&m, byID[m.ID].InputSchema)
		matches = append(matches, DefinitionMatch{byID[m.ID], m})
	}
	return matches, nil
}

// candidates are the definitions that are not archived, those that were used last first.
func (i *Importer) candidates(ctx context.Context) ([]*ent.ImportDefinition, error) {
	v, _ := viewer.FromContext(ctx)
	return i.DB.Client().ImportDefinition.Query().
		Where(importdefinition.ArchivedAtIsNil()).
		Order(func(s *sql.Selector) {
			run := sql.Table(importrun.Table).As("last_run")
			last := sql.Dialect(s.Dialect()).Select(run.C(importrun.FieldCreatedAt)).From(run).Where(sql.And(
				sql.EQ(run.C(importrun.FieldOrganizationID), v.OrganizationID),
				sql.ColumnsEQ(run.C(importrun.FieldDefinitionOrganizationID), s.C(importdefinition.FieldOrganizationID)),
				sql.ColumnsEQ(run.C(importrun.FieldImportDefinitionID), s.C(importdefinition.FieldID)),
			)).OrderBy(sql.Desc(run.C(importrun.FieldCreatedAt))).Limit(1)
			s.OrderExpr(sql.ExprFunc(func(b *sql.Builder) {
				b.Wrap(func(b *sql.Builder) { b.Join(last) }).WriteString(" DESC NULLS LAST")
			}))
			s.OrderBy(sql.Desc(s.C(importdefinition.FieldID)))
		}).
		Limit(maxCandidates).All(ctx)
}

// usedMappings are the mappings that the newest imports with results ran with on files with these headers, by
// definition. Two statements, whatever there is.
func (i *Importer) usedMappings(
	ctx context.Context, headers []string,
) (map[string][]definition.ColumnMapping, error) {
	v, _ := viewer.FromContext(ctx)
	if v.GroupID == "" {
		return nil, nil
	}
	runs, err := i.DB.Client().ImportRun.Query().Where(
		importrun.OrganizationID(v.OrganizationID), importrun.GroupID(v.GroupID),
		importrun.StatusIn(definition.ImportCompleted, definition.ImportPartiallyCompleted),
	).Order(importrun.ByCreatedAt(sql.OrderDesc()), importrun.ByID(sql.OrderDesc())).Limit(lookBack).
		Select(importrun.FieldID, importrun.FieldImportDefinitionID, importrun.FieldUploadHistoryID,
			importrun.FieldColumnMapping).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find mappings that were used: %w", err)
	}
	ofDefinition, histories := map[string]int{}, map[int64][]string{}
	var asked []*ent.ImportRun
	for _, run := range runs {
		fits := len(run.ColumnMapping) > 0 && !slices.ContainsFunc(run.ColumnMapping, func(m definition.ColumnMapping) bool {
			_, ok := slices.BinarySearch(headers, m.Header)
			return !ok
		})
		if fits && ofDefinition[run.ImportDefinitionID] < perDefinition && len(asked) < maxAsked {
			ofDefinition[run.ImportDefinitionID]++
			histories[run.UploadHistoryID] = nil
			asked = append(asked, run)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	files, err := i.DB.Client().ReviewUploadHistory.Query().
		Where(reviewuploadhistory.IDIn(slices.Collect(maps.Keys(histories))...)).
		Select(reviewuploadhistory.FieldID, reviewuploadhistory.FieldColumns).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find headers of earlier files: %w", err)
	}
	for _, file := range files {
		histories[file.ID] = headersOf(file.Columns)
	}
	used := map[string][]definition.ColumnMapping{}
	for _, run := range asked {
		if used[run.ImportDefinitionID] == nil && slices.Equal(histories[run.UploadHistoryID], headers) {
			used[run.ImportDefinitionID] = run.ColumnMapping
		}
	}
	return used, nil
}

// headersOf are the names of a file's columns, sorted.
func headersOf(columns []definition.DetectedColumn) []string {
	headers := make([]string, 0, len(columns))
	for i := range columns {
		headers = append(headers, strings.TrimSpace(columns[i].Header))
	}
	slices.Sort(headers)
	return headers
}

// addAmbiguous counts the columns that several headers serve equally well among those that are missing.
func addAmbiguous(m *definition.Match, columns []definition.Column) {
	var required, optional []string
	for i := range columns {
		c := &columns[i]
		if slices.ContainsFunc(m.Columns, func(f definition.ColumnMatch) bool { return f.Column == c.Name && f.Header != "" }) {
			continue
		}
		if c.Required || c.Role != "" {
			required = append(required, c.Name)
		} else {
			optional = append(optional, c.Name)
		}
	}
	m.MissingRequired, m.MissingOptional = required, optional
}
