package graph

import (
	"context"

	"entrepot/catalog"
	"entrepot/definition"
	"entrepot/graph/model"
	"entrepot/importer"
	"entrepot/refusal"
	"entrepot/upload"

	"github.com/99designs/gqlgen/graphql"
)

type mutationResolver struct{ *root }

// refused parts what a person can put right, which goes into the payload, from what is an error.
func refused(err error) ([]*refusal.Error, error) {
	all, ok := refusal.From(err)
	if !ok {
		return []*refusal.Error{}, err
	}
	out := make([]*refusal.Error, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out, nil
}

func (r mutationResolver) CreateUpload(ctx context.Context, in model.CreateUploadInput) (*model.CreateUploadPayload, error) {
	issued, err := r.Uploads.Create(ctx, upload.CreateInput{
		FileName: in.FileName, ContentType: in.ContentType, Size: in.Size, SHA256: in.Sha256,
		Resumable: in.Resumable != nil && *in.Resumable,
	})
	wrong, err2 := refused(err)
	if err2 != nil {
		return nil, err2
	}
	payload := &model.CreateUploadPayload{UserErrors: wrong, Headers: []*model.Header{}}
	if err == nil {
		payload.GcsPath, payload.Method = &issued.GCSPath, &issued.Method
		payload.URL, payload.ExpiresAt = &issued.URL, &issued.ExpiresAt
		for _, h := range issued.Headers {
			payload.Headers = append(payload.Headers, &model.Header{Name: h.Name, Value: h.Value})
		}
	}
	return payload, nil
}

func (r mutationResolver) StoreUploadHistory(
	ctx context.Context, in model.StoreUploadHistoryInput,
) (*model.StoreUploadHistoryPayload, error) {
	history, err := r.Uploads.Store(ctx, upload.StoreInput{FileName: in.FileName, GCSPath: in.GcsPath, ErrorReason: in.ErrorReason})
	wrong, err := refused(err)
	return &model.StoreUploadHistoryPayload{UploadHistory: history, UserErrors: wrong}, err
}

func (r mutationResolver) RevalidateUploadHistory(
	ctx context.Context, in model.RevalidateUploadHistoryInput,
) (*model.RevalidateUploadHistoryPayload, error) {
	again := upload.RevalidateInput{ID: in.ID}
	if said, ok := in.Format.ValueOK(); ok {
		again.Format = new(format(said))
	}
	history, err := r.Uploads.Revalidate(ctx, again)
	wrong, err := refused(err)
	return &model.RevalidateUploadHistoryPayload{UploadHistory: history, UserErrors: wrong}, err
}

func (r mutationResolver) DeleteUploadHistory(
	ctx context.Context, in model.DeleteUploadHistoryInput,
) (*model.DeleteUploadHistoryPayload, error) {
	history, err := r.Uploads.Delete(ctx, in.ID)
	wrong, err := refused(err)
	return &model.DeleteUploadHistoryPayload{UploadHistory: history, UserErrors: wrong}, err
}

func (r mutationResolver) StartImport(ctx context.Context, in model.StartImportInput) (*model.StartImportPayload, error) {
	start := importer.StartInput{
		UploadHistoryID: in.UploadHistoryID, ImportDefinitionID: in.ImportDefinitionID,
		Version: in.Version, Year: in.Year, OnInvalidRow: in.OnInvalidRow,
		CorrectionOf: in.CorrectionOf, IdempotencyKey: in.IdempotencyKey,
	}
	start.ColumnMapping = mapping(in.ColumnMapping)
	if in.Format != nil {
		start.Format = new(format(in.Format))
	}
	run, err := r.Importer.Start(ctx, start)
	wrong, err := refused(err)
	return &model.StartImportPayload{Import: run, UserErrors: wrong}, err
}

func (r mutationResolver) CancelImport(ctx context.Context, in model.CancelImportInput) (*model.CancelImportPayload, error) {
	run, err := r.Importer.Cancel(ctx, in.ID, in.Reason)
	wrong, err := refused(err)
	return &model.CancelImportPayload{Import: run, UserErrors: wrong}, err
}

func (r mutationResolver) RetryImport(ctx context.Context, in model.RetryImportInput) (*model.RetryImportPayload, error) {
	run, err := r.Importer.Retry(ctx, in.ID, in.IdempotencyKey)
	wrong, err := refused(err)
	return &model.RetryImportPayload{Import: run, UserErrors: wrong}, err
}

func (r mutationResolver) CreateImportDefinition(
	ctx context.Context, in model.CreateImportDefinitionInput,
) (*model.CreateImportDefinitionPayload, error) {
	made := catalog.NewDefinition{
		Name: in.Name, Description: deref(in.Description), SystemWide: in.SystemWide != nil && *in.SystemWide,
		Version: definition.Version{
			Columns: columns(in.InputSchema), Outputs: outputs(in.OutputSchema), Code: deref(in.ProcessorCode),
			Format: format(in.Format),
		},
	}
	if in.OnInvalidRow != nil {
		made.Version.OnInvalidRow = *in.OnInvalidRow
	}
	if in.OnUnknownSite != nil {
		made.Version.OnUnknownSite = *in.OnUnknownSite
	}
	d, err := r.Catalog.CreateDefinition(ctx, made)
	wrong, err := refused(err)
	return &model.CreateImportDefinitionPayload{ImportDefinition: d, UserErrors: wrong}, err
}

func (r mutationResolver) UpdateImportDefinition(
	ctx context.Context, in model.UpdateImportDefinitionInput,
) (*model.UpdateImportDefinitionPayload, error) {
	change := catalog.DefinitionChange{
		ID: in.ID, ExpectedVersion: in.ExpectedVersion,
		Name:          given(in.Name),
		Description:   given(in.Description),
		Code:          given(in.ProcessorCode),
		OnInvalidRow:  given(in.OnInvalidRow),
		OnUnknownSite: given(in.OnUnknownSite),
	}
	if list, ok := in.InputSchema.ValueOK(); ok {
		change.Columns = new(columns(list))
	}
	if list, ok := in.OutputSchema.ValueOK(); ok {
		change.Outputs = new(outputs(list))
	}
	if f, ok := in.Format.ValueOK(); ok {
		change.Format = new(format(f))
	}
	d, err := r.Catalog.UpdateDefinition(ctx, change)
	wrong, err := refused(err)
	return &model.UpdateImportDefinitionPayload{ImportDefinition: d, UserErrors: wrong}, err
}

func (r mutationResolver) ArchiveImportDefinition(
	ctx context.Context, in model.ArchiveImportDefinitionInput,
) (*model.ArchiveImportDefinitionPayload, error) {
	d, err := r.Catalog.ArchiveDefinition(ctx, in.ID)
	wrong, err := refused(err)
	return &model.ArchiveImportDefinitionPayload{ImportDefinition: d, UserErrors: wrong}, err
}

func (r mutationResolver) CreateSite(ctx context.Context, in model.CreateSiteInput) (*model.CreateSitePayload, error) {
	site, err := r.Catalog.CreateSite(ctx, catalog.NewSite{Key: in.Key, Name: in.Name, Aliases: in.Aliases})
	wrong, err := refused(err)
	return &model.CreateSitePayload{Site: site, UserErrors: wrong}, err
}

func (r mutationResolver) UpdateSite(ctx context.Context, in model.UpdateSiteInput) (*model.UpdateSitePayload, error) {
	change := catalog.SiteChange{ID: in.ID, Key: given(in.Key), Name: given(in.Name)}
	if list, ok := in.Aliases.ValueOK(); ok {
		change.Aliases = &list
	}
	site, err := r.Catalog.UpdateSite(ctx, change)
	wrong, err := refused(err)
	return &model.UpdateSitePayload{Site: site, UserErrors: wrong}, err
}

// given is nil for an absent field, and the zero value for null: absent keeps, null clears.
func given[T any](field graphql.Omittable[*T]) *T {
	value, ok := field.ValueOK()
	if ok && value == nil {
		return new(T)
	}
	return value
}

func columns(in []*model.InputColumnInput) []definition.Column {
	out := make([]definition.Column, len(in))
	for i, c := range in {
		out[i] = definition.Column{
			Name: c.Name, Type: c.Type, Required: c.Required != nil && *c.Required,
			Aliases: c.Aliases, Format: deref(c.Format), Description: deref(c.Description),
		}
		if c.Role != nil {
			out[i].Role = *c.Role
		}
	}
	return out
}

func outputs(in []*model.OutputFieldInput) []definition.Output {
	out := make([]definition.Output, len(in))
	for i, o := range in {
		out[i] = definition.Output{
			Key: o.Key, Label: deref(o.Label), Type: o.Type, PeriodUnit: o.PeriodUnit, Unit: deref(o.Unit),
			Column: deref(o.Column), FormElementID: deref(o.FormElementID),
		}
		if o.Aggregate != nil {
			out[i].Aggregate = *o.Aggregate
		}
	}
	return out
}

func format(in *model.FileFormatInput) definition.Format {
	if in == nil {
		return definition.Format{}
	}
	out := definition.Format{
		Encoding: deref(in.Encoding), Delimiter: deref(in.Delimiter), Quote: deref(in.Quote), Escape: deref(in.Escape),
		Sheet: deref(in.Sheet), Locale: deref(in.Locale),
		DecimalSeparator: deref(in.DecimalSeparator), ThousandsSeparator: deref(in.ThousandsSeparator),
		DateFormats: in.DateFormats, TimeZone: deref(in.TimeZone),
	}
	if in.Kind != nil {
		out.Kind = *in.Kind
	}
	if in.HeaderRow != nil {
		out.HeaderRow = *in.HeaderRow
	}
	return out
}
