package importer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/processor"
	"entrepot/refusal"
	"entrepot/storage"
	"entrepot/viewer"
)

// defaultPreviewTime is how long a preview may take.
const defaultPreviewTime = 10 * time.Second

// PreviewInput is what previewImport is given: a definition that is saved, or else a draft of one.
type PreviewInput struct {
	UploadHistoryID string
	// ImportDefinitionID and Version name what is saved; Draft is nil then. A nil Version means the current one.
	ImportDefinitionID *string
	Version            *int
	Draft              *definition.Version
	// Year, ColumnMapping, Format and OnInvalidRow are as Start takes them.
	Year          *int
	ColumnMapping []definition.ColumnMapping
	Format        *definition.Format
	OnInvalidRow  *definition.InvalidRowPolicy
	// SampleRows is how many data rows are read at most, from 1 to 1,000; nil means 1,000.
	SampleRows *int
}

// Preview is what the first rows of a file come to. Where Problems stop it, it holds what was found out before.
type Preview struct {
	// Detected is how the file is written; nil where it could not be opened.
	Detected *definition.DetectedFormat
	// Columns are the columns that were found in the file, and MissingRequired those without which it is refused.
	Columns         []definition.ColumnMatch
	MissingRequired []string
	// Rows are the sampled rows that are not blank, in the order of the file.
	Rows []PreviewRow
	// Errors are what is wrong with rows, as many as an import keeps.
	Errors []definition.RowError
	// Results are those that an import of these rows alone would have: none where it would fail.
	Results []processor.Result
	// Sites are those of the rows that can be accepted, by key.
	Sites []PreviewSite
	// Log is what the version's code wrote to its console, and At when the preview was made.
	Log      []definition.LogLine
	At       time.Time
	Sampled  int64
	Warnings []definition.Warning
	// Problems are why an import of these rows would fail, besides their own errors.
	Problems refusal.Errors
}

// PreviewRow is one row as the definition reads it.
type PreviewRow struct {
	Row, Line int64
	// Values is a JSON object of the definition's columns: numbers exact, dates in ISO 8601, null for what is empty or
	// cannot be read. It is empty where the row could not be cut into cells.
	Values []byte
}

// PreviewSite is a site of the sample.
type PreviewSite struct {
	SiteKey string
	// SiteID is empty for a site that is not known.
	SiteID string
	Rows   int64
}

// Preview runs a definition on the first rows of an uploaded file, as Run does, and leaves nothing behind. It needs a
// COLLECTOR with a group and a history of that group whose check has not failed. It reads as much of the file as the
// sample needs, at most 4 MiB beyond the header, but the whole of a workbook, and holds no connection to the database
// meanwhile.
//
// Refusals are those of Start, with DEFINITION_INVALID for a draft, and LIMIT_REACHED for a preview that takes longer
// than ten seconds. An organization has two previews at a time in one process; a third waits a little and is then
// ErrBusy. Other errors: storage.ErrUnavailable, the end of ctx, the database's.
func (i *Importer) Preview(ctx context.Context, in PreviewInput) (*Preview, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, true)
	if err != nil {
		return nil, err
	}
	release, err := i.previews.take(ctx, v.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("preview import: %w", err)
	}
	defer release()
	limited, stop := context.WithTimeout(ctx, i.previewTime)
	defer stop()
	p, err := i.preview(limited, v, in)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("preview import: %w", ctx.Err())
	case limited.Err() != nil: // whatever came of it
		seconds := strconv.FormatFloat(i.previewTime.Seconds(), 'f', -1, 64)
		if p == nil {
			p = &Preview{}
		}
		p.Problems = append(p.Problems, refusal.Error{
			Code:    refusal.LimitReached,
			Message: "The preview took longer than " + seconds + " seconds: start the import, which may take its time.",
			Params:  []definition.Param{{Name: "seconds", Value: seconds}},
		})
		return p, nil
	case err != nil:
		return nil, fmt.Errorf("preview import: %w", err)
	}
	return p, nil
}

