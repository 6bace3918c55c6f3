package graph

import (
	"context"
	"slices"

	"entrepot/definition"
	"entrepot/ent"
)

// Error is why it failed. What a processor threw or returned may quote cells and follows the file's group, as its log does.
func (importResolver) Error(ctx context.Context, run *ent.ImportRun) (*string, error) {
	if run.Error == nil || showsFile(asking(ctx), run) || !quotesCode(run) {
		return run.Error, nil
	}
	of := func(name string) string {
		i := slices.IndexFunc(run.ErrorParams, func(p definition.Param) bool { return p.Name == name })
		if i < 0 {
			return ""
		}
		return run.ErrorParams[i].Value
	}
	text := "the processor failed"
	if site := of("site"); site != "" {
		text = "site '" + site + "': " + text
	}
	if line := of("line"); line != "" {
		text += " at line " + line + ", column " + of("column")
	}
	text += "; what it said is for the group of the file"
	return &text, nil
}

// ErrorParams are what Error is written with, of what it tells.
func (importResolver) ErrorParams(ctx context.Context, run *ent.ImportRun) ([]*definition.Param, error) {
	all := showsFile(asking(ctx), run) || !quotesCode(run)
	params := make([]*definition.Param, 0, len(run.ErrorParams))
	for i := range run.ErrorParams {
		p := &run.ErrorParams[i]
		if all || slices.Contains([]string{"site", "line", "column", "row"}, p.Name) {
			params = append(params, p)
		}
	}
	return params, nil
}

// quotesCode tells whether the error has what a processor threw or returned.
func quotesCode(run *ent.ImportRun) bool {
	return run.ErrorCode != nil &&
		(*run.ErrorCode == definition.ErrorScriptThrew || *run.ErrorCode == definition.ErrorScriptOutputInvalid)
}
