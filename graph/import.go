package graph

import (
	"context"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/download"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importdefinitionversion"
	"entrepot/ent/importlogline"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/graph/model"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// never is the time that those without one are ordered by: after all others.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// showsFile tells whether the viewer sees the file of an import: its name, its cells, its history.
func showsFile(v viewer.Viewer, run *ent.ImportRun) bool {
	return v.AllGroups() || v.GroupID == run.GroupID
}

type importResolver struct{ *root }

func (r importResolver) ImportDefinition(ctx context.Context, run *ent.ImportRun) (*ent.ImportDefinition, error) {
	return one(ctx, run, "definition", func(run *ent.ImportRun) string { return run.ImportDefinitionID },
		r.definitions, func(d *ent.ImportDefinition) string { return d.ID })
}

func (r importResolver) RanWith(ctx context.Context, run *ent.ImportRun) (*ent.ImportDefinitionVersion, error) {
	return one(ctx, run, "ranWith", func(run *ent.ImportRun) string { return run.DefinitionVersionID },
		r.versions, func(v *ent.ImportDefinitionVersion) string { return v.ID })
}

func (r importResolver) User(ctx context.Context, run *ent.ImportRun) (*ent.User, error) {
	return one(ctx, run, "user", func(run *ent.ImportRun) string { return run.UserID }, r.users, userID)
}

func (r importResolver) CanceledBy(ctx context.Context, run *ent.ImportRun) (*ent.User, error) {
	return one(ctx, run, "canceledBy", func(run *ent.ImportRun) string { return deref(run.CanceledByID) }, r.users, userID)
}

func (r importResolver) Organization(ctx context.Context, run *ent.ImportRun) (*ent.Organization, error) {
	return related(ctx, run, "organization",
		func(ctx context.Context, runs []*ent.ImportRun) (map[*ent.ImportRun]*ent.Organization, error) {
			o, err := r.organizationOf(ctx)
			if err != nil {
				return nil, err
			}
			all := map[*ent.ImportRun]*ent.Organization{}
			for _, run := range runs {
				all[run] = o
			}
			return all, nil
		})
}

func (r importResolver) UploadHistory(ctx context.Context, run *ent.ImportRun) (*ent.ReviewUploadHistory, error) {
	return one(ctx, run, "uploadHistory", func(run *ent.ImportRun) int64 { return run.UploadHistoryID },
		func(ctx context.Context, ids []int64) ([]*ent.ReviewUploadHistory, error) {
			return r.DB.Client().ReviewUploadHistory.Query().Where(reviewuploadhistory.IDIn(ids...)).All(ctx)
		}, func(h *ent.ReviewUploadHistory) int64 { return h.ID })
}

func (r importResolver) RetryOf(ctx context.Context, run *ent.ImportRun) (*ent.ImportRun, error) {
	return one(ctx, run, "retryOf", func(run *ent.ImportRun) string { return deref(run.RetryOfID) }, r.runs, runID)
}

func (r importResolver) CorrectionOf(ctx context.Context, run *ent.ImportRun) (*ent.ImportRun, error) {
	return one(ctx, run, "correctionOf", func(run *ent.ImportRun) string { return deref(run.CorrectionOfID) }, r.runs, runID)
}

func (r importResolver) SupersededBy(ctx context.Context, run *ent.ImportRun) (*ent.ImportRun, error) {
	return one(ctx, run, "supersededBy", func(run *ent.ImportRun) string { return deref(run.SupersededByID) }, r.runs, runID)
}

func (importResolver) FileName(ctx context.Context, run *ent.ImportRun) (*string, error) {
	if !showsFile(asking(ctx), run) {
		return nil, nil
	}
	return &run.FileName, nil
}

func (importResolver) FileSize(ctx context.Context, run *ent.ImportRun) (*int64, error) {
	if !showsFile(asking(ctx), run) {
		return nil, nil
	}
	return run.FileSize, nil
}

func (importResolver) Sha256(ctx context.Context, run *ent.ImportRun) (*string, error) {
	if !showsFile(asking(ctx), run) {
		return nil, nil
	}
	return run.Sha256, nil
}

// Progress is the part of the rows that were read, and 1 for a final import whatever it read.
func (importResolver) Progress(_ context.Context, run *ent.ImportRun) (*float64, error) {
	switch {
	case run.Status.Final():
		return new(1.0), nil
	case run.RowCount == nil:
		return nil, nil
	case *run.RowCount == 0:
		return new(0.0), nil
	}
	return new(min(1, float64(run.ProcessedRowCount)/float64(*run.RowCount))), nil
}

func (r importResolver) RejectedRows(ctx context.Context, run *ent.ImportRun) (*model.Download, error) {
	if !showsFile(asking(ctx), run) {
		return nil, nil
	}
	url, expires, ok, err := r.Importer.RejectedRows(ctx, run)
	if err != nil || !ok {
		return nil, err
	}
	return &model.Download{URL: url, ExpiresAt: expires}, nil
}

func (r importResolver) ResultsFile(
	ctx context.Context, run *ent.ImportRun, format model.ResultsFormat,
) (*model.Download, error) {
	url, expires, ok, err := r.Downloads.Results(ctx, run, download.Format(format))
	if err != nil || !ok {
		return nil, err
	}
	return &model.Download{URL: url, ExpiresAt: expires}, nil
}

func (r importResolver) Results(
	ctx context.Context, run *ent.ImportRun,
	first *int, after *model.Cursor, last *int, before *model.Cursor,
	filter *model.ImportResultFilter, orderBy *model.ImportResultOrder,
) (*model.ImportResultConnection, error) {
	of, err := checkResults(filter, false)
	if err != nil {
		return nil, err
	}
	list := children[*ent.ImportRun, *ent.ImportResult, *ent.ImportResultQuery]{
		name: "results", table: "import_results", parent: "import_id",
		order: resultOrder(orderBy), where: of.where, query: r.DB.Client().ImportResult.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportResult.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf:    func(run *ent.ImportRun) any { return run.ID },
		keyIn:    func(result *ent.ImportResult) any { return result.ImportID },
		tenantOf: func(run *ent.ImportRun) string { return run.OrganizationID },
	}
	return list.of(ctx, run, []any{filter, orderBy}, pageArgs{first, after, last, before}, r.Limits.PageSize)
}

func (r importResolver) RowErrors(
	ctx context.Context, run *ent.ImportRun,
	first *int, after *model.Cursor, last *int, before *model.Cursor, filter *model.RowErrorFilter,
) (*model.ImportRowErrorConnection, error) {
	list := children[*ent.ImportRun, *ent.ImportRowError, *ent.ImportRowErrorQuery]{
		name: "rowErrors", table: "import_row_errors", parent: "import_id",
		order: rowErrorOrder, where: rowErrorsWhere(filter), query: r.DB.Client().ImportRowError.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportRowError.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf:    func(run *ent.ImportRun) any { return run.ID },
		keyIn:    func(e *ent.ImportRowError) any { return deref(e.ImportID) },
		tenantOf: func(run *ent.ImportRun) string { return run.OrganizationID },
	}
	c, err := list.of(ctx, run, filter, pageArgs{first, after, last, before}, r.Limits.PageSize)
	if err != nil {
		return nil, err
	}
	return rowErrors(c, !showsFile(asking(ctx), run)), nil
}

// Log shows nothing of a file of another group: its lines belong to the group, whose wall they stand behind.
func (r importResolver) Log(
	ctx context.Context, run *ent.ImportRun, first *int, after *model.Cursor, last *int, before *model.Cursor,
) (*model.LogLineConnection, error) {
	list := children[*ent.ImportRun, *ent.ImportLogLine, *ent.ImportLogLineQuery]{
		name: "log", table: importlogline.Table, parent: importlogline.FieldImportID,
		order: logOrder, where: func(*sql.Selector) {}, query: r.DB.Client().ImportLogLine.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportLogLine.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf:    func(run *ent.ImportRun) any { return run.ID },
		keyIn:    func(l *ent.ImportLogLine) any { return l.ImportID },
		tenantOf: func(run *ent.ImportRun) string { return run.OrganizationID },
	}
	return list.of(ctx, run, nil, pageArgs{first, after, last, before}, r.Limits.PageSize)
}

// logOrder is the order in which a log was written.
var logOrder = order[*ent.ImportLogLine]{name: "log", terms: []term[*ent.ImportLogLine]{
	byNumber(column(importlogline.FieldPosition), func(l *ent.ImportLogLine) int64 { return int64(l.Position) }),
	byText(column(importlogline.FieldID), func(l *ent.ImportLogLine) string { return l.ID }),
}}

// rowErrorOrder is the order of row errors: by row, then by column.
var rowErrorOrder = order[*ent.ImportRowError]{name: "rowErrors", terms: []term[*ent.ImportRowError]{
	byNumber(column(importrowerror.FieldPosition), func(e *ent.ImportRowError) int64 { return int64(e.Position) }),
	byText(column(importrowerror.FieldID), func(e *ent.ImportRowError) string { return e.ID }),
}}

func rowErrorsWhere(f *model.RowErrorFilter) func(s *sql.Selector) {
	return func(s *sql.Selector) {
		if f == nil {
			return
		}
		if f.Code != nil {
			s.Where(sql.In(s.C(importrowerror.FieldCode), anys(f.Code)...))
		}
		equals(s, importrowerror.FieldColumn, f.Column)
		if f.Row != nil {
			s.Where(sql.EQ(s.C(importrowerror.FieldRow), *f.Row))
		}
	}
}

// rowErrors are stored errors as the API shows them.
func rowErrors(c *model.Connection[*ent.ImportRowError], hidden bool) *model.ImportRowErrorConnection {
	out := &model.ImportRowErrorConnection{
		PageInfo: c.PageInfo, Count: c.Count,
		Nodes: make([]*model.ImportRowError, len(c.Nodes)), Edges: make([]model.ImportRowErrorEdge, len(c.Edges)),
	}
	for i, e := range c.Nodes {
		shown := &model.ImportRowError{ID: e.ID, Hidden: hidden || e.Value == nil, RowError: definition.RowError{
			Row: e.Row, Column: deref(e.Column), Code: e.Code, Value: deref(e.Value), Message: e.Message, Params: e.Params,
		}}
		if e.Line != nil {
			shown.Line = *e.Line
		}
		out.Nodes[i] = shown
		out.Edges[i] = model.ImportRowErrorEdge{Cursor: c.Edges[i].Cursor, Node: shown}
	}
	return out
}

// ErrorGroups are the row errors counted; their samples' cells follow the file's group, and go with the other cells.
func (importResolver) ErrorGroups(ctx context.Context, run *ent.ImportRun) ([]*model.ImportErrorGroup, error) {
	groups := make([]*model.ImportErrorGroup, len(run.ErrorGroups))
	for i, g := range run.ErrorGroups {
		groups[i] = &model.ImportErrorGroup{ErrorGroup: g, Shown: model.ImportRowError{
			ID:       strings.Join([]string{string(prefixid.RowError), run.ID, string(g.Code), g.Column}, "-"),
			RowError: g.Sample, Hidden: !showsFile(asking(ctx), run) || run.RowErrorsErasedAt != nil,
		}}
	}
	return groups, nil
}

type errorGroupResolver struct{}

func (errorGroupResolver) Column(_ context.Context, g *model.ImportErrorGroup) (*string, error) {
	return orNull(g.Column), nil
}

func (errorGroupResolver) Sample(_ context.Context, g *model.ImportErrorGroup) (*model.ImportRowError, error) {
	return &g.Shown, nil
}

// importOrder is the order of imports. What only some groups see counts as empty for the others, for an order by it would
// tell.
func importOrder(o *model.ImportOrder, v viewer.Viewer) order[*ent.ImportRun] {
	field := model.ImportOrderFieldCreatedAt
	desc := true
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	var first term[*ent.ImportRun]
	switch field {
	case model.ImportOrderFieldProcessedAt:
		first = byTime(orElse(importrun.FieldProcessedAt, never), func(run *ent.ImportRun) time.Time {
			if run.ProcessedAt == nil {
				return never
			}
			return *run.ProcessedAt
		})
	case model.ImportOrderFieldFileName:
		first = byText(func(s *sql.Selector) func(b *sql.Builder) {
			group, name := s.C(importrun.FieldGroupID), s.C(importrun.FieldFileName)
			return func(b *sql.Builder) {
				b.WriteString("CASE WHEN " + group + " = ").Arg(v.GroupID).WriteString(" THEN " + name + " ELSE '' END")
			}
		}, func(run *ent.ImportRun) string {
			if !showsFile(v, run) {
				return ""
			}
			return run.FileName
		})
	case model.ImportOrderFieldStatus:
		first = byText(column(importrun.FieldStatus), func(run *ent.ImportRun) string { return string(run.Status) })
	case model.ImportOrderFieldRowCount:
		first = byNumber(orElse(importrun.FieldRowCount, -1), func(run *ent.ImportRun) int64 {
			if run.RowCount == nil {
				return -1
			}
			return *run.RowCount
		})
	default:
		first = byTime(column(importrun.FieldCreatedAt), func(run *ent.ImportRun) time.Time { return run.CreatedAt })
	}
	return order[*ent.ImportRun]{name: "imports " + string(field), desc: desc, terms: []term[*ent.ImportRun]{
		first, byText(column(importrun.FieldID), runID),
	}}
}

// importsWhere narrows a list of imports.
func importsWhere(f *model.ImportFilter, v viewer.Viewer) func(s *sql.Selector) {
	return func(s *sql.Selector) {
		if f == nil {
			return
		}
		if f.Status != nil {
			s.Where(sql.In(s.C(importrun.FieldStatus), anys(f.Status)...))
		}
		if f.ImportDefinitionID != nil {
			s.Where(sql.EQ(s.C(importrun.FieldImportDefinitionID), *f.ImportDefinitionID))
		}
		if f.UploadHistoryID != nil {
			n, _ := prefixid.Number(prefixid.UploadHistory, *f.UploadHistoryID)
			s.Where(sql.And(sql.EQ(s.C(importrun.FieldUploadHistoryID), n), sql.EQ(s.C(importrun.FieldGroupID), v.GroupID)))
		}
		if f.UserID != nil {
			s.Where(sql.EQ(s.C(importrun.FieldUserID), *f.UserID))
		}
		if f.FileNameContains != nil {
			contains(s, importrun.FieldFileName, f.FileNameContains)
			s.Where(sql.EQ(s.C(importrun.FieldGroupID), v.GroupID))
		}
		between(s, importrun.FieldCreatedAt, f.CreatedAfter, f.CreatedBefore)
	}
}

func (r *root) runs(ctx context.Context, ids []string) ([]*ent.ImportRun, error) {
	return r.DB.Client().ImportRun.Query().Where(importrun.IDIn(ids...)).All(ctx)
}

func runID(run *ent.ImportRun) string { return run.ID }

func (r *root) definitions(ctx context.Context, ids []string) ([]*ent.ImportDefinition, error) {
	return r.DB.Client().ImportDefinition.Query().Where(importdefinition.IDIn(ids...)).All(ctx)
}

func (r *root) versions(ctx context.Context, ids []string) ([]*ent.ImportDefinitionVersion, error) {
	return r.DB.Client().ImportDefinitionVersion.Query().Where(importdefinitionversion.IDIn(ids...)).All(ctx)
}
