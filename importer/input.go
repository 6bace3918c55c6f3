package importer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entrepot/definition"
	"entrepot/refusal"
)

// StartInput is what startImport is given; nil and empty fields keep what the definition says.
type StartInput struct {
	UploadHistoryID, ImportDefinitionID string
	// Version is a version's number; nil means the current one.
	Version *int
	// Year is required when the version has no PERIOD column; with one, rows of another year are refused.
	Year *int
	// ColumnMapping says which header feeds which column, where their names do not.
	ColumnMapping []definition.ColumnMapping
	// Format replaces the definition's field by field; empty fields keep it.
	Format       *definition.Format
	OnInvalidRow *definition.InvalidRowPolicy
	// CorrectionOf is the id of the Import whose set-aside rows the file corrects: what that one has accepted is imported
	// again together with the file. Version, year, policy, and what numbers and dates mean stay as they were there.
	CorrectionOf *string
	// IdempotencyKey makes repetitions harmless: the same key with the same input answers with the same Import.
	IdempotencyKey *string
}

// maxText is the most characters of a key and of a reason.
const maxText = 255

// normalize trims texts and makes nil of what says nothing, so that equal inputs are equal.
func (in StartInput) normalize() StartInput {
	in.UploadHistoryID = strings.TrimSpace(in.UploadHistoryID)
	in.ImportDefinitionID = strings.TrimSpace(in.ImportDefinitionID)
	in.ColumnMapping = slices.Clone(in.ColumnMapping)
	for i := range in.ColumnMapping {
		m := &in.ColumnMapping[i]
		m.Column, m.Header = strings.TrimSpace(m.Column), strings.TrimSpace(m.Header)
	}
	if in.Format != nil {
		format := definition.Version{Format: *in.Format}.Normalize().Format
		in.Format = &format
	}
	in.IdempotencyKey, in.CorrectionOf = trimmed(in.IdempotencyKey), trimmed(in.CorrectionOf)
	return in
}

// hash identifies a normalised input but for its key. The order of a mapping says nothing.
func (in StartInput) hash() (string, error) {
	mapping := slices.Clone(in.ColumnMapping)
	slices.SortFunc(mapping, func(a, b definition.ColumnMapping) int {
		return cmp.Or(strings.Compare(a.Column, b.Column), strings.Compare(a.Header, b.Header))
	})
	format := in.Format
	if format == nil {
		format = &definition.Format{}
	}
	return hashOf(struct {
		History, Definition string
		Version, Year       *int
		Mapping             []definition.ColumnMapping `json:",omitempty"`
		Format              *definition.Format
		Policy              *definition.InvalidRowPolicy
		CorrectionOf        *string `json:",omitempty"`
	}{in.UploadHistoryID, in.ImportDefinitionID, in.Version, in.Year, mapping, format, in.OnInvalidRow, in.CorrectionOf})
}

func hashOf(input any) (string, error) {
	canonical, err := json.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("hash input: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// override is base with the given fields of format instead. What base says of another kind of file than the given one is
// nothing that this file has, and a locale that is given says how its numbers and dates are written.
func override(base definition.Format, format *definition.Format) definition.Format {
	if format == nil {
		return base
	}
	if another := base.Kind != "" && base.Kind != format.Kind; format.Kind != "" {
		base = readable(base, format.Kind, another)
	}
	if format.Locale != "" {
		base.DecimalSeparator, base.ThousandsSeparator, base.DateFormats = "", "", nil
	}
	base.Kind = cmp.Or(format.Kind, base.Kind)
	base.Encoding = cmp.Or(format.Encoding, base.Encoding)
	base.Delimiter = cmp.Or(format.Delimiter, base.Delimiter)
	base.Quote = cmp.Or(format.Quote, base.Quote)
	base.Escape = cmp.Or(format.Escape, base.Escape)
	base.Sheet = cmp.Or(format.Sheet, base.Sheet)
	base.HeaderRow = cmp.Or(format.HeaderRow, base.HeaderRow)
	base.Locale = cmp.Or(format.Locale, base.Locale)
	base.DecimalSeparator = cmp.Or(format.DecimalSeparator, base.DecimalSeparator)
	base.ThousandsSeparator = cmp.Or(format.ThousandsSeparator, base.ThousandsSeparator)
	base.TimeZone = cmp.Or(format.TimeZone, base.TimeZone)
	if len(format.DateFormats) > 0 {
		base.DateFormats = format.DateFormats
	}
	return base
}

// readable is the format without what a file of the kind does not have; nothing of how a file of another kind is laid
// out is kept.
func readable(f definition.Format, kind definition.FileKind, another bool) definition.Format {
	if another {
		f.Encoding, f.HeaderRow = "", 0
	}
	if another || kind != definition.KindCSV {
		f.Delimiter, f.Quote, f.Escape = "", "", ""
	}
	switch kind {
	case definition.KindXLSX:
		f.Encoding = ""
	case definition.KindJSONL:
		f.Sheet, f.HeaderRow = "", 0
	default:
		f.Sheet = ""
	}
	return f
}

// trimmed is the text without white space around it, nil when nothing is left.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	s := strings.TrimSpace(*text)
	if s == "" {
		return nil
	}
	return &s
}

// checkText adds what is wrong with an optional text of a person.
func checkText(errs *refusal.Errors, field, what string, text *string) {
	if text != nil {
		errs.Lines(refusal.Input(field), what, *text, maxText, false)
	}
}

// checkPolicy and checkYear add what is wrong with these two.
func checkPolicy(errs *refusal.Errors, policy *definition.InvalidRowPolicy) {
	if policy != nil && !policy.Valid() {
		errs.Add(refusal.InvalidInput, refusal.Input("onInvalidRow"), "Bad rows make an import FAIL, or it can SKIP them.")
	}
}

func checkYear(errs *refusal.Errors, year *int) {
	if year != nil && (*year < 1 || *year > 9999) {
		errs.Add(refusal.InvalidInput, refusal.Input("year"), "The year is between 1 and 9999.")
	}
}

// addProblems adds what a check of package definition found in the input.
func addProblems(errs *refusal.Errors, code refusal.Code, problems []definition.Problem) {
	for _, p := range problems {
		*errs = append(*errs, refusal.Error{
			Code: code, Field: refusal.Input(p.Path...), Message: p.Message, Params: p.Params,
		})
	}
}
