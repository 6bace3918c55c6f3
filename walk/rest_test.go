package walk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const older = "/api/v1/general/upload-file/gcs"

// history is an upload history as both APIs tell of it.
type history struct {
	ID                      int64
	FileName, Path          string
	Status                  int
	ErrorReason             *string
	CreatedAt, UpdatedAt    string
	ValidatedAt             *string
	UserID, UserName, Email string
	GroupID, GroupName      string
}

// rest asks the older API.
func (s *server) rest(t *testing.T, token, method, path string, body any) (status int, answer []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+older+path, bytes.NewReader(text))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	answer, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, answer
}

// restHistory reads a history of the older API.
func restHistory(t *testing.T, answer []byte) history {
	t.Helper()
	var h struct {
		ID          int64
		UserID      string `json:"user_id"`
		GroupID     string `json:"group_id"`
		FileName    string `json:"file_name"`
		GCSPath     string `json:"gcs_path"`
		Status      int
		ErrorReason *string `json:"error_reason"`
		ValidatedAt *string `json:"validated_at"`
		CreatedAt   string  `json:"created_at"`
		UpdatedAt   string  `json:"updated_at"`
		User        struct{ ID, Name, Email string }
		Group       struct{ ID, Name string }
	}
	require.NoError(t, json.Unmarshal(answer, &h), string(answer))
	require.Equal(t, h.UserID, h.User.ID)
	require.Equal(t, h.GroupID, h.Group.ID)
	return history{
		ID: h.ID, FileName: h.FileName, Path: h.GCSPath, Status: h.Status, ErrorReason: h.ErrorReason,
		CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt, ValidatedAt: h.ValidatedAt,
		UserID: h.UserID, UserName: h.User.Name, Email: h.User.Email, GroupID: h.GroupID, GroupName: h.Group.Name,
	}
}

const historyFields = `databaseId fileName gcsPath status errorReason validatedAt createdAt updatedAt
	user { id name email } group { id name }`

// graphHistory is a history of GraphQL.
type graphHistory struct {
	DatabaseID           int64
	FileName, GCSPath    string
	Status               string
	ErrorReason          *string
	ValidatedAt          *string
	CreatedAt, UpdatedAt string
	User                 struct{ ID, Name, Email string }
	Group                struct{ ID, Name string }
}

func (h *graphHistory) plain() history {
	states := map[string]int{"NOTYET": 0, "PROCESSING": 1, "SUCCESS": 2, "FAILURE": 3}
	return history{
		ID: h.DatabaseID, FileName: h.FileName, Path: h.GCSPath, Status: states[h.Status], ErrorReason: h.ErrorReason,
		CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt, ValidatedAt: h.ValidatedAt,
		UserID: h.User.ID, UserName: h.User.Name, Email: h.User.Email, GroupID: h.Group.ID, GroupName: h.Group.Name,
	}
}

type payload struct {
	UploadHistory *graphHistory
	UserErrors    []struct {
		Code, Message string
		Field         []string
	}
}

func (s *server) graphStore(t *testing.T, token, name, path string, reason *string) payload {
	t.Helper()
	var data struct{ StoreUploadHistory payload }
	given := ""
	if reason != nil {
		given = ", errorReason: " + quoted(t, *reason)
	}
	s.ask(t, token, fmt.Sprintf(`mutation { storeUploadHistory(input: {fileName: %s, gcsPath: %s%s}) {
		uploadHistory { %s } userErrors { code field message } } }`, quoted(t, name), quoted(t, path), given, historyFields), &data)
	return data.StoreUploadHistory
}

// quoted is a text as GraphQL has it, which is as JSON has it.
func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	require.NoError(t, err)
	return string(out)
}

func (s *server) restStore(t *testing.T, token, name, path string, reason *string) (int, []byte) {
	t.Helper()
	return s.rest(t, token, http.MethodPost, "/upload-history",
		map[string]any{"file_name": name, "gcs_path": path, "error_reason": reason})
}

