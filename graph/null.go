package graph

import (
	"context"
	"encoding/json"

	"entrepot/definition"
	"entrepot/graph/model"
)

// The resolvers in this file show empty Go values as null: package definition keeps what was left out as the zero value.

func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

type inputColumnResolver struct{}

func (inputColumnResolver) Format(_ context.Context, c *definition.Column) (*string, error) {
	return orNull(c.Format), nil
}

func (inputColumnResolver) Description(_ context.Context, c *definition.Column) (*string, error) {
	return orNull(c.Description), nil
}

type outputFieldResolver struct{}

func (outputFieldResolver) Unit(_ context.Context, o *definition.Output) (*string, error) {
	return orNull(o.Unit), nil
}

func (outputFieldResolver) Column(_ context.Context, o *definition.Output) (*string, error) {
	return orNull(o.Column), nil
}

func (outputFieldResolver) FormElementID(_ context.Context, o *definition.Output) (*string, error) {
	return orNull(o.FormElementID), nil
}

type fileFormatResolver struct{}

func (fileFormatResolver) Encoding(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Encoding), nil
}

func (fileFormatResolver) Delimiter(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Delimiter), nil
}

func (fileFormatResolver) Quote(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Quote), nil
}

func (fileFormatResolver) HeaderRow(_ context.Context, f *definition.Format) (*int, error) {
	return orNull(f.HeaderRow), nil
}

func (fileFormatResolver) DecimalSeparator(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.DecimalSeparator), nil
}

func (fileFormatResolver) ThousandsSeparator(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.ThousandsSeparator), nil
}

func (fileFormatResolver) TimeZone(_ context.Context, f *definition.Format) (string, error) {
	if f.TimeZone == "" {
		return "UTC", nil
	}
	return f.TimeZone, nil
}

func (fileFormatResolver) Escape(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Escape), nil
}

func (fileFormatResolver) Sheet(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Sheet), nil
}

func (fileFormatResolver) Locale(_ context.Context, f *definition.Format) (*string, error) {
	return orNull(f.Locale), nil
}

type detectedFormatResolver struct{}

func (detectedFormatResolver) Encoding(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Encoding), nil
}

func (detectedFormatResolver) EncodingConfidence(_ context.Context, d *definition.DetectedFormat) (*float64, error) {
	return orNull(d.EncodingConfidence), nil
}

func (detectedFormatResolver) Delimiter(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Delimiter), nil
}

func (detectedFormatResolver) Quote(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Quote), nil
}

func (detectedFormatResolver) LineEnding(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.LineEnding), nil
}

func (detectedFormatResolver) Escape(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Escape), nil
}

func (detectedFormatResolver) Compression(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Compression), nil
}

func (detectedFormatResolver) Sheet(_ context.Context, d *definition.DetectedFormat) (*string, error) {
	return orNull(d.Sheet), nil
}

type resultMappingResolver struct{}

func (resultMappingResolver) FormElementID(_ context.Context, m *definition.ResultMapping) (*string, error) {
	return orNull(m.FormElementID), nil
}

func (resultMappingResolver) ValueInserted(_ context.Context, m *definition.ResultMapping) (json.RawMessage, error) {
	return json.RawMessage(m.ValueInserted), nil
}

type rowErrorResolver struct{}

func (rowErrorResolver) Line(_ context.Context, e *model.ImportRowError) (*int64, error) {
	return orNull(e.Line), nil
}

func (rowErrorResolver) Column(_ context.Context, e *model.ImportRowError) (*string, error) {
	return orNull(e.Column), nil
}

func (rowErrorResolver) Value(_ context.Context, e *model.ImportRowError) (*string, error) {
	if e.Hidden {
		return nil, nil
	}
	return &e.Value, nil
}
