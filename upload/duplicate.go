package upload

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
)

// warnOfDuplicate adds a warning to what was found where the group has the same content already: it names the newest
// earlier history whose check found it and that was not erased. Only the group reads it, as it does that history.
func (u *Uploads) warnOfDuplicate(ctx context.Context, h *ent.ReviewUploadHistory, found *finding) error {
	if found.sha256 == nil {
		return nil
	}
	return u.db.Read(ctx, func(ctx context.Context) error {
		earlier, err := u.db.Client().ReviewUploadHistory.Query().Where(
			reviewuploadhistory.OrganizationID(h.OrganizationID), reviewuploadhistory.GroupID(h.GroupID),
			reviewuploadhistory.Sha256(*found.sha256), reviewuploadhistory.StatusEQ(definition.UploadSuccess),
			reviewuploadhistory.DeletedAtIsNil(),
			reviewuploadhistory.Or(
				reviewuploadhistory.CreatedAtLT(h.CreatedAt),
				reviewuploadhistory.And(reviewuploadhistory.CreatedAt(h.CreatedAt), reviewuploadhistory.IDLT(h.ID)),
			),
		).Order(reviewuploadhistory.ByCreatedAt(sql.OrderDesc()), reviewuploadhistory.ByID(sql.OrderDesc())).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find uploads of the same file: %w", err)
		}
		found.warnings = append(found.warnings, definition.Warning{
			Code:    definition.WarningDuplicateFile,
			Message: fmt.Sprintf("The same file was uploaded before, as “%s” on %s.", earlier.FileName, day(earlier.CreatedAt)),
			Params: []definition.Param{
				{Name: "uploadHistoryId", Value: prefixid.FromNumber(prefixid.UploadHistory, earlier.ID)},
				{Name: "fileName", Value: earlier.FileName},
				{Name: "createdAt", Value: earlier.CreatedAt.UTC().Format(time.RFC3339)},
			},
		})
		return nil
	})
}
