package graph_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// bad is an input that a mutation does not take: the text of the variable “in”, as it is sent, and the code of the answer.
// What a person can put right comes as userErrors, what a program has wrong as errors; their codes differ, so that the
// code tells which.
type bad struct{ name, input, code string }

const (
	invalid      = "INVALID_INPUT"             // userErrors: what a person has typed
	notFound     = "NOT_FOUND"                 // userErrors
	badInput     = "BAD_USER_INPUT"            // errors: no value of that type
	badVariables = "GRAPHQL_VALIDATION_FAILED" // errors: no value of that input
)

// inputs are wrong as a whole.
func inputs(good string) []bad {
	return []bad{
		{"null", `null`, badVariables},
		{"text", `"x"`, badVariables},
		{"number", `7`, badVariables},
		{"truth", `true`, badVariables},
		{"a list of two", `[` + good + `,` + good + `]`, badVariables},
		{"a list of none", `[]`, badVariables},
		{"nothing", `{}`, badVariables},
		{"extra", strings.Replace(good, "{", `{"organizationId": "org-1",`, 1), badVariables},
		{"extra, from a prototype", strings.Replace(good, "{", `{"__proto__": {"admin": true},`, 1), badVariables},
		{"another case", strings.Replace(good, `"`, `"X`, 1), badVariables},
	}
}

// texts are wrong values of a field of one line of at most so many characters, and good gives the input with one in it.
func texts(field string, most int, required bool, good func(value string) string) (all []bad) {
	add := func(name, value, code string) { all = append(all, bad{field + " " + name, good(value), code}) }
	add("number", `7`, badInput)
	add("fraction", `1.5`, badInput)
	add("truth", `false`, badVariables)
	add("list", `["a.csv", "b.csv"]`, badVariables)
	add("object", `{"a": "b"}`, badVariables)
	if required {
		add("null", `null`, badVariables)
		add("empty", `""`, invalid)
		add("blank", `" \t\u3000\u00a0\r\n"`, invalid)
	}
	quoted := func(text string) string {
		b, _ := json.Marshal(text)
		return string(b)
	}
	add("a character too long", quoted(strings.Repeat("ş", most+1)), invalid)
	add("an emoji too long", quoted(strings.Repeat("🚀", most+1)), invalid)
	add("huge", quoted(strings.Repeat("x", 700_000)), invalid)
	for name, r := range map[string]string{
		"NUL": "\x00", "bell": "\x07", "escape": "\x1b", "delete": "\x7f", "next line": "\u0085", "C1": "\u009b",
		"right-to-left override": "\u202e", "left-to-right isolate": "\u2066", "right-to-left mark": "\u200f",
		"arabic letter mark": "\u061c", "pop directional": "\u202c",
	} {
		add(name, quoted("a"+r+"b.csv"), invalid)
	}
	return all
}

// longTexts are those of a field that may have several lines, which takes these characters.
func longTexts(field string, most int, good func(value string) string) (all []bad) {
	for _, one := range texts(field, most, false, good) {
		if !strings.HasSuffix(one.name, "line") || strings.HasSuffix(one.name, "next line") {
			all = append(all, one)
		}
	}
	return all
}

// globalIDs are values of id that name nothing of the viewer's.
func (w *world) globalIDs(own, others, foreign string, good func(value string) string) (all []bad) {
	add := func(name, value, code string) { all = append(all, bad{"id " + name, good(value), code}) }
	add("null", `null`, badVariables)
	add("truth", `true`, badVariables)
	add("fraction", `1.5`, badInput)
	add("list", `["`+own+`", "`+own+`"]`, badVariables)
	add("object", `{"id": "`+own+`"}`, badVariables)
	number := strings.TrimPrefix(own, "upl-")
	for name, id := range map[string]string{
		"empty": "", "blank": "  ", "another group's": others, "another organization's": foreign, "nobody's": "upl-1",
		"number alone": number, "of an import": "imp-" + number, "in capitals": "UPL-" + number, "zero": "upl-0",
		"negative": "upl--5", "signed": "upl-+" + number, "leading zero": "upl-0" + number, "fraction": "upl-" + number + ".0",
		"exponent": "upl-1e3", "hexadecimal": "upl-0x10", "too large": "upl-9223372036854775808", "of 54 bits": "upl-9007199254740992",
		"endless": "upl-" + strings.Repeat("9", 1000), "of other digits": "upl-１２３", "with more": own + "x", "with a space": "upl- " + number,
		"with NUL": own + `\u0000`, "with an override": `\u202e` + own, "with a line": "upl-\\n" + number, "SQL": "upl-1 OR 1=1",
		"quoted": "upl-'" + number + "'", "a path": "upl-../../" + number, "percent": "upl-%25", "prefix alone": "upl-", "dash": "-",
		"several": own + "," + own, "huge": strings.Repeat("u", 500_000),
	} {
		add(name, `"`+id+`"`, notFound)
	}
	add("an Int", `7`, notFound)
	return all
}