// checked waits for the end of a history's check, and shows it as both APIs do.
func (s *server) checked(t *testing.T, token string, id int64) history {
	t.Helper()
	global := fmt.Sprintf("upl-%d", id)
	s.post(t, token, "text/event-stream",
		fmt.Sprintf("subscription { uploadHistoryStatusChanged(uploadHistoryId: %q) { status } }", global))
	var data struct{ UploadHistory graphHistory }
	s.ask(t, token, fmt.Sprintf("{ uploadHistory(id: %q) { %s } }", global, historyFields), &data)
	status, answer := s.rest(t, token, http.MethodGet, "/histories/"+strconv.FormatInt(id, 10), nil)
	require.Equal(t, http.StatusOK, status)
	shown := restHistory(t, answer)
	require.Equal(t, data.UploadHistory.plain(), shown)
	require.GreaterOrEqual(t, shown.Status, 2)
	return shown
}

// TestBothAPIsAreOne stores through each of the two APIs and reads through both: what is stored, what is refused, what is
// listed and what is wrong with a file is the same.
func TestBothAPIsAreOne(t *testing.T) {
	t.Parallel()
	each(t, testBothAPIs)
}

func testBothAPIs(t *testing.T, s *server) {
	t.Helper()
	token := strings.TrimSpace(s.run(t, s.binary, "token"))
	lost := "The connection was lost.\nTwice."
	for i, reason := range []*string{nil, &lost, new(" ")} {
		name, path := " Ölçüm 🚀.csv ", fmt.Sprintf("gs://local/nowhere/%d", i)
		byGraph := s.graphStore(t, token, name, path+"/graph", reason)
		require.Empty(t, byGraph.UserErrors)
		status, answer := s.restStore(t, token, name, path+"/rest", reason)
		require.Equal(t, http.StatusOK, status)
		one, two := s.checked(t, token, byGraph.UploadHistory.DatabaseID), s.checked(t, token, restHistory(t, answer).ID)
		requireAlike(t, one, two)

		// Again, through the other one: the same record, or one more where it tells of an attempt.
		status, answer = s.restStore(t, token, "another", path+"/graph", reason)
		require.Equal(t, http.StatusOK, status)
		again := s.graphStore(t, token, "another", path+"/rest", reason)
		if i == 1 {
			require.NotEqual(t, one.ID, restHistory(t, answer).ID)
			require.NotEqual(t, two.ID, again.UploadHistory.DatabaseID)
		} else {
			require.Equal(t, one, restHistory(t, answer))
			require.Equal(t, two, again.UploadHistory.plain())
		}
	}
	requireSameRefusals(t, s, token)
	requireSameErrors(t, s, token)
	requireSameLists(t, s, token)
}

// requireAlike compares two records of one input but for what is each one's own.
func requireAlike(t *testing.T, one, two history) {
	t.Helper()
	require.NotEqual(t, one.ID, two.ID)
	require.Equal(t, strings.TrimSuffix(one.Path, "/graph"), strings.TrimSuffix(two.Path, "/rest"))
	require.Equal(t, one.ValidatedAt == nil, two.ValidatedAt == nil)
	two.ID, two.Path = one.ID, one.Path
	two.CreatedAt, two.UpdatedAt, two.ValidatedAt = one.CreatedAt, one.UpdatedAt, one.ValidatedAt
	require.Equal(t, one, two)
}

// requireSameRefusals sends what cannot be stored to both.
func requireSameRefusals(t *testing.T, s *server, token string) {
	t.Helper()
	fields := map[string]string{"fileName": "file_name", "gcsPath": "gcs_path", "errorReason": "error_reason"}
	for _, in := range []struct {
		name, path string
		reason     *string
	}{
		{"", "p", nil},
		{" \t", "\u00a0", nil},
		{strings.Repeat("ş", 256), "p", nil},
		{"a\x00b", "p", nil},
		{"a\nb", "p", nil},
		{"invoice\u202efdp.csv", "p", nil},
		{"a\u2067b", "p\u200f", nil},
		{"a", strings.Repeat("🚀", 2049), nil},
		{"a", "p\x7f", new("\x1b[0m")},
		{"", "", new(strings.Repeat("r", 256) + "\u202a")},
	} {
		wanted := map[string][]string{}
		refused := s.graphStore(t, token, in.name, in.path, in.reason)
		require.Nil(t, refused.UploadHistory)
		for _, e := range refused.UserErrors {
			require.Equal(t, "INVALID_INPUT", e.Code)
			field := fields[e.Field[len(e.Field)-1]]
			wanted[field] = append(wanted[field], e.Message)
		}
		require.NotEmpty(t, wanted, "%q", in.name)
		status, answer := s.restStore(t, token, in.name, in.path, in.reason)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		var problem struct{ Errors map[string][]string }
		require.NoError(t, json.Unmarshal(answer, &problem))
		require.Equal(t, wanted, problem.Errors)
	}
}

