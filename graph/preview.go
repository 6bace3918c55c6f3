package graph

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/site"
	"entrepot/graph/model"
	"entrepot/importer"
	"entrepot/prefixid"
)

const previewField = "previewImport"

// previews keeps previews apart from all else: an operation has one at most, by POST only, and its other fields wait for
// the file to be read, so that their snapshot holds no connection meanwhile.
type previews struct{ present presenter }

var (
	_ graphql.OperationInterceptor = previews{}
	_ graphql.RootFieldInterceptor = previews{}
)

type (
	postedKey struct{}
	gateKey   struct{}
)

// gate is shut while a preview reads its file.
type gate struct {
	once sync.Once
	done chan struct{}
}

func (g *gate) open() {
	if g != nil {
		g.once.Do(func() { close(g.done) })
	}
}

// posted notes that a request is a POST.
func posted(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), postedKey{}, true))
}

// ExtensionName is gqlgen's.
func (previews) ExtensionName() string { return "Previews" }

// Validate is gqlgen's.
func (previews) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation refuses what may not be previewed, before anything is done.
func (p previews) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Query {
		return next(ctx)
	}
	wanted := 0
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if field.Name == previewField {
			wanted++
		}
	}
	var err error
	switch byPost, _ := ctx.Value(postedKey{}).(bool); {
	case wanted == 0:
		return next(ctx)
	case wanted > 1:
		err = &codedError{codeLimit, "An operation has at most one " + previewField + "."}
	case !byPost:
		err = badInput("Ask for " + previewField + " by POST.")
	default:
		return next(context.WithValue(ctx, gateKey{}, &gate{done: make(chan struct{})}))
	}
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{p.present.present(ctx, err)}})
}

// InterceptRootField has the fields beside a preview wait for it.
func (previews) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	g, _ := ctx.Value(gateKey{}).(*gate)
	switch {
	case g == nil:
	case graphql.GetRootFieldContext(ctx).Field.Name == previewField:
		defer g.open()
	default:
		select {
		case <-g.done:
		case <-ctx.Done():
		}
	}
	return next(ctx)
}

// PreviewImport holds no connection to the database while the file is read.
func (r queryResolver) PreviewImport(ctx context.Context, in model.PreviewImportInput) (*model.ImportPreview, error) {
	given := importer.PreviewInput{
		UploadHistoryID: in.UploadHistoryID, ImportDefinitionID: in.ImportDefinitionID, Version: in.Version,
		Year: in.Year, ColumnMapping: mapping(in.ColumnMapping), OnInvalidRow: in.OnInvalidRow, SampleRows: in.SampleRows,
	}
	if in.Format != nil {
		given.Format = new(format(in.Format))
	}
	if d := in.Draft; d != nil {
		given.Draft = &definition.Version{
			Columns: columns(d.InputSchema), Outputs: outputs(d.OutputSchema), Code: deref(d.ProcessorCode),
			Format: format(d.Format),
		}
		if d.OnInvalidRow != nil {
			given.Draft.OnInvalidRow = *d.OnInvalidRow
		}
		if d.OnUnknownSite != nil {
			given.Draft.OnUnknownSite = *d.OnUnknownSite
		}
	}
	preview, err := r.Importer.Preview(ctx, given)
	if g, ok := ctx.Value(gateKey{}).(*gate); ok {
		g.open()
	}
	wrong, err := refused(err)
	switch {
	case errors.Is(err, importer.ErrBusy):
		return nil, &codedError{codeRateLimited, "Two previews of the organization are under way: try again in a moment."}
	case err != nil:
		return nil, err
	case preview == nil:
		preview = &importer.Preview{}
	}
	shown := show(preview)
	for i := range preview.Problems {
		wrong = append(wrong, &preview.Problems[i])
	}
	shown.UserErrors = wrong
	return shown, r.nameSites(ctx, shown, preview)
}

// show is a preview as the API has it, without its sites and errors.
func show(p *importer.Preview) *model.ImportPreview {
	shown := &model.ImportPreview{
		DetectedFormat: p.Detected, ColumnMapping: columnMatches(p.Columns), MissingRequired: p.MissingRequired,
		Rows: []*model.PreviewRow{}, RowErrors: []*model.ImportRowError{}, Results: []*model.PreviewResult{},
		Sites: []*model.PreviewSite{}, Log: []*ent.ImportLogLine{}, SampledRowCount: p.Sampled, Warnings: []*definition.Warning{},
	}
	for i := range p.Rows {
		row := &p.Rows[i]
		shown.Rows = append(shown.Rows, &model.PreviewRow{Row: row.Row, Line: orNull(row.Line), Values: row.Values})
	}
	for i := range p.Errors {
		shown.RowErrors = append(shown.RowErrors, &model.ImportRowError{
			ID: prefixid.New(prefixid.RowError), RowError: p.Errors[i],
		})
	}
	for i := range p.Results {
		r := &p.Results[i]
		shown.Results = append(shown.Results, &model.PreviewResult{
			SiteKey: r.SiteKey, Year: r.Year, PeriodUnit: r.PeriodUnit, Period: r.Period,
			ProcessedData: r.ProcessedData, RowsProcessed: r.RowsProcessed,
		})
	}
	for i := range p.Log {
		l := &p.Log[i]
		shown.Log = append(shown.Log, &ent.ImportLogLine{Level: l.Level, Message: l.Message, SiteKey: l.SiteKey, CreatedAt: p.At})
	}
	for i := range p.Warnings {
		shown.Warnings = append(shown.Warnings, &p.Warnings[i])
	}
	if shown.MissingRequired == nil {
		shown.MissingRequired = []string{}
	}
	return shown
}

// nameSites adds the sites of a preview.
func (r queryResolver) nameSites(ctx context.Context, shown *model.ImportPreview, p *importer.Preview) error {
	var ids []string
	for _, s := range p.Sites {
		if s.SiteID != "" {
			ids = append(ids, s.SiteID)
		}
	}
	known := map[string]*ent.Site{}
	if len(ids) > 0 {
		sites, err := r.DB.Client().Site.Query().Where(site.IDIn(ids...)).All(ctx)
		if err != nil {
			return err
		}
		together(ctx, sites)
		for _, s := range sites {
			known[s.ID] = s
		}
	}
	for _, s := range p.Sites {
		shown.Sites = append(shown.Sites, &model.PreviewSite{SiteKey: s.SiteKey, Site: known[s.SiteID], RowCount: s.Rows})
	}
	return nil
}

// columnMatches leaves out the columns that several headers serve equally well: they have none.
func columnMatches(matches []definition.ColumnMatch) []*model.ColumnMatch {
	out := []*model.ColumnMatch{}
	for _, m := range matches {
		if m.Header != "" {
			out = append(out, &model.ColumnMatch{Column: m.Column, Header: m.Header, Score: m.Score, Reason: m.Reason})
		}
	}
	return out
}

func mapping(in []*model.ColumnMappingInput) []definition.ColumnMapping {
	var out []definition.ColumnMapping
	for _, m := range in {
		out = append(out, definition.ColumnMapping{Column: m.Column, Header: m.Header})
	}
	return out
}
