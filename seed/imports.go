package seed

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/ent/groupmembership"
	"entrepot/ent/importdefinition"
	"entrepot/ent/importrun"
	"entrepot/ent/membership"
	"entrepot/ent/organization"
	"entrepot/importer"
	"entrepot/prefixid"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

//go:embed files/*.csv
var files embed.FS

// samples are imported in this order; the presence of the last one's import says that all are there.
var samples = []struct{ file, definition string }{
	{"weather.csv", weather},
	{"iowa-electricity.csv", electricity},
	{"product-reviews.csv", reviews},
	{"product-reviews-broken.csv", reviews}, // fails: a column is missing
}

// Parts is what Imports works with; all of it is required.
type Parts struct {
	DB       *database.DB
	Bucket   *storage.Bucket
	Uploads  *upload.Uploads
	Importer *importer.Importer
}

// Imports uploads the sample files and starts their imports as the demonstration's collector, once: the queue runs
// them. It does nothing in a database without the demonstration, or where the collector was removed from it.
func Imports(ctx context.Context, p Parts) error {
	collector, err := findCollector(ctx, p.DB)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("seed imports: %w", err)
	}
	ctx = viewer.NewContext(ctx, collector)
	done, err := p.imported(ctx)
	if err != nil || done {
		return err
	}
	for _, sample := range samples {
		if err := p.start(ctx, collector, sample.file, sample.definition); err != nil {
			return fmt.Errorf("seed import of %s: %w", sample.file, err)
		}
	}
	return nil
}

// findCollector is the collector in the first of that person's groups; ent's NotFoundError where there is none any
// more.
func findCollector(ctx context.Context, db *database.DB) (v viewer.Viewer, err error) {
	id, err := findPerson(ctx, db, collectorEmail)
	if err != nil {
		return v, err
	}
	ctx = viewer.NewContext(ctx, viewer.SignIn("seed", id))
	err = db.Read(ctx, func(ctx context.Context) error {
		m, err := db.Client().Membership.Query().Where(membership.EndedAtIsNil(), membership.UserID(id),
			membership.HasOrganizationWith(organization.Slug(Organization))).Only(ctx)
		if err != nil {
			return err
		}
		g, err := db.Client().GroupMembership.Query().Where(groupmembership.EndedAtIsNil(),
			groupmembership.OrganizationID(m.OrganizationID), groupmembership.UserID(m.UserID)).
			Order(groupmembership.ByCreatedAt(), groupmembership.ByID()).First(ctx)
		if err != nil {
			return err
		}
		v = viewer.Viewer{UserID: m.UserID, OrganizationID: m.OrganizationID, GroupID: g.GroupID, Role: m.Role}
		return nil
	})
	return v, err
}

// key makes starting a sample's import harmless to repeat.
func key(file string) string { return "seed " + file }

func (p Parts) imported(ctx context.Context) (done bool, err error) {
	err = p.DB.Read(ctx, func(ctx context.Context) (err error) {
		done, err = p.DB.Client().ImportRun.Query().
			Where(importrun.IdempotencyKey(key(samples[len(samples)-1].file))).Exist(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for seeded imports: %w", err)
	}
	return done, nil
}

func (p Parts) start(ctx context.Context, v viewer.Viewer, file, definition string) error {
	object := v.OrganizationID + "/" + v.GroupID + "/sample-" + file
	if err := p.write(ctx, object, file); err != nil {
		return err
	}
	history, err := p.Uploads.Store(ctx, upload.StoreInput{FileName: file, GCSPath: p.Bucket.Path(object)})
	if err != nil {
		return err
	}
	var definitionID string
	if err := p.DB.Read(ctx, func(ctx context.Context) (err error) {
		definitionID, err = p.DB.Client().ImportDefinition.Query().
			Where(importdefinition.OrganizationID(v.OrganizationID), importdefinition.Name(definition)).
			Order(importdefinition.ByCreatedAt()).FirstID(ctx)
		return err
	}); err != nil {
		return fmt.Errorf("look for the definition %q: %w", definition, err)
	}
	once := key(file)
	_, err = p.Importer.Start(ctx, importer.StartInput{
		UploadHistoryID:    prefixid.FromNumber(prefixid.UploadHistory, history.ID),
		ImportDefinitionID: definitionID,
		IdempotencyKey:     &once,
	})
	return err
}

// write puts a sample into the bucket, where it is not there already.
func (p Parts) write(ctx context.Context, object, file string) error {
	content, err := files.ReadFile("files/" + file)
	if err != nil {
		return err
	}
	w, err := p.Bucket.NewWriter(ctx, object)
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil && !errors.Is(err, storage.ErrExists) {
		return err
	}
	return nil
}
