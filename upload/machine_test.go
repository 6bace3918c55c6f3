package upload_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/refusal"
	"entrepot/upload"
)

// machine is what a history should be like, whatever was done with it so far.
type machine struct {
	h        *ent.ReviewUploadHistory // as stored
	status   definition.UploadStatus
	attempt  bool // it failed in the client
	there    bool // its object is in the bucket, and is a table
	deleted  bool
	active   string // an import of it that waits
	revision int64
}

// step does something that may happen to a history, and changes the model alike.
type step struct {
	name string
	do   func(t *testing.T, h *house, m *machine)
}

// requireCode requires what a command was refused with; empty for a success.
func requireCode(t *testing.T, want refusal.Code, err error, what string) {
	t.Helper()
	if want == "" {
		require.NoError(t, err, what)
		return
	}
	refused(t, err, want)
}

const (
	notyet, processing = definition.UploadNotyet, definition.UploadProcessing
	success, failure   = definition.UploadSuccess, definition.UploadFailure
)

var steps = []step{
	{"check", func(t *testing.T, h *house, m *machine) {
		require.NoError(t, h.Check(t.Context(), org, m.h.ID))
		if m.deleted || m.status == success || m.status == failure {
			return
		}
		if m.status = failure; !m.attempt && m.there {
			m.status = success
		}
	}},
	{"a check begins, and its process dies", func(t *testing.T, h *house, m *machine) {
		if m.status != notyet || m.deleted || m.attempt {
			return
		}
		h.system(t, func(ctx context.Context, c *ent.Client) {
			c.ReviewUploadHistory.UpdateOneID(m.h.ID).SetStatus(processing).ExecX(ctx)
		})
		m.status = processing
	}},
	{"revalidate", func(t *testing.T, h *house, m *machine) {
		_, err := h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(m.h)})
		switch {
		case m.deleted:
			requireCode(t, refusal.InvalidTransition, err, "deleted")
		case m.attempt:
			requireCode(t, refusal.UploadFailed, err, "attempt")
		default:
			requireCode(t, "", err, "revalidate")
			if m.status != processing {
				m.status = notyet
			}
		}
	}},
	{"delete", func(t *testing.T, h *house, m *machine) {
		_, err := h.Delete(asAda(t), globalID(m.h))
		if !m.deleted && m.active != "" {
			requireCode(t, refusal.InUse, err, "in use")
			return
		}
		requireCode(t, "", err, "delete")
		m.deleted = true
		if m.status == notyet || m.status == processing {
			m.status = failure
		}
	}},
	{"store again", func(t *testing.T, h *house, m *machine) {
		if m.attempt {
			return
		}
		stored, err := h.Store(asAda(t), upload.StoreInput{FileName: "x", GCSPath: m.h.GcsPath})
		require.NoError(t, err)
		require.Equal(t, m.h.ID, stored.ID)
	}},
	{"the file comes", func(t *testing.T, h *house, m *machine) {
		key, own := h.bucket.Key(m.h.GcsPath)
		if own && !m.there && !h.exists(t, key) {
			h.write(t, key, titled)
			m.there = true
		}
	}},
	{"an import waits", func(t *testing.T, h *house, m *machine) {
		if m.active != "" {
			return
		}
		err := h.db.Do(system(t, org), "import", func(ctx context.Context) error {
			v := h.db.Client().ImportDefinitionVersion.Query().FirstX(ctx)
			run, err := h.db.Client().ImportRun.Create().SetOrganizationID(org).SetGroupID(group).SetUserID(ada).
				SetUploadHistoryID(m.h.ID).SetDefinitionOrganizationID(org).SetImportDefinitionID(v.ImportDefinitionID).
				SetDefinitionVersionID(v.ID).SetDefinitionVersion(1).SetFormat(definition.Format{}).
				SetOnInvalidRow(definition.InvalidRowFail).SetFileName("x").Save(ctx)
			if err == nil {
				m.active = run.ID
			}
			return err
		})
		if !m.deleted {
			require.NoError(t, err)
			return
		}
		c, ok := database.AsConstraint(err)
		require.True(t, ok, err)
		require.Equal(t, "upload_erased", c.Name)
	}},
	{"it ends", func(t *testing.T, h *house, m *machine) {
		if m.active == "" {
			return
		}
		h.system(t, func(ctx context.Context, c *ent.Client) {
			c.ImportRun.UpdateOneID(m.active).SetStatus(definition.ImportCanceled).SetProcessedAt(h.now).ExecX(ctx)
		})
		m.active = ""
	}},
	{"somebody sets a status past all commands", func(t *testing.T, h *house, m *machine) {
		legal := map[definition.UploadStatus][]definition.UploadStatus{
			notyet: {processing, failure}, processing: {success, failure}, success: {notyet}, failure: {notyet},
		}
		undo := errors.New("undo")
		for to := range definition.UploadStatus(4) {
			err := h.db.Do(system(t, org), "force", func(ctx context.Context) error {
				update := h.db.Client().ReviewUploadHistory.Update().Where(reviewuploadhistory.ID(m.h.ID)).SetStatus(to)
				return errors.Join(update.Exec(ctx), undo)
			})
			require.ErrorIs(t, err, undo)
			c, refused := database.AsConstraint(err)
			switch {
			case to == m.status:
				require.False(t, refused, "%v", err)
			case m.deleted:
				require.True(t, refused, "%s to %s", m.status, to)
				require.Contains(t, []string{"upload_erased", "upload_transition"}, c.Name)
			case slices.Contains(legal[m.status], to):
				require.False(t, refused, "%s to %s: %v", m.status, to, err)
			default:
				require.True(t, refused, "%s to %s", m.status, to)
				require.Equal(t, "upload_transition", c.Name)
			}
		}
	}},
	{"somebody deletes it past all commands", func(t *testing.T, h *house, m *machine) {
		undo := errors.New("undo")
		err := h.db.Do(system(t, org), "force", func(ctx context.Context) error {
			update := h.db.Client().ReviewUploadHistory.Update().Where(reviewuploadhistory.ID(m.h.ID)).SetDeletedAt(time.Now())
			return errors.Join(update.Exec(ctx), undo)
		})
		c, refused := database.AsConstraint(err)
		require.Equal(t, m.deleted || m.active != "", refused, "%v", err)
		if refused {
			require.Equal(t, map[bool]string{true: "upload_erased", false: "upload_in_use"}[m.deleted], c.Name)
		}
	}},
}

