package graph

import (
	"context"
	"strconv"

	"entrepot/ent"
	"entrepot/graph/model"
	"entrepot/importer"
)

// MatchImportDefinitions takes nothing of a file but its columns: one that is not there, or not the viewer's, has none.
func (r queryResolver) MatchImportDefinitions(
	ctx context.Context, uploadHistoryID *string, columns []string, first *int,
) ([]*model.ImportDefinitionMatch, error) {
	const usual, most = 5, 100
	in := importer.MatchInput{UploadHistoryID: uploadHistoryID, Columns: columns, First: usual}
	if first != nil {
		in.First = *first
	}
	switch {
	case (uploadHistoryID == nil) == (columns == nil):
		return nil, badInput("Give uploadHistoryId or columns, and not both.")
	case in.First < 1 || in.First > most:
		return nil, badInput("Ask for 1 to " + strconv.Itoa(most) + " definitions, not " + strconv.Itoa(in.First) + ".")
	case len(columns) > r.root.Limits.MaxColumns:
		return nil, badInput("A file has at most " + strconv.Itoa(r.root.Limits.MaxColumns) + " columns.")
	}
	matches, err := r.Importer.Match(ctx, in)
	if err != nil {
		return nil, err
	}
	shown := []*model.ImportDefinitionMatch{}
	for i := range matches {
		m := &matches[i]
		shown = append(shown, &model.ImportDefinitionMatch{
			Definition: m.Definition, Score: m.Score, IsValid: m.Valid, ColumnMapping: columnMatches(m.Columns),
			MissingRequired: orEmpty(m.MissingRequired), MissingOptional: orEmpty(m.MissingOptional),
			UnmatchedHeaders: orEmpty(m.UnmatchedHeaders),
		})
	}
	definitions := make([]*ent.ImportDefinition, len(matches))
	for i := range matches {
		definitions[i] = matches[i].Definition
	}
	together(ctx, definitions)
	return shown, nil
}

// orEmpty is a list that is never null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