// requireSameErrors uploads a file with a row that cannot be read, and compares what is told of it.
func requireSameErrors(t *testing.T, s *server, token string) {
	t.Helper()
	const content = "a,b\n1,2\n3,\"4\n"
	status, answer := s.rest(t, token, http.MethodPost, "/signed-url", map[string]any{"file_name": "a.csv", "size": len(content)})
	require.Equal(t, http.StatusOK, status, string(answer))
	var signed struct {
		Method, URL string
		GCSPath     string `json:"gcs_path"`
		Headers     []struct{ Name, Value string }
	}
	require.NoError(t, json.Unmarshal(answer, &signed))
	r, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, strings.NewReader(content))
	require.NoError(t, err)
	for _, h := range signed.Headers {
		r.Header.Set(h.Name, h.Value)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	h := s.checked(t, token, s.graphStore(t, token, "a.csv", signed.GCSPath, nil).UploadHistory.DatabaseID)
	require.Equal(t, 2, h.Status)
	type rowError struct {
		Row, Line     int64
		Column, Value *string
		Code, Message string
		Params        []struct{ Name, Value string }
	}
	var graph struct {
		UploadHistory struct {
			Errors   struct{ Nodes []rowError }
			Original struct{ URL string }
		}
	}
	s.ask(t, token, fmt.Sprintf(`{ uploadHistory(id: "upl-%d") {
		errors { nodes { row line column value code message params { name value } } } original { url }
	} }`, h.ID), &graph)
	path := fmt.Sprintf("/histories/%d/", h.ID)
	_, answer = s.rest(t, token, http.MethodGet, path+"import-errors", nil)
	var rest struct{ Data []rowError }
	require.NoError(t, json.Unmarshal(answer, &rest))
	require.Len(t, rest.Data, 1)
	require.Equal(t, graph.UploadHistory.Errors.Nodes, rest.Data)

	status, answer = s.rest(t, token, http.MethodGet, path+"download-original", nil) // follows the redirect
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, content, string(answer))
	require.NotEmpty(t, graph.UploadHistory.Original.URL)
}

// requireSameLists compares filters and orders.
func requireSameLists(t *testing.T, s *server, token string) {
	t.Helper()
	for graph, rest := range map[string]string{
		``:                              ``,
		`(filter: {status: [FAILURE]})`: `?status=3`,
		`(filter: {status: [SUCCESS, FAILURE]}, orderBy: {field: STATUS, direction: DESC})`: `?status=2,3&sort=-status`,
		`(filter: {fileNameContains: "CSV"}, orderBy: {field: FILE_NAME, direction: ASC})`:  `?file_name=CSV&sort=file_name`,
		`(orderBy: {field: VALIDATED_AT, direction: ASC})`:                                  `?sort=validated_at`,
		`(filter: {createdAfter: "2020-01-01T00:00:00Z"})`:                                  `?created_from=2020-01-01`,
		`(filter: {createdBefore: "2020-01-02T00:00:00Z"})`:                                 `?created_to=2020-01-01`,
		`(filter: {userId: "user-nobody"})`:                                                 `?user_id=user-nobody`,
	} {
		var data struct {
			UploadHistories struct {
				TotalCount int
				Nodes      []graphHistory
			}
		}
		s.ask(t, token, fmt.Sprintf("{ uploadHistories%s { totalCount nodes { %s } } }", graph, historyFields), &data)
		status, answer := s.rest(t, token, http.MethodGet, "/histories/list"+rest, nil)
		require.Equal(t, http.StatusOK, status)
		var page struct {
			Total int
			Data  []json.RawMessage
		}
		require.NoError(t, json.Unmarshal(answer, &page))
		require.Equal(t, data.UploadHistories.TotalCount, page.Total, rest)
		require.Len(t, page.Data, len(data.UploadHistories.Nodes), rest)
		for i, one := range page.Data {
			require.Equal(t, data.UploadHistories.Nodes[i].plain(), restHistory(t, one), rest)
		}
	}
}
