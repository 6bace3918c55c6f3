package graph

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/graph/model"
	"entrepot/prefixid"
	"entrepot/upload"
)

type historyResolver struct{ *root }

func (historyResolver) ID(_ context.Context, h *ent.ReviewUploadHistory) (string, error) {
	return historyID(h), nil
}

func (historyResolver) DatabaseID(_ context.Context, h *ent.ReviewUploadHistory) (int64, error) {
	return h.ID, nil
}

func (r historyResolver) User(ctx context.Context, h *ent.ReviewUploadHistory) (*ent.User, error) {
	return one(ctx, h, "user", func(h *ent.ReviewUploadHistory) string { return h.UserID }, r.users, userID)
}

func (r historyResolver) Group(ctx context.Context, h *ent.ReviewUploadHistory) (*ent.Group, error) {
	return one(ctx, h, "group", func(h *ent.ReviewUploadHistory) string { return h.GroupID },
		func(ctx context.Context, ids []string) ([]*ent.Group, error) {
			return r.DB.Client().Group.Query().Where(group.IDIn(ids...)).All(ctx)
		}, func(g *ent.Group) string { return g.ID })
}

// Original is null before the file was found, and after it was erased.
func (r historyResolver) Original(ctx context.Context, h *ent.ReviewUploadHistory) (*model.Download, error) {
	url, expires, err := r.Uploads.Original(ctx, h)
	switch {
	case errors.Is(err, upload.ErrNoOriginal):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &model.Download{URL: url, ExpiresAt: expires}, nil
}

func (r historyResolver) Errors(
	ctx context.Context, h *ent.ReviewUploadHistory, first *int, after *model.Cursor, last *int, before *model.Cursor,
) (*model.ImportRowErrorConnection, error) {
	list := children[*ent.ReviewUploadHistory, *ent.ImportRowError, *ent.ImportRowErrorQuery]{
		name: "errors", table: importrowerror.Table, parent: importrowerror.FieldUploadHistoryID,
		order: rowErrorOrder, where: func(*sql.Selector) {}, query: r.DB.Client().ImportRowError.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportRowError.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf: func(h *ent.ReviewUploadHistory) any { return h.ID },
		keyIn: func(e *ent.ImportRowError) any {
			if e.UploadHistoryID == nil {
				return int64(0)
			}
			return *e.UploadHistoryID
		},
		tenantOf: func(h *ent.ReviewUploadHistory) string { return h.OrganizationID },
	}
	c, err := list.of(ctx, h, nil, pageArgs{first, after, last, before}, r.Limits.PageSize)
	if err != nil {
		return nil, err
	}
	return rowErrors(c, false), nil
}

func (r historyResolver) Imports(
	ctx context.Context, h *ent.ReviewUploadHistory, first *int, after *model.Cursor, last *int, before *model.Cursor,
) (*model.ImportConnection, error) {
	list := children[*ent.ReviewUploadHistory, *ent.ImportRun, *ent.ImportRunQuery]{
		name: "imports", table: importrun.Table, parent: importrun.FieldUploadHistoryID,
		order: importOrder(nil, asking(ctx)), where: func(*sql.Selector) {}, query: r.DB.Client().ImportRun.Query,
		scan: func(ctx context.Context, change func(*sql.Selector), rows any) error {
			return r.DB.Client().ImportRun.Query().Modify(change).Scan(ctx, rows)
		},
		keyOf:    func(h *ent.ReviewUploadHistory) any { return h.ID },
		keyIn:    func(run *ent.ImportRun) any { return run.UploadHistoryID },
		tenantOf: func(h *ent.ReviewUploadHistory) string { return h.OrganizationID },
	}
	return list.of(ctx, h, nil, pageArgs{first, after, last, before}, r.Limits.PageSize)
}

func historyID(h *ent.ReviewUploadHistory) string {
	return prefixid.FromNumber(prefixid.UploadHistory, h.ID)
}

func historyOrder(o *model.UploadHistoryOrder) order[*ent.ReviewUploadHistory] {
	field, desc := model.UploadHistoryOrderFieldCreatedAt, true
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	var first term[*ent.ReviewUploadHistory]
	switch field {
	case model.UploadHistoryOrderFieldFileName:
		first = byText(column(reviewuploadhistory.FieldFileName), func(h *ent.ReviewUploadHistory) string { return h.FileName })
	case model.UploadHistoryOrderFieldStatus:
		first = byNumber(column(reviewuploadhistory.FieldStatus), func(h *ent.ReviewUploadHistory) int64 { return int64(h.Status) })
	case model.UploadHistoryOrderFieldValidatedAt:
		first = byTime(orElse(reviewuploadhistory.FieldValidatedAt, never), func(h *ent.ReviewUploadHistory) time.Time {
			if h.ValidatedAt == nil {
				return never
			}
			return *h.ValidatedAt
		})
	default:
		first = byTime(column(reviewuploadhistory.FieldCreatedAt), func(h *ent.ReviewUploadHistory) time.Time { return h.CreatedAt })
	}
	return order[*ent.ReviewUploadHistory]{
		name: "histories " + string(field), desc: desc,
		terms: []term[*ent.ReviewUploadHistory]{
			first, byNumber(column(reviewuploadhistory.FieldID), func(h *ent.ReviewUploadHistory) int64 { return h.ID }),
		},
	}
}

func historiesWhere(f *model.UploadHistoryFilter) func(s *sql.Selector) {
	if f == nil {
		f = &model.UploadHistoryFilter{Deleted: new(false)}
	}
	return upload.HistoryFilter{
		Status: f.Status, FileNameContains: f.FileNameContains, UserID: f.UserID,
		CreatedFrom: f.CreatedAfter, CreatedBefore: f.CreatedBefore, Deleted: f.Deleted,
	}.Where
}
