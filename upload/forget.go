package upload

import (
	"context"
	"slices"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlogline"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
)

// forgetRows erases, in the open transaction and as a worker, what a final import kept of its file's cells, and gives the
// key of the object that goes with it; empty where there is none.
func (u *Uploads) forgetRows(ctx context.Context, run *ent.ImportRun, at time.Time) (key string, err error) {
	c := u.db.Client()
	update := c.ImportRun.Update().
		Where(importrun.ID(run.ID), importrun.RowErrorsErasedAtIsNil(), importrun.ProcessedAtNotNil()).
		SetRowErrorsErasedAt(at).ClearRejectedRowsKey()
	if len(run.ErrorGroups) > 0 {
		groups := slices.Clone(run.ErrorGroups)
		for i := range groups {
			groups[i].Sample.Value = ""
		}
		update.SetErrorGroups(groups)
	}
	if saidByCode(run) {
		sentence, params := withoutWords(run)
		update.SetError(sentence).SetErrorParams(params)
	}
	changed, err := update.Save(ctx)
	if err != nil || changed == 0 {
		return "", err
	}
	if _, err := c.ImportRowError.Delete().
		Where(importrowerror.OrganizationID(run.OrganizationID), importrowerror.ImportID(run.ID)).Exec(ctx); err != nil {
		return "", err
	}
	if _, err := c.ImportLogLine.Delete().
		Where(importlogline.OrganizationID(run.OrganizationID), importlogline.ImportID(run.ID)).Exec(ctx); err != nil {
		return "", err
	}
	if run.RejectedRowsKey == nil {
		return "", nil
	}
	return *run.RejectedRowsKey, nil
}

// saidByCode tells whether an import's error has words of its definition's code, which may quote cells: all that the
// server says itself does not.
func saidByCode(run *ent.ImportRun) bool {
	return run.ErrorCode != nil &&
		(*run.ErrorCode == definition.ErrorScriptThrew || *run.ErrorCode == definition.ErrorScriptOutputInvalid)
}

// withoutWords is the error of such an import with the place of the fault and without the words.
func withoutWords(run *ent.ImportRun) (sentence string, params []definition.Param) {
	at := map[string]string{}
	for _, p := range run.ErrorParams {
		if slices.Contains([]string{"site", "line", "column", "row"}, p.Name) {
			at[p.Name] = p.Value
			params = append(params, p)
		}
	}
	if at["site"] != "" {
		sentence = "site '" + at["site"] + "': "
	}
	if *run.ErrorCode == definition.ErrorScriptThrew {
		sentence += "the script threw"
	} else {
		sentence += "the script returned what its outputs cannot be"
	}
	if at["line"] != "" && at["column"] != "" {
		sentence += " at line " + at["line"] + ", column " + at["column"]
	}
	if at["row"] != "" {
		sentence += " about row " + at["row"]
	}
	return sentence + "; the details were erased with the file's rows", params
}