// state is all that a mutation of an upload may change, as text.
func (w *world) state() string {
	w.t.Helper()
	jobs := "river_job"
	if w.owners != "" {
		jobs = "river.river_job"
	}
	var text strings.Builder
	for _, query := range []string{
		"SELECT id || ' ' || status || ' ' || revision || ' ' || coalesce(deleted_at || '', '') FROM review_upload_histories ORDER BY id",
		"SELECT count(*) || '' FROM issued_uploads", "SELECT count(*) || '' FROM " + jobs, "SELECT count(*) || '' FROM import_row_errors",
	} {
		func() {
			rows, err := testdb.Raw(w.t, w.db).QueryContext(w.t.Context(), query)
			require.NoError(w.t, err)
			defer rows.Close()
			for rows.Next() {
				var line string
				require.NoError(w.t, rows.Scan(&line))
				fmt.Fprintln(&text, line)
			}
			require.NoError(w.t, rows.Err())
		}()
	}
	return text.String()
}

// post sends a body as it is.
func (w *world) post(ctx context.Context, v viewer.Viewer, body []byte, headers ...string) (status int, text string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	if v != (viewer.Viewer{}) {
		r.Header.Set("Test-Viewer", encode(v))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response.StatusCode, string(content)
}

// request is the body that sends an input to a mutation.
func request(mutation, inputType, input string) []byte {
	entity := "uploadHistory { id }"
	if mutation == "createUpload" {
		entity = "url gcsPath"
	}
	document := `mutation ($in: ` + inputType + `!) { m: ` + mutation + `(input: $in) { ` + entity + ` userErrors { code field message } } }`
	query, _ := json.Marshal(document)
	return []byte(`{"query": ` + string(query) + `, "variables": {"in": ` + input + `}}`)
}

// requireRefused sends every input, of which each is answered with its code and leaves everything as it was.
func (w *world) requireRefused(mutation, inputType string, all []bad) {
	w.t.Helper()
	require.GreaterOrEqual(w.t, len(all), 40, mutation)
	before := w.state()
	for _, one := range all {
		status, text := w.post(w.t.Context(), w.collector, request(mutation, inputType, one.input))
		var a answer
		require.NoError(w.t, json.Unmarshal([]byte(text), &a), "%s: %s", one.name, text)
		require.Less(w.t, status, 500, one.name)
		require.NotContains(w.t, text, "INTERNAL", one.name)
		for _, leak := range []string{"sql", "pq:", "entrepot/", "SQLSTATE", "model.", "panic"} {
			require.NotContains(w.t, text, leak, one.name)
		}
		if len(a.Errors) > 0 {
			require.Equal(w.t, one.code, a.code(), "%s: %s", one.name, text)
			require.Nil(w.t, a.at("m"), one.name)
		} else {
			require.Equal(w.t, one.code, a.at("m", "userErrors", 0, "code"), "%s: %s", one.name, text)
			require.NotEmpty(w.t, a.at("m", "userErrors", 0, "message"), one.name)
			require.Nil(w.t, a.at("m", "uploadHistory"), one.name)
			require.Nil(w.t, a.at("m", "url"), one.name)
		}
		require.Less(w.t, len(text), 4000, "%s: a wrong value is not echoed", one.name)
	}
	require.Equal(w.t, before, w.state())
	require.Empty(w.t, w.log.String(), "what a client has wrong is not logged")
}

func TestWhatCreateUploadRefuses(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		const good = `{"fileName": "a.csv", "size": 4}`
		with := func(field string) func(value string) string {
			return func(value string) string {
				return `{"fileName": "a.csv", "size": 4, "` + field + `": ` + value + `}` // the last of two of a name counts
			}
		}
		all := append(inputs(good), texts("fileName", 255, true, with("fileName"))...)
		all = append(all,
			bad{"no name", `{"size": 4}`, badVariables}, bad{"no size", `{"fileName": "a.csv"}`, badVariables},
		)
		size := with("size")
		for value, code := range map[string]string{
			`null`: badVariables, `"4"`: badInput, `""`: badInput, `true`: badInput, `[4, 4]`: badInput, `{}`: badInput,
			`4.5`: badInput, `4.0`: badInput, `1e3`: badInput, `9007199254740992`: badInput, `99999999999999999999`: badInput, `1e400`: badInput,
			`0`: invalid, `-0`: invalid, `-1`: invalid, `-9007199254740991`: invalid, `2147483649`: invalid, `9007199254740991`: invalid,
		} {
			all = append(all, bad{"size " + value, size(value), code})
		}
		kind := with("contentType")
		for value, code := range map[string]string{
			`7`: badInput, `["text/csv", "text/csv"]`: badVariables, `"text/html"`: invalid, `"image/svg+xml"`: invalid, `"application/javascript"`: invalid,
			`"*/*"`: invalid, `"text/*"`: invalid, `"csv"`: invalid, `"text/csv;;"`: invalid, `"text/csv; q=1"`: invalid, `"text/csv\r\nX-Evil: 1"`: invalid,
			`"text/csv, text/html"`: invalid, `"text/csv\u0000"`: invalid, `"` + strings.Repeat("x", 101) + `/csv"`: invalid, `"multipart/form-data; boundary=x"`: invalid,
		} {
			all = append(all, bad{"contentType " + value[:min(len(value), 30)], kind(value), code})
		}
		sum := with("sha256")
		for value, code := range map[string]string{
			`7`: badInput, `"abc"`: invalid, `"` + strings.Repeat("0", 63) + `"`: invalid, `"` + strings.Repeat("0", 65) + `"`: invalid,
			`"` + strings.Repeat("g", 64) + `"`: invalid, `"` + strings.Repeat("0", 62) + ` 0"`: invalid, `"0x` + strings.Repeat("0", 62) + `"`: invalid,
			`"` + strings.Repeat("ｆ", 64) + `"`: invalid, `"MD5:` + strings.Repeat("0", 60) + `"`: invalid,
		} {
			all = append(all, bad{"sha256 " + value[:min(len(value), 30)], sum(value), code})
		}
		resumable := with("resumable")
		for _, value := range []string{`"yes"`, `1`, `{}`} {
			all = append(all, bad{"resumable " + value, resumable(value), badVariables})
		}
		w.requireRefused("createUpload", "CreateUploadInput", all)
	})
}

