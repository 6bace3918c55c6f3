package importer

import (
	"context"
	"fmt"
	"slices"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importdefinitionversion"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

// Start creates an Import (PENDING) that is run in its organization's turn, once its file is checked. It needs a
// COLLECTOR with a group, a history of that group whose check has not failed, and a definition of the organization or a
// system-wide one that is not archived. The Import pins the definition's version and the effective mapping, format and
// policy. What the format does not say, the format says that the file was last checked again by, and then the definition's.
//
// A correction (StartInput.CorrectionOf) is of an import of the same group and definition that has set rows aside and
// has no other correction, be it active or a success.
//
// Refusals: FORBIDDEN, GROUP_REQUIRED, INVALID_INPUT, NOT_FOUND, UPLOAD_FAILED, DEFINITION_ARCHIVED, YEAR_REQUIRED,
// MAPPING_INVALID, IDEMPOTENCY_KEY_REUSED, LIMIT_REACHED where as many wait as may; of a correction INVALID_TRANSITION
// and CONFLICT too.
func (i *Importer) Start(ctx context.Context, in StartInput) (*ent.ImportRun, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, true)
	if err != nil {
		return nil, err
	}
	in = in.normalize()
	var errs refusal.Errors
	checkYear(&errs, in.Year)
	checkPolicy(&errs, in.OnInvalidRow)
	checkText(&errs, "idempotencyKey", "The idempotency key", in.IdempotencyKey)
	if len(errs) > 0 {
		return nil, errs
	}
	hash, err := in.hash()
	if err != nil {
		return nil, err
	}
	var run *ent.ImportRun
	err = i.DB.Do(ctx, "startImport", func(ctx context.Context) error {
		run, err = i.once(ctx, v, "startImport", "uploadHistoryId", in.IdempotencyKey, hash,
			func(ctx context.Context) (*ent.ImportRunCreate, error) { return i.prepareStart(ctx, v, in) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start import: %w", err)
	}
	return run, nil
}

// prepareStart looks up and checks everything that a new import refers to.
func (i *Importer) prepareStart(ctx context.Context, v viewer.Viewer, in StartInput) (*ent.ImportRunCreate, error) {
	var errs refusal.Errors
	history, err := i.heldHistory(ctx, &errs, in.UploadHistoryID, "uploadHistoryId")
	if err != nil {
		return nil, err
	}
	var earlier *ent.ImportRun
	if in.CorrectionOf != nil {
		if earlier, err = i.correctable(ctx, &errs, v, *in.CorrectionOf); err != nil {
			return nil, err
		}
		if earlier == nil {
			return nil, errs
		}
		in = in.asCorrected(&errs, earlier)
	}
	version, err := i.version(ctx, &errs, in.ImportDefinitionID, in.Version)
	if err != nil {
		return nil, err
	}
	if version == nil {
		return nil, errs
	}
	base := version.Format
	if earlier != nil {
		base = correctedFormat(earlier.Format)
	}
	if history != nil {
		base = override(base, history.Format)
	}
	format := in.fit(&errs, version.InputSchema, base)
	if len(errs) > 0 {
		return nil, errs
	}
	policy := version.OnInvalidRow
	if in.OnInvalidRow != nil {
		policy = *in.OnInvalidRow
	}
	create := i.create(history, earlier).
		SetDefinitionOrganizationID(version.OrganizationID).
		SetImportDefinitionID(version.ImportDefinitionID).
		SetDefinitionVersionID(version.ID).
		SetDefinitionVersion(version.Number).
		SetNillableYear(in.Year).
		SetFormat(format).
		SetOnInvalidRow(policy)
	if len(in.ColumnMapping) > 0 {
		create.SetRequestedMapping(in.ColumnMapping)
	}
	return create, nil
}

// fit is the format that the file is to be read with, base being the definition's. What of the input does not fit the
// definition's columns is added to errs.
func (in *StartInput) fit(errs *refusal.Errors, columns []definition.Column, base definition.Format) definition.Format {
	if in.Year == nil && !hasPeriod(columns) {
		errs.Add(refusal.YearRequired, refusal.Input("year"),
			"The definition has no column for the period: say which year the file is about.")
	}
	addProblems(errs, refusal.MappingInvalid, definition.CheckMapping(columns, in.ColumnMapping))
	format := override(base, in.Format)
	addProblems(errs, refusal.InvalidInput, format.Check())
	return format
}

// create begins an import of a history, on top of an earlier import or not; what the history's check does not know yet
// is taken when it has ended.
func (i *Importer) create(history *ent.ReviewUploadHistory, earlier *ent.ImportRun) *ent.ImportRunCreate {
	create := i.DB.Client().ImportRun.Create().
		SetID(prefixid.New(prefixid.Import)).
		SetCreatedAt(i.now()).
		SetUploadHistoryID(history.ID).
		SetGroupID(history.GroupID).
		SetFileName(history.FileName)
	if history.Status == definition.UploadSuccess {
		create.SetNillableFileSize(history.FileSize).
			SetNillableSha256(history.Sha256).
			SetNillableSourceGeneration(history.Generation).
			SetNillableRowCount(expectedRows(history, earlier))
	}
	if earlier != nil {
		create.SetCorrectionOfID(earlier.ID)
	}
	return create
}

// expectedRows is how many rows an import will count: those of its file, and those that the earlier import accepted. nil
// while the file's are not known.
func expectedRows(history *ent.ReviewUploadHistory, earlier *ent.ImportRun) *int64 {
	if history.RowCount == nil || earlier == nil {
		return history.RowCount
	}
	rows := *history.RowCount + earlier.AcceptedRowCount
	return &rows
}

// heldHistory is history in a transaction that is going to insert an import of it: nobody erases the file meanwhile.
func (i *Importer) heldHistory(
	ctx context.Context, errs *refusal.Errors, id, field string,
) (*ent.ReviewUploadHistory, error) {
	number, _ := prefixid.Number(prefixid.UploadHistory, id)
	if err := i.DB.Share(ctx, reviewuploadhistory.Table, number); err != nil {
		return nil, err
	}
	return i.history(ctx, errs, id, field)
}

// history is the viewer's group's history of this id whose file may be imported; where there is none, the reason is
// added to errs.
func (i *Importer) history(
	ctx context.Context, errs *refusal.Errors, id, field string,
) (*ent.ReviewUploadHistory, error) {
	number, ok := prefixid.Number(prefixid.UploadHistory, id)
	if !ok {
		errs.Add(refusal.NotFound, refusal.Input(field), noHistory)
		return nil, nil
	}
	history, err := i.DB.Client().ReviewUploadHistory.Query().
		Where(reviewuploadhistory.ID(number), reviewuploadhistory.DeletedAtIsNil()).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		errs.Add(refusal.NotFound, refusal.Input(field), noHistory)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find upload history: %w", err)
	case history.Status == definition.UploadFailure:
		reason := reasonOf(history)
		*errs = append(*errs, refusal.Error{
			Code: refusal.UploadFailed, Field: refusal.Input(field),
			Message: "This file cannot be imported: " + reason + ". Upload it again.",
			Params:  []definition.Param{{Name: "reason", Value: reason}},
		})
		return nil, nil
	}
	return history, nil
}

// version is the version of a definition that the viewer may run; where there is none, the reason is added to errs.
func (i *Importer) version(
	ctx context.Context, errs *refusal.Errors, id string, number *int,
) (*ent.ImportDefinitionVersion, error) {
	found, err := i.DB.Client().ImportDefinition.Query().Where(importdefinition.ID(id)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		errs.Add(refusal.NotFound, refusal.Input("importDefinitionId"), "There is no import definition with this id.")
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find import definition: %w", err)
	case found.ArchivedAt != nil:
		errs.Add(refusal.DefinitionArchived, refusal.Input("importDefinitionId"),
			"This import definition is archived: choose another one.")
	}
	wanted := found.Version
	if number != nil {
		wanted = *number
	}
	version, err := i.DB.Client().ImportDefinitionVersion.Query().Where(
		importdefinitionversion.OrganizationID(found.OrganizationID),
		importdefinitionversion.ImportDefinitionID(found.ID),
		importdefinitionversion.Number(wanted),
	).Only(ctx)
	if ent.IsNotFound(err) {
		errs.Add(refusal.NotFound, refusal.Input("version"),
			"The import definition has no version %d; the newest is %d.", wanted, found.Version)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find definition version: %w", err)
	}
	return version, nil
}

const (
	noHistory = "There is no upload history with this id."
	noImport  = "There is no import with this id."
)

func hasPeriod(columns []definition.Column) bool {
	return slices.ContainsFunc(columns, func(c definition.Column) bool { return c.Role == definition.RolePeriod })
}
