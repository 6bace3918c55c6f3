package upload_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/upload"
	"entrepot/viewer"
)

func TestCreateIssuesOneUploadUnderANameOfTheServers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const content = "a,b\n1,2\n"
	sum := sha256.Sum256([]byte(content))
	issued, err := h.Create(asAda(t), upload.CreateInput{
		FileName: " ../Ölçüm.CSV ", Size: int64(len(content)),
		SHA256: pointer(strings.ToUpper(hex.EncodeToString(sum[:]))),
	})
	require.NoError(t, err)
	require.Regexp(t, `^gs://local/org-one/grp-one/[a-z0-9]{26}$`, issued.GCSPath)
	require.Equal(t, http.MethodPut, issued.Method)
	require.Equal(t, "text/csv", issued.Headers[0].Value)

	require.Equal(t, http.StatusBadRequest, send(t, issued, "a,b\n1,3\n"), "another content")
	require.Equal(t, http.StatusOK, send(t, issued, content))
	require.Equal(t, http.StatusPreconditionFailed, send(t, issued, content), "a second time")

	stored := h.store(t, asAda(t), issued.GCSPath)
	require.Equal(t, int64(len(content)), *stored.ExpectedSize)
	require.Equal(t, hex.EncodeToString(sum[:]), *stored.ExpectedSha256)
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type input = upload.CreateInput
	good := input{FileName: "a.csv", Size: 1}
	for name, c := range map[string]struct {
		change func(*input)
		fields []string
	}{
		"no name":           {func(in *input) { in.FileName = " \t" }, []string{"fileName"}},
		"long name":         {func(in *input) { in.FileName = strings.Repeat("ş", 256) }, []string{"fileName"}},
		"control character": {func(in *input) { in.FileName = "a\x00.csv" }, []string{"fileName"}},
		"empty file":        {func(in *input) { in.Size = 0 }, []string{"size"}},
		"negative size":     {func(in *input) { in.Size = -5 }, []string{"size"}},
		"too large":         {func(in *input) { in.Size = 1<<20 + 1 }, []string{"size"}},
		"short hash":        {func(in *input) { in.SHA256 = pointer("abcd") }, []string{"sha256"}},
		"no hash":           {func(in *input) { in.SHA256 = pointer(strings.Repeat("x", 64)) }, []string{"sha256"}},
		"a page":            {func(in *input) { in.ContentType = pointer("text/html") }, []string{"contentType"}},
		"no type":           {func(in *input) { in.ContentType = pointer("csv;;") }, []string{"contentType"}},
		"parameter": {
			func(in *input) { in.ContentType = pointer("text/csv; profile=x") },
			[]string{"contentType"},
		},
		"everything": {func(in *input) {
			*in = input{Size: -1, SHA256: pointer("x"), ContentType: pointer("x/y")}
		}, []string{"fileName", "contentType", "size", "sha256"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := good
			c.change(&in)
			_, err := h.Create(asAda(t), in)
			require.Equal(t, c.fields, fields(t, err))
		})
	}
}

// fields are the last names of the refusals' fields; all of them INVALID_INPUT.
func fields(t *testing.T, err error) (names []string) {
	t.Helper()
	refusals, ok := refusal.From(err)
	require.True(t, ok, "%v", err)
	for _, r := range refusals {
		require.Equal(t, refusal.InvalidInput, r.Code)
		require.Equal(t, "input", r.Field[0])
		names = append(names, r.Field[1])
	}
	return names
}

func TestCreateTakesAContentTypeOrTheEndings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		name  string
		given *string
		want  string
	}{
		{"a.csv", nil, "text/csv"},
		{"a.CSV", pointer("  "), "text/csv"},
		{"a.tsv", nil, "text/tab-separated-values"},
		{"a", nil, "application/octet-stream"},
		{"a.html", nil, "application/octet-stream"},
		{"a.csv", pointer("Application/VND.ms-excel"), "application/vnd.ms-excel"},
		{"a.csv", pointer("text/csv;charset=UTF-8"), "text/csv; charset=UTF-8"},
	} {
		issued, err := h.Create(asAda(t), upload.CreateInput{FileName: c.name, Size: 1, ContentType: c.given})
		require.NoError(t, err)
		require.Equal(t, c.want, issued.Headers[0].Value)
	}
}

func TestCommandsWantACollectorWithAGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		ctx  context.Context
		code refusal.Code
	}{
		{t.Context(), refusal.Forbidden},
		{viewer.NewContext(t.Context(), viewer.Viewer{
			UserID: ada, OrganizationID: org, GroupID: group, Role: viewer.RoleViewer,
		}), refusal.Forbidden},
		{as(t, ada, org, ""), refusal.GroupRequired},
	} {
		_, createErr := h.Create(c.ctx, upload.CreateInput{FileName: "a.csv", Size: 1})
		_, storeErr := h.Store(c.ctx, upload.StoreInput{FileName: "a.csv", GCSPath: "gs://local/a"})
		for _, err := range []error{createErr, storeErr} {
			refusals, ok := refusal.From(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.code, refusals[0].Code)
		}
	}
	require.Zero(t, h.count(t))
	require.Empty(t, h.jobs.checks)
}

func TestStoreRecordsWhoAndWhichGroupFromTheViewer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	changes := h.bus.Subscribe(org, event.UploadHistory)
	stored, err := h.Store(as(t, bob, org, nextGroup), upload.StoreInput{
		FileName: "  ölçüm.csv ", GCSPath: " gs://elsewhere/anything at all ", ErrorReason: pointer(" \n "),
	})
	require.NoError(t, err)
	require.Equal(t, org, stored.OrganizationID)
	require.Equal(t, nextGroup, stored.GroupID)
	require.Equal(t, bob, stored.UserID)
	require.Equal(t, "ölçüm.csv", stored.FileName)
	require.Equal(t, "gs://elsewhere/anything at all", stored.GcsPath)
	require.Equal(t, definition.UploadNotyet, stored.Status)
	require.Nil(t, stored.ErrorReason)
	require.Nil(t, stored.ValidatedAt)
	require.Nil(t, stored.ExpectedSize)
	require.Equal(t, "Name user-bob", stored.Edges.User.Name)
	require.Equal(t, "Group grp-next", stored.Edges.Group.Name)
	require.Equal(t, []string{fmt.Sprint(org, " ", stored.ID)}, h.jobs.checks)
	require.Equal(t, []event.Change{{
		Kind: event.UploadHistory, OrganizationID: org, ID: prefixid.FromNumber(prefixid.UploadHistory, stored.ID),
	}}, changes.Take())
}

func TestStoreRefusesAllThatIsWrongAtOnceAndWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		in     upload.StoreInput
		fields []string
	}{
		{upload.StoreInput{}, []string{"fileName", "gcsPath"}},
		{upload.StoreInput{FileName: strings.Repeat("ş", 256), GCSPath: strings.Repeat("ş", 2049), ErrorReason: pointer(
			strings.Repeat("ş", 256))}, []string{"fileName", "gcsPath", "errorReason"}},
		{
			upload.StoreInput{FileName: "a\nb", GCSPath: "a\x7f", ErrorReason: pointer("a\x00")},
			[]string{"fileName", "gcsPath", "errorReason"},
		},
		{upload.StoreInput{FileName: "a\xff", GCSPath: "a\u0085b"}, []string{"fileName", "gcsPath"}},
	} {
		_, err := h.Store(asAda(t), c.in)
		require.Equal(t, c.fields, fields(t, err))
	}
	require.Zero(t, h.count(t))
}

func TestStoreTakesTheLongestTextsInCodePoints(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := upload.StoreInput{
		FileName: strings.Repeat("🚀", 255), GCSPath: strings.Repeat("ş", 2048),
		ErrorReason: pointer(strings.Repeat("🚀", 255)),
	}
	stored, err := h.Store(asAda(t), in)
	require.NoError(t, err)
	got := upload.StoreInput{FileName: stored.FileName, GCSPath: stored.GcsPath, ErrorReason: stored.ErrorReason}
	require.Equal(t, in, got)
	in.ErrorReason = nil
	stored, err = h.Store(asAda(t), in)
	require.NoError(t, err)
	require.Equal(t, in.GCSPath, stored.GcsPath)
}

