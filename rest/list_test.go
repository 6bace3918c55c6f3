package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/rest"
	"entrepot/viewer"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// made is a history as a test wants it to be.
type made struct {
	name      string
	who       viewer.Viewer
	status    definition.UploadStatus
	at        time.Time
	validated *time.Time
	deleted   bool
}

// make stores histories past the commands, and gives their numbers.
func (s *server) make(t *testing.T, all ...made) (ids []int64) {
	t.Helper()
	for i, m := range all {
		s.as(t, viewer.Worker("test", m.who.OrganizationID), func(ctx context.Context, c *ent.Client) {
			create := c.ReviewUploadHistory.Create().
				SetID(int64(1000 + i)).SetOrganizationID(m.who.OrganizationID).SetGroupID(m.who.GroupID).SetUserID(m.who.UserID).
				SetFileName(m.name).SetGcsPath("gs://local/" + strconv.Itoa(i)).SetStatus(m.status).
				SetCreatedAt(m.at).SetUpdatedAt(m.at).SetNillableValidatedAt(m.validated)
			if m.deleted {
				create.SetDeletedAt(m.at)
			}
			ids = append(ids, create.SaveX(ctx).ID)
		})
	}
	return ids
}

// list asks for a page as somebody.
func (s *server) list(t *testing.T, v viewer.Viewer, address string) (page rest.HistoryList) {
	t.Helper()
	got := s.ask(t, &v, http.MethodGet, address, "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NoError(t, json.Unmarshal([]byte(got.body), &page))
	return page
}

func numbers(page rest.HistoryList) []int64 {
	ids := []int64{}
	for _, h := range page.Data {
		ids = append(ids, h.ID)
	}
	return ids
}

func TestAListHasTheGroupsHistoriesNewestFirst(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.make(t,
		made{name: "first.csv", who: ada, at: noon},
		made{
			name: "second.csv", who: ada, at: noon.Add(time.Hour),
			status: definition.UploadSuccess, validated: new(noon.Add(2 * time.Hour)),
		},
		made{name: "erased.csv", who: ada, at: noon, deleted: true},
		made{name: "of another group.csv", who: bob, at: noon},
		made{name: "of another organization.csv", who: eve, at: noon},
	)
	require.Equal(t, []int64{1001, 1000}, numbers(s.list(t, ada, listPath)))
	require.Equal(t, []int64{1003}, numbers(s.list(t, bob, listPath)))
	require.Equal(t, []int64{1004}, numbers(s.list(t, eve, listPath)))

	got := s.ask(t, &ada, http.MethodGet, listPath+"?per_page=1&file_name=C", "")
	require.Equal(t, http.StatusOK, got.status)
	base := public.String() + listPath
	require.JSONEq(t, `{
		"data": [{
			"id": 1001, "user_id": "user-ada", "group_id": "grp-one", "file_name": "second.csv", "gcs_path": "gs://local/1",
			"status": 2, "error_reason": null, "validated_at": "2026-11-21T14:00:00.000Z",
			"created_at": "2026-11-21T13:00:00.000Z", "updated_at": "2026-11-21T13:00:00.000Z",
			"user": {"id": "user-ada", "name": "Ada", "email": "ada@example.org"},
			"group": {"id": "grp-one", "name": "Kırıkkale"}
		}],
		"current_page": 1, "per_page": 1, "total": 2, "last_page": 2, "from": 1, "to": 1,
		"path": "`+base+`",
		"first_page_url": "`+base+`?file_name=C&page=1&per_page=1&sort=-created_at",
		"last_page_url": "`+base+`?file_name=C&page=2&per_page=1&sort=-created_at",
		"next_page_url": "`+base+`?file_name=C&page=2&per_page=1&sort=-created_at",
		"prev_page_url": null,
		"links": [
			{"url": null, "label": "&laquo; Previous", "active": false},
			{"url": "`+base+`?file_name=C&page=1&per_page=1&sort=-created_at", "label": "1", "active": true},
			{"url": "`+base+`?file_name=C&page=2&per_page=1&sort=-created_at", "label": "2", "active": false},
			{"url": "`+base+`?file_name=C&page=2&per_page=1&sort=-created_at", "label": "Next &raquo;", "active": false}
		]
	}`, got.body)
}

func TestFiltersAndOrders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	too := bob
	too.GroupID = ada.GroupID
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	s.make(t,
		made{name: "Weather 100%.csv", who: ada, at: day(0), status: definition.UploadSuccess, validated: new(day(9))},
		made{name: "weather_2.CSV", who: ada, at: day(1), status: definition.UploadFailure, validated: new(day(8))},
		made{name: "sales.xlsx", who: ada, at: day(2)},
		made{name: "also sales.xlsx", who: too, at: day(2)},
	)
	for _, c := range []struct {
		query string
		want  []int64
	}{
		{"", []int64{1003, 1002, 1001, 1000}},
		{"sort=created_at", []int64{1000, 1001, 1002, 1003}},
		{"sort=-created_at", []int64{1003, 1002, 1001, 1000}},
		{"sort=file_name", []int64{1000, 1003, 1002, 1001}}, // upper-case letters before lower-case ones
		{"sort=-file_name", []int64{1001, 1002, 1003, 1000}},
		{"sort=status", []int64{1002, 1003, 1000, 1001}},
		{"sort=-status", []int64{1001, 1000, 1003, 1002}},
		{"sort=validated_at", []int64{1001, 1000, 1002, 1003}}, // those without one last
		{"sort=-validated_at", []int64{1003, 1002, 1000, 1001}},
		{"status=0", []int64{1003, 1002}},
		{"status=2,3", []int64{1001, 1000}},
		{"status=2&status=3", []int64{1001, 1000}},
		{"status=0,2&status=2&status=3", []int64{1003, 1002, 1001, 1000}},
		{"status=", []int64{1003, 1002, 1001, 1000}},
		{"status=" + strings.Repeat("3,", 9000) + "3", []int64{1001}},
		{"status=1", []int64{}},
		{"file_name=WEATHER", []int64{1001, 1000}},
		{"file_name=%25", []int64{1000}},
		{"file_name=_", []int64{1001}},
		{"file_name=" + url.QueryEscape(`\`), []int64{}},
		{"file_name=" + url.QueryEscape(`' OR 1=1 --`), []int64{}},
		{"user_id=user-bob", []int64{1003}},
		{"user_id=user-eve", []int64{}},
		{"created_from=2026-11-22", []int64{1003, 1002, 1001}},
		{"created_from=2026-11-22T12:00:00.001Z", []int64{1003, 1002}},
		{"created_from=2026-11-22T15:00:00%2B03:00&created_to=2026-11-22T12:00:00Z", []int64{1001}},
		{"created_to=2026-11-22", []int64{1001, 1000}},
		{"created_to=2026-11-21T11:59:59.999Z", []int64{}},
		{"created_from=2026-11-22&created_to=2026-11-22", []int64{1001}},
		{"created_from=2026-11-23&created_to=2026-11-22", []int64{}},
		{"status=0,2&file_name=sales&user_id=user-ada&created_from=2026-11-23&sort=file_name", []int64{1002}},
		{"page=2&per_page=3", []int64{1000}},
		{"page=3&per_page=3", []int64{}},
		{"page=1000000000&per_page=100", []int64{}},
		{"something=else&page=", []int64{1003, 1002, 1001, 1000}},
	} {
		require.Equal(t, c.want, numbers(s.list(t, ada, listPath+"?"+c.query)), c.query)
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.make(t, made{name: "a", who: ada, at: noon})[0]
	rowErrors := fmt.Sprintf("%s/histories/%d/import-errors", root, id)
	const (
		page    = "The page must be a whole number from 1 to 1000000000."
		perPage = "The number per page must be a whole number from 1 to 100."
		status  = "The status must be 0, 1, 2 or 3, or several of them with commas between."
		sort    = "The sort must be created_at, file_name, status or validated_at, with a minus in front or without."
		moment  = " must be a day such as 2026-11-21, or a time such as 2026-11-21T12:00:00Z, of the years 1 to 9998."
	)
	for _, c := range []struct {
		query, field, message string
	}{
		{"page=0", "page", page},
		{"page=-1", "page", page},
		{"page=1.5", "page", page},
		{"page=two", "page", page},
		{"page=%00", "page", page},
		{"page=1000000001", "page", page},
		{"page=99999999999999999999999", "page", page},
		{"per_page=0", "per_page", perPage},
		{"per_page=101", "per_page", perPage},
		{"per_page=all", "per_page", perPage},
		{"page=1&page=2", "page", "This may be given once only."},
		{"status=4", "status", status},
		{"status=-1", "status", status},
		{"status=SUCCESS", "status", status},
		{"status=1,", "status", status},
		{"status=1&status=two", "status", status},
		{"status=1&status=", "status", status},
		{"sort=status&sort=status", "sort", "This may be given once only."},
		{"sort=id", "sort", sort},
		{"sort=--status", "sort", sort},
		{"sort=created_at%3BDROP", "sort", sort},
		{"user_id=" + strings.Repeat("u", 65), "user_id", "The user id may not be longer than 64 characters; it has 65."},
		{"user_id=%00", "user_id", "The user id may not contain control characters."},
		{"file_name=" + strings.Repeat("f", 256), "file_name", "The file name may not be longer than 255 characters; it has 256."},
		{"file_name=a%00b", "file_name", "The file name may not contain control characters."},
		{"file_name=%FF", "file_name", "The file name may not contain control characters."},
		{"file_name=%E2%80%AE", "file_name", "The file name may not contain control characters."},
		{"created_from=yesterday", "created_from", "created_from" + moment},
		{"created_from=2026-02-30", "created_from", "created_from" + moment},
		{"created_from=0000-01-01", "created_from", "created_from" + moment},
		{"created_from=2026-11-21T12:00:00", "created_from", "created_from" + moment},
		{"created_to=9999-12-31", "created_to", "created_to" + moment},
		{"created_to=1795262400", "created_to", "created_to" + moment},
		{"page=%zz", "query", "The query cannot be read: write special characters as percent and two hexadecimal digits."},
		{"page=1;status=2", "query", "The query cannot be read: write special characters as percent and two hexadecimal digits."},
	} {
		for _, path := range []string{listPath, rowErrors} {
			if path == rowErrors && !strings.Contains(c.query, "page") {
				continue
			}
			got := s.ask(t, &ada, http.MethodGet, path+"?"+c.query, "")
			require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", c.query, got.body)
			require.Equal(t, map[string]any{
				"message": "The given data was invalid.", "errors": map[string]any{c.field: []any{c.message}},
			}, got.decode(t), c.query)
		}
	}
	both := s.ask(t, &ada, http.MethodGet, listPath+"?page=0&status=9&created_to=x", "")
	require.Len(t, both.decode(t)["errors"], 3, "everything at once")
	require.Empty(t, s.logs.lines(t))
}

// TestPagesMakeTheWholeList goes through lists of any length in pages of any size by their links, forwards and back:
// every entry comes once, in order, and each page tells where it stands.
func TestPagesMakeTheWholeList(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var all []made
	for i := range 64 {
		all = append(all, made{name: fmt.Sprintf("%d.csv", i%7), who: ada, at: noon.Add(time.Duration(i%5) * time.Minute)})
	}
	s.make(t, all...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		size := 1 + random.IntN(70)
		query := url.Values{
			"per_page": {strconv.Itoa(size)},
			"sort":     {[]string{"created_at", "-created_at", "file_name", "-file_name"}[random.IntN(4)]},
		}
		if random.IntN(2) == 0 {
			query.Set("file_name", strconv.Itoa(random.IntN(9))+".")
		}
		var pages []rest.HistoryList
		for next := new(public.String() + listPath + "?" + query.Encode()); next != nil; next = pages[len(pages)-1].NextPageURL {
			pages = append(pages, s.list(t, ada, *next))
		}
		var seen []int64
		total := pages[0].Total
		for i, page := range pages {
			seen = append(seen, numbers(page)...)
			requirePlace(t, page, i+1, len(pages), size, total)
			if i > 0 {
				require.Equal(t, pages[i-1], s.list(t, ada, *page.PrevPageURL))
			}
		}
		require.Len(t, seen, total)
		whole := query
		whole.Set("per_page", "100")
		require.Equal(t, numbers(s.list(t, ada, listPath+"?"+whole.Encode())), append([]int64{}, seen...))
	}
}

func requirePlace(t *testing.T, page rest.HistoryList, number, last, size, total int) {
	t.Helper()
	require.Equal(t, []int{number, last, size, total}, []int{page.CurrentPage, page.LastPage, page.PerPage, page.Total})
	require.Equal(t, max(1, (total+size-1)/size), page.LastPage)
	if total == 0 {
		require.Nil(t, page.From)
		require.Nil(t, page.To)
	} else {
		require.Equal(t, (number-1)*size+1, *page.From)
		require.Equal(t, min(number*size, total), *page.To)
		require.Len(t, page.Data, *page.To-*page.From+1)
	}
	require.Equal(t, number == 1, page.PrevPageURL == nil)
	require.Equal(t, number == last, page.NextPageURL == nil)
	require.Equal(t, page.PrevPageURL, page.Links[0].URL)
	require.Equal(t, page.NextPageURL, page.Links[len(page.Links)-1].URL)
	var shown []int
	for _, link := range page.Links[1 : len(page.Links)-1] {
		if link.URL == nil {
			require.Equal(t, "...", link.Label)
			continue
		}
		n, err := strconv.Atoi(link.Label)
		require.NoError(t, err)
		require.Equal(t, n == number, link.Active)
		require.Contains(t, *link.URL, "page="+link.Label)
		shown = append(shown, n)
	}
	require.True(t, slices.IsSorted(shown))
	require.Len(t, slices.Compact(slices.Clone(shown)), len(shown), "no page twice")
	for _, n := range []int{1, number, last, max(1, number-1), min(last, number+1)} {
		require.Contains(t, shown, n)
	}
	require.LessOrEqual(t, len(shown), 11)
}
