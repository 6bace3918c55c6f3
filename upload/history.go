package upload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/membership"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/refusal"
	"entrepot/viewer"
)

// HistoryFilter is which histories a list has; all that is given must hold. The zero value is all of them.
type HistoryFilter struct {
	// Status is one of these; nil means any.
	Status []definition.UploadStatus
	// FileNameContains is a part of the file's name, in any case.
	FileNameContains *string
	// UserID is who stored it.
	UserID *string
	// CreatedFrom is the first moment that it may be stored at, CreatedBefore the first that it may not.
	CreatedFrom, CreatedBefore *time.Time
	// Deleted is whether the file was erased; nil means both.
	Deleted *bool
}

// Where narrows a statement on histories.
func (f HistoryFilter) Where(s *sql.Selector) {
	if f.Status != nil {
		status := make([]any, len(f.Status))
		for i, one := range f.Status {
			status[i] = one
		}
		s.Where(sql.In(s.C(reviewuploadhistory.FieldStatus), status...))
	}
	if f.FileNameContains != nil {
		s.Where(database.Contains(s.C(reviewuploadhistory.FieldFileName), *f.FileNameContains))
	}
	if f.UserID != nil {
		s.Where(sql.EQ(s.C(reviewuploadhistory.FieldUserID), *f.UserID))
	}
	if f.CreatedFrom != nil {
		s.Where(sql.GTE(s.C(reviewuploadhistory.FieldCreatedAt), *f.CreatedFrom))
	}
	if f.CreatedBefore != nil {
		s.Where(sql.LT(s.C(reviewuploadhistory.FieldCreatedAt), *f.CreatedBefore))
	}
	switch {
	case f.Deleted == nil:
	case *f.Deleted:
		s.Where(sql.NotNull(s.C(reviewuploadhistory.FieldDeletedAt)))
	default:
		s.Where(sql.IsNull(s.C(reviewuploadhistory.FieldDeletedAt)))
	}
}

// HistoryField is what a list of histories is ordered by.
type HistoryField string

// The values of HistoryField.
const (
	ByCreatedAt   HistoryField = reviewuploadhistory.FieldCreatedAt
	ByFileName    HistoryField = reviewuploadhistory.FieldFileName
	ByStatus      HistoryField = reviewuploadhistory.FieldStatus
	ByValidatedAt HistoryField = reviewuploadhistory.FieldValidatedAt // those without come last, or first where descending
)

// HistoryOrder is an order of histories; those that are equal in it are ordered by their number, in the same direction.
type HistoryOrder struct {
	By         HistoryField
	Descending bool
}

// never is the time that those without one are ordered by.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// sort appends the order to a statement.
func (o HistoryOrder) sort(s *sql.Selector) {
	direction := ""
	if o.Descending {
		direction = " DESC"
	}
	s.OrderExpr(sql.ExprFunc(func(b *sql.Builder) {
		if o.By == ByValidatedAt {
			b.WriteString("COALESCE(" + s.C(string(o.By)) + ", ").Arg(never).WriteString(")" + direction)
			return
		}
		b.WriteString(s.C(string(o.By)) + direction)
	}))
	s.OrderExpr(sql.Expr(s.C(reviewuploadhistory.FieldID) + direction))
}

// Part is which part of a list is wanted: Limit entries after the first Offset.
type Part struct{ Offset, Limit int }

// Histories reads a part of the histories of the viewer's group, with their edges User and Group, and how many there are in
// all at that moment. Users who have left the organization are without their e-mail address.
func (u *Uploads) Histories(
	ctx context.Context, filter HistoryFilter, order HistoryOrder, part Part,
) (list []*ent.ReviewUploadHistory, total int, err error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleViewer, true); err != nil {
		return nil, 0, err
	}
	err = u.db.Read(ctx, func(ctx context.Context) error {
		q := u.db.Client().ReviewUploadHistory.Query()
		q.WhereP(filter.Where)
		if total, err = q.Clone().Count(ctx); err != nil || total <= part.Offset {
			return err
		}
		q.WhereP(order.sort)
		if list, err = q.Offset(part.Offset).Limit(part.Limit).WithUser().WithGroup().All(ctx); err != nil {
			return err
		}
		return u.conceal(ctx, list...)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list upload histories: %w", err)
	}
	return list, total, nil
}

// History reads one history of the viewer's group, with its edges User and Group as Histories does. What is not there, and
// what is another group's, is refused alike: NOT_FOUND.
func (u *Uploads) History(ctx context.Context, id int64) (h *ent.ReviewUploadHistory, err error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleViewer, true); err != nil {
		return nil, err
	}
	err = u.db.Read(ctx, func(ctx context.Context) error {
		h, err = u.find(ctx, id)
		return err
	})
	return h, err
}

// find is History in a session that is open.
func (u *Uploads) find(ctx context.Context, id int64) (*ent.ReviewUploadHistory, error) {
	h, err := u.db.Client().ReviewUploadHistory.Query().
		Where(reviewuploadhistory.ID(id)).WithUser().WithGroup().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, refusal.New(refusal.NotFound, nil, "There is no such upload history.")
	case err != nil:
		return nil, fmt.Errorf("find upload history: %w", err)
	}
	return h, u.conceal(ctx, h)
}

// conceal empties the e-mail addresses of histories' users who are no members of the organization any more.
func (u *Uploads) conceal(ctx context.Context, list ...*ent.ReviewUploadHistory) error {
	var ids []string
	for _, h := range list {
		if h.Edges.User != nil && !slices.Contains(ids, h.UserID) {
			ids = append(ids, h.UserID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	members, err := u.db.Client().Membership.Query().Where(
		membership.OrganizationID(list[0].OrganizationID), membership.UserIDIn(ids...), membership.EndedAtIsNil(),
	).All(ctx)
	if err != nil {
		return fmt.Errorf("find members: %w", err)
	}
	for _, h := range list {
		present := slices.ContainsFunc(members, func(m *ent.Membership) bool { return m.UserID == h.UserID })
		if h.Edges.User != nil && !present {
			h.Edges.User.Email = ""
		}
	}
	return nil
}

// Download signs a download of the file of a history of the viewer's group, as Original does. It is refused, NOT_FOUND,
// where there is no such history, and where it has no file: its check has not found one good, or the file was erased.
func (u *Uploads) Download(ctx context.Context, id int64) (url string, expiresAt time.Time, err error) {
	h, err := u.History(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	url, expiresAt, err = u.Original(ctx, h)
	if errors.Is(err, ErrNoOriginal) {
		return "", time.Time{}, refusal.New(refusal.NotFound, nil, "This upload has no file to download.")
	}
	return url, expiresAt, err
}