func TestWhatStoreUploadHistoryRefuses(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		with := func(field string) func(value string) string {
			return func(value string) string {
				return `{"fileName": "a.csv", "gcsPath": "gs://local/a", "` + field + `": ` + value + `}`
			}
		}
		all := append(inputs(`{"fileName": "a.csv", "gcsPath": "gs://local/a"}`), texts("fileName", 255, true, with("fileName"))...)
		all = append(all, texts("gcsPath", 2048, true, with("gcsPath"))...)
		all = append(all, longTexts("errorReason", 255, with("errorReason"))...)
		all = append(all,
			bad{"no name", `{"gcsPath": "gs://local/a"}`, badVariables}, bad{"no path", `{"fileName": "a.csv"}`, badVariables},
			bad{"somebody else", `{"fileName": "a.csv", "gcsPath": "gs://local/a", "userId": "user-1"}`, badVariables},
			bad{"another group", `{"fileName": "a.csv", "gcsPath": "gs://local/a", "groupId": "grp-1"}`, badVariables},
			bad{"a status", `{"fileName": "a.csv", "gcsPath": "gs://local/a", "status": "SUCCESS"}`, badVariables},
			bad{"a line in the path", with("gcsPath")(`"gs://local/a\nb"`), invalid},
			bad{"a tab in the path", with("gcsPath")(`"gs://local/a\tb"`), invalid},
			bad{"a line in the name", with("fileName")(`"a\r\nb"`), invalid},
		)
		w.requireRefused("storeUploadHistory", "StoreUploadHistoryInput", all)
	})
}

// three are a history of the collector's, one of another group and one of another organization.
func (w *world) three() (own, others, foreign string) {
	return w.upload(w.collector, "meter.csv", meter), w.upload(w.otherGroup, "theirs.csv", meter), w.upload(w.foreigner, "foreign.csv", meter)
}