// preview gives, when ctx ends while the file is read, what was seen of it until then.
func (i *Importer) preview(ctx context.Context, v viewer.Viewer, in PreviewInput) (*Preview, error) {
	var wrong refusal.Errors
	if in.Draft != nil {
		var err error
		if wrong, err = compileDraft(ctx, in.Draft.Normalize()); err != nil {
			return nil, err
		}
	}
	a, err := i.preparePreview(ctx, v, in, wrong)
	if err != nil {
		return nil, err
	}
	result, err := a.compute(ctx)
	switch {
	case ctx.Err() != nil:
		return a.preview(&outcome{}), ctx.Err()
	case err != nil:
		return nil, err
	case result.failure != nil && result.failure.Code == definition.ErrorInternal:
		return nil, result.failure
	case result.failure != nil && result.failure.Code == definition.ErrorStorageUnavailable:
		return nil, storage.ErrUnavailable
	}
	return a.preview(result), nil
}

// preparePreview looks up and checks what a preview refers to, in a snapshot that ends with it; errs are what is wrong
// already.
func (i *Importer) preparePreview(
	ctx context.Context, v viewer.Viewer, in PreviewInput, errs refusal.Errors,
) (*attempt, error) {
	ctx, end := i.DB.Snapshot(ctx)
	defer end()
	start := StartInput{
		UploadHistoryID: in.UploadHistoryID, Version: in.Version, Year: in.Year, ColumnMapping: in.ColumnMapping,
		Format: in.Format, OnInvalidRow: in.OnInvalidRow,
	}
	if in.ImportDefinitionID != nil {
		start.ImportDefinitionID = *in.ImportDefinitionID
	}
	start = start.normalize()
	rows := int64(sampleRows)
	if in.SampleRows != nil {
		rows = int64(*in.SampleRows)
	}
	checkYear(&errs, in.Year)
	checkPolicy(&errs, in.OnInvalidRow)
	if rows < 1 || rows > sampleRows {
		errs.Add(refusal.InvalidInput, refusal.Input("sampleRows"), "A sample has 1 to %d rows.", sampleRows)
	}
	if (in.ImportDefinitionID == nil) == (in.Draft == nil) {
		errs.Add(refusal.InvalidInput, refusal.Input("draft"), "Give the id of a definition or a draft of one: not both.")
	}
	if in.Draft != nil && in.Version != nil {
		errs.Add(refusal.InvalidInput, refusal.Input("version"), "A draft has no versions: leave the version out.")
	}
	if len(errs) > 0 {
		return nil, errs
	}
	history, err := i.history(ctx, &errs, start.UploadHistoryID, "uploadHistoryId")
	if err != nil {
		return nil, err
	}
	run := &ent.ImportRun{
		OrganizationID: v.OrganizationID, GroupID: v.GroupID, Year: in.Year, RequestedMapping: start.ColumnMapping,
		CreatedAt: i.now(),
	}
	version, err := i.previewed(ctx, &errs, run, start, in.Draft)
	if err != nil {
		return nil, err
	}
	if version != nil {
		base := version.Format
		if history != nil {
			base = override(base, history.Format)
		}
		run.Format = start.fit(&errs, version.Columns, base)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	run.OnInvalidRow = version.OnInvalidRow
	if in.OnInvalidRow != nil {
		run.OnInvalidRow = *in.OnInvalidRow
	}
	version.Format, version.OnInvalidRow = run.Format, run.OnInvalidRow
	if history.Status == definition.UploadSuccess {
		run.FileSize, run.SourceGeneration = history.FileSize, history.Generation
		if in.Draft == nil {
			run.Sha256 = history.Sha256
		}
	}
	alone := *i
	alone.Parallelism = 1 // the sample is kept in the order of the file
	return &attempt{
		Importer: &alone, run: run, history: history, version: *version,
		sample: &sample{rows: rows, columns: version.Columns},
	}, nil
}

// previewed is the version that a preview runs, and notes in run which one it is; nil where errs say why there is none.
func (i *Importer) previewed(
	ctx context.Context, errs *refusal.Errors, run *ent.ImportRun, in StartInput, draft *definition.Version,
) (*definition.Version, error) {
	if draft != nil {
		v := draft.Normalize()
		problems := v.Check()
		for n := range problems {
			problems[n].Path = append([]string{"draft"}, problems[n].Path...)
		}
		addProblems(errs, refusal.DefinitionInvalid, problems)
		if len(problems) > 0 {
			return nil, nil
		}
		return &v, nil
	}
	saved, err := i.version(ctx, errs, in.ImportDefinitionID, in.Version)
	if err != nil || saved == nil {
		return nil, err
	}
	run.ImportDefinitionID, run.DefinitionOrganizationID = saved.ImportDefinitionID, saved.OrganizationID
	return &definition.Version{
		Columns: saved.InputSchema, Outputs: saved.OutputSchema, Code: codeOf(saved), Format: saved.Format,
		OnInvalidRow: saved.OnInvalidRow, OnUnknownSite: saved.OnUnknownSite,
	}, nil
}

// compileDraft tells what is wrong with the code of a draft.
func compileDraft(ctx context.Context, draft definition.Version) (errs refusal.Errors, err error) {
	problems, err := Compiler{}.CheckCode(ctx, draft.Code)
	for n := range problems {
		problems[n].Path = append([]string{"draft"}, problems[n].Path...)
	}
	addProblems(&errs, refusal.ScriptInvalid, problems)
	return errs, err
}

// preview is what the sample and the outcome of a run tell.
func (a *attempt) preview(o *outcome) *Preview {
	p := &Preview{
		Detected: a.sample.detected, Rows: a.sample.kept, Sites: a.sample.sites,
		Results: o.results, Log: o.lines, At: a.run.CreatedAt, Sampled: o.counts.processed(), Warnings: o.warnings,
	}
	if o.log != nil {
		p.Errors = o.log.Errors()
		if o.log.Truncated() {
			p.Warnings = append(p.Warnings, truncatedWarning(a.Limits.MaxRowErrors, o.log.Total()))
		}
	}
	if p.Detected != nil {
		p.Columns, p.MissingRequired = a.matched(o.mapping)
	}
	if f := o.failure; f != nil {
		problem := refusal.Error{
			Message: upperFirst(f.Sentence) + ".",
			Params:  append([]definition.Param{{Name: "errorCode", Value: string(f.Code)}}, f.Params...),
		}
		if f.ofRows {
			return p // the rows' own errors tell
		}
		switch f.Code {
		case definition.ErrorColumnMissing, definition.ErrorColumnAmbiguous:
			problem.Code, problem.Field = refusal.MappingInvalid, refusal.Input("columnMapping")
		case definition.ErrorScriptThrew, definition.ErrorScriptTimeout, definition.ErrorScriptMemory,
			definition.ErrorScriptOutputInvalid, definition.ErrorProcessorUnavailable:
			problem.Code, problem.Field = refusal.ScriptInvalid, refusal.Input("importDefinitionId")
			if a.run.ImportDefinitionID == "" {
				problem.Field = refusal.Input("draft", "processorCode")
			}
		case definition.ErrorLimitExceeded:
			problem.Code, problem.Field = refusal.LimitReached, refusal.Input("uploadHistoryId")
		default:
			problem.Code, problem.Field = refusal.UploadFailed, refusal.Input("uploadHistoryId")
		}
		p.Problems = append(p.Problems, problem)
	}
	return p
}

// matched says of a mapping why each column was found under its header, and which columns it lacks. Where the columns
// could not all be found there is no mapping; then it is that of those that could.
func (a *attempt) matched(mapping []definition.ColumnMapping) (matches []definition.ColumnMatch, missing []string) {
	header := a.sample.header
	if mapping == nil {
		optional := slices.Clone(a.version.Columns)
		for i := range optional {
			optional[i].Required, optional[i].Role = false, ""
		}
		// Where two headers serve a column equally well, the problem names it.
		_, mapping, _ = definition.MatchColumns(optional, header, a.run.RequestedMapping)
	}
	columns := make([]definition.DetectedColumn, len(header))
	for i, name := range header {
		columns[i] = definition.DetectedColumn{Index: i, Header: name}
		if i < len(a.history.Columns) && a.history.Columns[i].Header == name {
			columns[i] = a.history.Columns[i]
		}
	}
	ranked := definition.RankDefinitions(columns, []definition.Candidate{{
		Columns: a.version.Columns, Used: a.run.RequestedMapping,
	}})[0]
	for _, m := range mapping {
		match := definition.ColumnMatch{Column: m.Column, Header: m.Header}
		for _, r := range ranked.Columns {
			if r.Column == m.Column && r.Header == m.Header {
				match = r
			}
		}
		if slices.Contains(a.run.RequestedMapping, m) {
			match.Score, match.Reason = 1, "as given"
		}
		matches = append(matches, match)
	}
	for i := range a.version.Columns {
		c := &a.version.Columns[i]
		found := slices.ContainsFunc(mapping, func(m definition.ColumnMapping) bool { return m.Column == c.Name })
		if !found && (c.Required || c.Role != "") {
			missing = append(missing, c.Name)
		}
	}
	return matches, missing
}