func TestTheSamePathAgainAnswersWithThatRecord(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"own": "gs://local/org-one/grp-one/x", "foreign": "gs://other/x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			failed := upload.StoreInput{FileName: "data.csv", GCSPath: path, ErrorReason: pointer("lost connection")}
			for range 2 { // attempts stand in nobody's way
				_, err := h.Store(asAda(t), failed)
				require.NoError(t, err)
			}
			first := h.store(t, asAda(t), path)
			require.Equal(t, 3, h.count(t))
			again, err := h.Store(as(t, bob, org, group), upload.StoreInput{FileName: "another name.csv", GCSPath: path})
			require.NoError(t, err)
			require.Equal(t, first.ID, again.ID)
			require.Equal(t, "data.csv", again.FileName)
			require.Equal(t, ada, again.UserID)
			require.Equal(t, 3, h.count(t))
			require.Len(t, h.jobs.checks, 3)
			_, err = h.Store(asAda(t), failed)
			require.NoError(t, err)
			require.Equal(t, 4, h.count(t))
		})
	}
}

func TestTwoAtOnceMakeOneRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := make([]int64, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			stored, err := h.Store(asAda(t), upload.StoreInput{FileName: "data.csv", GCSPath: "gs://local/org-one/grp-one/x"})
			if err == nil {
				ids[i] = stored.ID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.NotZero(t, id)
		require.Equal(t, ids[0], id)
	}
	require.Equal(t, 1, h.count(t))
	require.Len(t, h.jobs.checks, 1)
}

func TestAnotherGroupsRecordIsNeitherShownNorInTheWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "gs://local/org-one/grp-one/secret"
	h.write(t, "org-one/grp-one/secret", "a\n1\n")

	squatter := h.store(t, as(t, bob, org, nextGroup), path)
	stranger := h.store(t, as(t, eve, otherOrg, otherGroup), path)
	mine := h.store(t, asAda(t), path)
	theirs := h.store(t, as(t, bob, org, nextGroup), path)

	require.Equal(t, squatter.ID, theirs.ID)
	require.Equal(t, ada, mine.UserID)
	require.Equal(t, eve, stranger.UserID)
	require.Equal(t, 3, h.count(t))

	require.Equal(t, definition.UploadSuccess, h.check(t, mine).Status)
	absent := h.check(t, h.store(t, as(t, bob, org, nextGroup), "gs://local/org-one/grp-next/absent"))
	for _, one := range []*ent.ReviewUploadHistory{squatter, stranger} {
		checked := h.check(t, one)
		require.Equal(t, definition.UploadFailure, checked.Status)
		require.Equal(t, absent.ErrorReason, checked.ErrorReason, "absent and foreign look the same")
		require.Nil(t, checked.FileSize)
		require.Nil(t, checked.Sha256)
	}
}

func TestAnAnnouncementIsItsGroupsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	issued, err := h.Create(asAda(t), upload.CreateInput{FileName: "a.csv", Size: 77})
	require.NoError(t, err)
	require.Nil(t, h.store(t, as(t, bob, org, nextGroup), issued.GCSPath).ExpectedSize)
	require.Equal(t, int64(77), *h.store(t, asAda(t), issued.GCSPath).ExpectedSize)
}

func TestNoRecordWithoutItsJob(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.jobs.err = errors.New("queue is full")
	changes := h.bus.Subscribe(org, event.UploadHistory)
	_, err := h.Store(asAda(t), upload.StoreInput{FileName: "a.csv", GCSPath: "gs://local/x"})
	require.ErrorIs(t, err, h.jobs.err)
	require.Zero(t, h.count(t))
	require.Empty(t, changes.Take())
}

func TestANumberThatIsTakenIsDrawnAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.store(t, asAda(t), "gs://local/first")
	draws := 0
	h.db.Client().ReviewUploadHistory.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if draws++; draws == 1 {
				m.(*ent.ReviewUploadHistoryMutation).SetID(first.ID)
			}
			return next.Mutate(ctx, m)
		})
	})
	second := h.store(t, asAda(t), "gs://local/second")
	require.Equal(t, 2, draws)
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, 2, h.count(t))
	require.Len(t, h.jobs.checks, 2)
}