func TestWhatRevalidateUploadHistoryRefuses(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		own, others, foreign := w.three()
		all := append(inputs(`{"id": "`+own+`"}`), w.globalIDs(own, others, foreign, func(value string) string {
			return `{"id": ` + value + `}`
		})...)
		for value, code := range map[string]string{
			`"csv"`: badVariables, `7`: badVariables, `[{}, {}]`: badVariables, `{"kinds": "CSV"}`: badVariables, `{"kind": "csv"}`: badInput,
			`{"kind": "PDF"}`: badVariables, `{"headerRow": "2"}`: badInput, `{"headerRow": 2.5}`: badVariables, `{"headerRow": 99999999999}`: badInput,
			`{"dateFormats": [null]}`: badVariables, `{"dateFormats": {"a": "b"}}`: badVariables,
			`{"headerRow": -1}`: invalid, `{"delimiter": "ab"}`: invalid, `{"delimiter": "\u0000"}`: invalid, `{"delimiter": "ş"}`: invalid,
			`{"quote": ",", "delimiter": ","}`: invalid, `{"encoding": "klingon"}`: invalid, `{"timeZone": "Mars/Base"}`: invalid, `{"timeZone": "Local"}`: invalid,
			`{"locale": "not a locale"}`: invalid, `{"dateFormats": ["nonsense"]}`: invalid, `{"sheet": "` + strings.Repeat("x", 300) + `"}`: invalid,
			`{"decimalSeparator": "x"}`: invalid, `{"decimalSeparator": ".", "thousandsSeparator": "."}`: invalid,
		} {
			all = append(all, bad{"format " + value[:min(len(value), 40)], `{"id": "` + own + `", "format": ` + value + `}`, code})
		}
		failed := w.must(w.collector, `mutation { storeUploadHistory(input: {fileName: "a", gcsPath: "a", errorReason: "lost"}) { uploadHistory { id } } }`, nil).
			at("storeUploadHistory", "uploadHistory", "id").(string)
		erased := w.upload(w.collector, "erased.csv", meter)
		w.delete(w.collector, erased)
		all = append(all,
			bad{"failed in the client", `{"id": "` + failed + `"}`, "UPLOAD_FAILED"},
			bad{"erased", `{"id": "` + erased + `"}`, "INVALID_TRANSITION"},
			bad{"erased, by a format", `{"id": "` + erased + `", "format": {"headerRow": 2}}`, "INVALID_TRANSITION"},
		)
		w.requireRefused("revalidateUploadHistory", "RevalidateUploadHistoryInput", all)
	})
}

func TestWhatDeleteUploadHistoryRefuses(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		own, others, foreign := w.three()
		energy := w.define(w.manager, "Energy")
		w.start(w.collector, object{"uploadHistoryId": own, "importDefinitionId": energy})
		all := append(inputs(`{"id": "`+own+`"}`), w.globalIDs(own, others, foreign, func(value string) string {
			return `{"id": ` + value + `}`
		})...)
		all = append(all,
			bad{"in use", `{"id": "` + own + `"}`, "IN_USE"},
			bad{"forced", `{"id": "` + own + `", "force": true}`, badVariables},
		)
		w.requireRefused("deleteUploadHistory", "DeleteUploadHistoryInput", all)
	})
}