// Whatever happens in whatever order, a history is in the state that the model says, its revision only grows, and what
// the database lets nobody do is what the commands never do.
func TestAHistoryGoesThroughItsStatesAndNoOthers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		first := h.store(t, asAda(t), "gs://local/org-one/grp-one/first")
		h.pendingImport(t, first) // which makes the definition
		for seed := range uint64(4) {
			random := rand.New(rand.NewPCG(seed, 7))
			var all []*machine
			for i := range 4 {
				in := upload.StoreInput{FileName: "x", GCSPath: fmt.Sprintf("gs://local/org-one/grp-one/%d-%d", seed, i)}
				m := &machine{attempt: i == 3}
				if m.attempt {
					in.ErrorReason = pointer("lost")
				}
				var err error
				m.h, err = h.Store(asAda(t), in)
				require.NoError(t, err)
				m.revision = m.h.Revision
				all = append(all, m)
			}
			for n := range 120 {
				m, s := all[random.IntN(len(all))], steps[random.IntN(len(steps))]
				s.do(t, h, m)
				now := h.read(t, m.h.ID)
				what := fmt.Sprintf("seed %d, step %d: %s", seed, n, s.name)
				require.Equal(t, m.status.String(), now.Status.String(), what)
				require.Equal(t, m.deleted, now.DeletedAt != nil, what)
				require.GreaterOrEqual(t, now.Revision, m.revision, what)
				m.revision = now.Revision
				if now.Status == success {
					require.Nil(t, now.ErrorReason, what)
					require.NotNil(t, now.ValidatedAt, what)
					require.NotNil(t, now.Sha256, what)
				}
				if now.Status == failure {
					require.NotNil(t, now.ErrorReason, what)
				}
				if now.Status == notyet || now.Status == processing {
					require.Nil(t, now.ValidatedAt, what)
					require.Nil(t, now.Sha256, what)
				}
			}
			require.True(t, slices.ContainsFunc(all, func(m *machine) bool { return m.deleted }), "seed %d", seed)
		}
	})
}
