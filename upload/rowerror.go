package upload

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/refusal"
	"entrepot/tabular"
	"entrepot/viewer"
)

// RowErrors is what is wrong with a history's rows.
type RowErrors struct {
	History *ent.ReviewUploadHistory
	// Import is the one that found the errors: the newest that has ended, canceled ones aside, which have read only a
	// part. It is nil as long as there is none: the errors are then those of the history's check.
	Import *ent.ImportRun
	// List is the part that was asked for, by row and then by column; Total is how many are kept in all.
	List  []*ent.ImportRowError
	Total int
}

// RowErrors reads a part of the row errors of a history of the viewer's group, all of one moment. A history that is not
// there is refused as History does.
func (u *Uploads) RowErrors(ctx context.Context, historyID int64, part Part) (found RowErrors, err error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleViewer, true); err != nil {
		return RowErrors{}, err
	}
	err = u.db.Read(ctx, func(ctx context.Context) error {
		q, err := u.rowErrors(ctx, historyID, &found)
		if err != nil {
			return err
		}
		if found.Total, err = q.Clone().Count(ctx); err != nil || found.Total <= part.Offset {
			return err
		}
		found.List, err = q.Offset(part.Offset).Limit(part.Limit).All(ctx)
		return err
	})
	return found, err
}

// RowErrorsFile makes a file of all row errors of a history, as RowErrors lists them: CSV for spreadsheets in UTF-8 with
// a byte order mark, a header and a line per error, and no cell that a spreadsheet would compute. It holds at most
// Limits.MaxRowErrors lines.
func (u *Uploads) RowErrorsFile(ctx context.Context, historyID int64) (name string, content []byte, err error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleViewer, true); err != nil {
		return "", nil, err
	}
	var found RowErrors
	err = u.db.Read(ctx, func(ctx context.Context) error {
		q, err := u.rowErrors(ctx, historyID, &found)
		if err != nil {
			return err
		}
		found.List, err = q.All(ctx)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	file := found.History.FileName
	return strings.TrimSuffix(file, path.Ext(file)) + "-errors.csv", rowErrorsCSV(found.List), nil
}

// rowErrors finds whose errors are to be read, and begins a statement on them in their order.
func (u *Uploads) rowErrors(ctx context.Context, historyID int64, found *RowErrors) (*ent.ImportRowErrorQuery, error) {
	h, err := u.find(ctx, historyID)
	if err != nil {
		return nil, err
	}
	found.History = h
	found.Import, err = u.db.Client().ImportRun.Query().Where(
		importrun.OrganizationID(h.OrganizationID), importrun.UploadHistoryID(h.ID),
		importrun.StatusIn(definition.ImportCompleted, definition.ImportPartiallyCompleted, definition.ImportFailed),
	).Order(ent.Desc(importrun.FieldCreatedAt, importrun.FieldID)).First(ctx)
	q := u.db.Client().ImportRowError.Query().Where(importrowerror.OrganizationID(h.OrganizationID)).
		Order(ent.Asc(importrowerror.FieldPosition, importrowerror.FieldID))
	switch {
	case err == nil:
		return q.Where(importrowerror.ImportID(found.Import.ID)), nil
	case ent.IsNotFound(err):
		found.Import = nil
		return q.Where(importrowerror.UploadHistoryID(h.ID)), nil
	}
	return nil, fmt.Errorf("find latest import: %w", err)
}

// rowErrorsCSV is RFC 4180 with CRLF.
func rowErrorsCSV(list []*ent.ImportRowError) []byte {
	cells := tabular.CellWriter{Delimiter: ',', Quote: '"'}
	text := []byte("\uFEFFrow,line,column,value,code,message\r\n")
	add := func(cell *string) {
		if cell != nil {
			text = cells.Append(text, []byte(*cell))
		}
		text = append(text, ',')
	}
	for _, e := range list {
		text = append(strconv.AppendInt(text, e.Row, 10), ',')
		if e.Line != nil {
			text = strconv.AppendInt(text, *e.Line, 10)
		}
		text = append(text, ',')
		code := string(e.Code)
		add(e.Column)
		add(e.Value)
		add(&code)
		text = append(cells.Append(text, []byte(e.Message)), "\r\n"...)
	}
	return text
}