// Any path is stored; what does not lie in the group's folder, and what is not what was announced, fails its check.
func TestWhatIsStoredAndThenFailsItsCheck(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		org, group := w.collector.OrganizationID, w.collector.GroupID
		other := w.upload(w.otherGroup, "theirs.csv", meter)
		theirs := w.must(w.otherGroup, `query ($id: ID!) { uploadHistory(id: $id) { gcsPath } }`, object{"id": other}).at("uploadHistory", "gcsPath").(string)
		const missing = "There is no file at this path in the group's folder; ask for an upload URL, send the file to it, and store the path that came with it."
		for name, path := range map[string]string{
			"absent": "gs://local/" + org + "/" + group + "/absent", "another group's": theirs,
			"another group's, by a way around": strings.Replace(theirs, w.otherGroup.GroupID, group+"/../"+w.otherGroup.GroupID, 1),
			"another bucket":                   "gs://other/" + org + "/" + group + "/x", "another organization": "gs://local/org-x/" + group + "/x",
			"no bucket": "x", "a file": "file:///etc/passwd", "a path": "../../../../etc/passwd", "an address": "https://example.org/a.csv",
			"metadata": "http://169.254.169.254/computeMetadata/v1/", "the folder": "gs://local/" + org + "/" + group + "/", "escaped": "gs://local/" + org + "/" + group + "/%2e%2e/x",
			"backslashes": `gs://local/` + org + `/` + group + `/..\x`, "twice": "gs://local//" + org + "/" + group + "/x", "capitals": "GS://LOCAL/" + org + "/" + group + "/x",
			"a drive": `C:\data\a.csv`, "a query": "gs://local/" + org + "/" + group + "/x?generation=1", "longest": strings.Repeat("ş", 2048),
		} {
			id := w.store(w.collector, "a.csv", path)
			require.Equal(t, "FAILURE", w.settled(w.collector, id), name)
			a := w.must(w.collector, `query ($id: ID!) { uploadHistory(id: $id) { errorReason fileSize sha256 columns { header } original { url } } }`, object{"id": id})
			require.Equal(t, object{"errorReason": missing, "fileSize": nil, "sha256": nil, "columns": []any{}, "original": nil}, a.at("uploadHistory"), name)
		}
		require.Equal(t, "SUCCESS", w.settled(w.otherGroup, other))
		require.NotContains(t, w.log.String(), "level=ERROR")
	})
}

// The same mutations, by whoever may not, by what is no request, and while something is away.
func TestMutationsOfUploadsFromOutsideAndInBadTimes(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		own, _, _ := w.three()
		mutations := map[string][2]string{
			"createUpload":            {"CreateUploadInput", `{"fileName": "a.csv", "size": 4}`},
			"storeUploadHistory":      {"StoreUploadHistoryInput", `{"fileName": "a.csv", "gcsPath": "gs://local/new"}`},
			"revalidateUploadHistory": {"RevalidateUploadHistoryInput", `{"id": "` + own + `"}`},
			"deleteUploadHistory":     {"DeleteUploadHistoryInput", `{"id": "` + own + `"}`},
		}
		who, err := w.tokens.Find(t.Context(), auth.Wanted{Email: "collector@example.org"})
		require.NoError(t, err)
		issued, _, err := w.tokens.Issue(who)
		require.NoError(t, err)
		_, secret := w.createToken(w.owner, object{"name": "x", "role": "OWNER"})
		for name, m := range mutations {
			body := request(name, m[0], m[1])
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, err := z.Write(body)
			require.NoError(t, err)
			require.NoError(t, z.Close())
			before := w.state()
			for what, c := range map[string]struct {
				who     viewer.Viewer
				body    []byte
				headers []string
				status  int
				code    string
			}{
				"nobody":               {viewer.Viewer{}, body, nil, 401, "UNAUTHENTICATED"},
				"a token of nobody":    {viewer.Viewer{}, body, []string{"Authorization", "Bearer x.y.z"}, 401, "UNAUTHENTICATED"},
				"an unknown API token": {viewer.Viewer{}, body, []string{"Authorization", "Bearer " + secret + "x"}, 401, "UNAUTHENTICATED"},
				"of another organization": {viewer.Viewer{}, body, []string{
					"Authorization", "Bearer " + issued, "X-Organization-Id", w.foreigner.OrganizationID,
				}, 401, "UNAUTHENTICATED"},
				"of another group": {viewer.Viewer{}, body, []string{
					"Authorization", "Bearer " + issued, "X-Group-Id", w.otherGroup.GroupID,
				}, 401, "UNAUTHENTICATED"},
				"a VIEWER":               {w.reader, body, nil, 200, "FORBIDDEN"},
				"without a group":        {w.noGroup, body, nil, 200, "GROUP_REQUIRED"},
				"gzip":                   {w.collector, packed.Bytes(), []string{"Content-Encoding", "gzip"}, 400, "BAD_USER_INPUT"},
				"gzip, unsaid":           {w.collector, packed.Bytes(), nil, 400, "BAD_USER_INPUT"},
				"cut off":                {w.collector, body[:len(body)-3], nil, 400, "BAD_USER_INPUT"},
				"empty":                  {w.collector, nil, nil, 400, "BAD_USER_INPUT"},
				"not JSON":               {w.collector, []byte("fileName=a.csv&size=4"), nil, 400, "BAD_USER_INPUT"},
				"a list":                 {w.collector, append(append([]byte("["), body...), ']'), nil, 400, "BAD_USER_INPUT"},
				"a query of no text":     {w.collector, []byte(`{"query": {"mutation": 1}}`), nil, 400, "BAD_USER_INPUT"},
				"variables of no object": {w.collector, []byte(`{"query": "{ __typename }", "variables": [1]}`), nil, 400, "BAD_USER_INPUT"},
				"as a form":              {w.collector, body, []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, ""},
				"as text":                {w.collector, body, []string{"Content-Type", "text/plain"}, 400, ""},
				"too large":              {w.collector, append(body[:len(body)-1:len(body)-1], []byte(`, "x": "`+strings.Repeat("x", 1<<20)+`"}`)...), nil, 413, "LIMIT_EXCEEDED"},
			} {
				status, text := w.post(t.Context(), c.who, c.body, c.headers...)
				require.Equal(t, c.status, status, "%s %s: %s", name, what, text)
				require.Contains(t, text, c.code, "%s %s", name, what)
				require.NotContains(t, text, "INTERNAL", "%s %s", name, what)
			}
			response, _ := w.fetch(http.MethodGet, w.server.URL+"/graphql?query=mutation%7B__typename%7D")
			require.Equal(t, 401, response.StatusCode)
			require.Equal(t, before, w.state(), name)
		}

		// A token that has expired.
		w.clock.ahead.Store(int64(13 * time.Hour))
		before := w.state()
		for name, m := range mutations {
			status, text := w.post(t.Context(), viewer.Viewer{}, request(name, m[0], m[1]), "Authorization", "Bearer "+issued)
			require.Equal(t, 401, status, text)
			require.Contains(t, text, "UNAUTHENTICATED")
		}
		require.Equal(t, before, w.state())
		require.Empty(t, w.log.String())

		// Without the bucket nothing is worse: bytes do not pass here.
		require.NoError(t, w.bucket.Close())
		for _, name := range []string{"createUpload", "storeUploadHistory", "revalidateUploadHistory", "deleteUploadHistory"} {
			_, text := w.post(t.Context(), w.collector, request(name, mutations[name][0], mutations[name][1]))
			require.Contains(t, text, `"userErrors":[]`, name)
		}
		require.Empty(t, w.log.String())

		// Without the database it is said, with when to come again.
		require.NoError(t, w.db.Close())
		for name, m := range mutations {
			status, text := w.post(t.Context(), w.collector, request(name, m[0], m[1]))
			require.Equal(t, 503, status, text)
			require.Contains(t, text, "SERVICE_UNAVAILABLE", name)
			require.NotContains(t, text, "INTERNAL", name)
		}
	})
}

// A client that goes away in the middle leaves a record with its job, or none.
func TestAClientThatGoesAwayLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		send := func(wait time.Duration, name, inputType, input string) {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(request(name, inputType, input)))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Test-Viewer", encode(w.collector))
			if response, err := w.server.Client().Do(r); err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
		const rounds = 40
		for i := range rounds {
			path := fmt.Sprintf("gs://local/%s/%s/%d", w.collector.OrganizationID, w.collector.GroupID, i)
			send(time.Duration(i*i)*60*time.Microsecond, "storeUploadHistory", "StoreUploadHistoryInput", `{"fileName": "a.csv", "gcsPath": "`+path+`"}`)
		}
		for i := range rounds {
			own := w.store(w.collector, "a.csv", fmt.Sprintf("gs://local/%s/%s/own%d", w.collector.OrganizationID, w.collector.GroupID, i))
			send(time.Duration(i*i)*60*time.Microsecond, "deleteUploadHistory", "DeleteUploadHistoryInput", `{"id": "`+own+`"}`)
		}
		w.server.Close() // which waits for what is under way
		jobs := "river_job"
		if w.owners != "" {
			jobs = "river.river_job"
		}
		count := func(query string) (n int) {
			require.NoError(t, testdb.Raw(t, w.db).QueryRowContext(t.Context(), query).Scan(&n))
			return n
		}
		require.Equal(t, count("SELECT count(*) FROM review_upload_histories"), count("SELECT count(*) FROM "+jobs+" WHERE kind = 'check'"))
		erased := count("SELECT count(*) FROM review_upload_histories WHERE deleted_at IS NOT NULL")
		require.Equal(t, erased, count("SELECT count(*) FROM "+jobs+" WHERE kind = 'erase'"))
		require.NotContains(t, w.log.String(), "request failed")
		t.Logf("%d of %d were erased", erased, rounds)
	})
}
