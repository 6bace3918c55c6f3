package rest

import (
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// tag is what the operations are listed under.
const tag = "Upload histories"

// introduction is what the document and its page begin with.
const introduction = "The REST API of Entrepot: the life of an uploaded file. Ask for a signed URL, put the file there, " +
	"store its history; the server checks it in the background and tells what is wrong with it. Imports and their results are " +
	"in the GraphQL API at /graphql, which knows the same histories.\n\n" +
	"Everything belongs to the current group of the signed-in user. A person of several organizations or groups chooses with " +
	"the headers X-Organization-Id and X-Group-Id. Members that a request has beyond the described ones are ignored."

// describe is how the API is described and how its bodies are written, without the links and schema members that huma
// adds by default: older clients know none.
func describe(version string, public *url.URL) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Entrepot",
				Version:     version,
				Description: introduction,
				Contact:     &huma.Contact{Name: "Who runs this server"},
				License:     &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: strings.TrimSuffix(public.String(), "/"), Description: "This server"}},
			Tags:    []*huma.Tag{{Name: tag, Description: "Uploaded files of the current group, and what is wrong with them."}},
			Components: &huma.Components{
				Schemas:   registry,
				Responses: problemResponses(registry),
				Parameters: map[string]*huma.Param{
					"Organization": choosing("X-Organization-Id", "org-06fvk2m3",
						"The organization to work in, for a person of several; by default the token's, or the one that they joined first."),
					"Group": choosing("X-Group-Id", "grp-06fvk2m4",
						"The group to work in, for a person of several; by default the token's, or the one that they joined first."),
				},
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {
						Type: "http", Scheme: "bearer",
						Description: "An API token, a token of the identity provider, or one that the command “entrepot token” prints.",
					},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
	}
}

// problems are the answers that are no success, by status: the name that the document refers to them by, what they
// mean, and an example.
var problems = map[int]struct {
	name, description string
	example           Problem
	headers           map[string]string
}{
	http.StatusBadRequest: {
		"NotStored", "The history could not be stored. With Retry-After the same may succeed later.",
		Problem{Message: notStored},
		retrying,
	},
	http.StatusUnauthorized: {
		"Unauthenticated", "There is no valid token.",
		Problem{Message: unauthenticated},
		map[string]string{"WWW-Authenticate": "How to sign in: Bearer."},
	},
	http.StatusForbidden: {
		"Forbidden", "The viewer belongs to no group, or their role does not allow this.",
		Problem{Message: "This needs the role COLLECTOR; yours is VIEWER. Ask an owner of the organization."},
		nil,
	},
	http.StatusNotFound: {
		"NotFound", "It is not there, or not yours.", Problem{Message: "There is no such upload history."}, nil,
	},
	http.StatusRequestTimeout: {
		"Incomplete", "The request's body did not arrive whole within ten seconds.",
		Problem{Message: "The request body did not arrive whole."},
		nil,
	},
	http.StatusRequestEntityTooLarge: {
		"TooLarge", "The request's body is larger than 64 KiB.",
		Problem{Message: "The request body may not be larger than 64 KiB."},
		nil,
	},
	http.StatusUnsupportedMediaType: {
		"UnsupportedType", "The request's body is not JSON, or is packed.",
		Problem{Message: "The request body must be of the type application/json."},
		nil,
	},
	http.StatusUnprocessableEntity: {
		"Invalid", "The request has values that cannot be taken; nothing was done.",
		Problem{Message: invalid, Errors: map[string][]string{"file_name": {"The file name is required."}}},
		nil,
	},
	http.StatusTooManyRequests: {
		"TooMany", "Too many requests of this viewer are under way.",
		Problem{Message: "Too many of your requests are under way. Wait for some of them."},
		retrying,
	},
	http.StatusInternalServerError: {
		"Internal", "The server failed. Its log says why, under the id in the message.",
		Problem{Message: "Something went wrong on the server. Its log has it under the request id 7Xk2/aB-000042."},
		nil,
	},
	http.StatusServiceUnavailable: {
		"Unavailable", "The database or the bucket does not answer; the same may succeed later.",
		Problem{Message: unavailable},
		retrying,
	},
}

// choosing is a header by which a person chooses where they work.
func choosing(name, example, description string) *huma.Param {
	return &huma.Param{
		Name: name, In: "header", Description: description,
		Schema: &huma.Schema{Type: huma.TypeString, Examples: []any{example}},
	}
}

var retrying = map[string]string{"Retry-After": "How many seconds to wait before the next try."}

func problemResponses(registry huma.Registry) map[string]*huma.Response {
	responses := map[string]*huma.Response{}
	schema := registry.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, p := range problems {
		response := &huma.Response{
			Description: p.description,
			Content:     map[string]*huma.MediaType{"application/json": {Schema: schema, Example: p.example}},
			Headers:     map[string]*huma.Header{},
		}
		for name, description := range p.headers {
			response.Headers[name] = &huma.Header{
				Description: description, Schema: &huma.Schema{Type: huma.TypeString},
			}
		}
		responses[p.name] = response
	}
	return responses
}

// document completes the description of an operation: an example of its success, where it has a body, and the statuses
// that it answers with beside those that every operation may.
func document(op huma.Operation, example any, statuses ...int) huma.Operation {
	op.Tags = []string{tag}
	op.Parameters = []*huma.Param{{Ref: "#/components/parameters/Organization"}, {Ref: "#/components/parameters/Group"}}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	if example != nil {
		op.Responses["200"] = &huma.Response{
			Description: "Success.",
			Content:     map[string]*huma.MediaType{"application/json": {Example: example}},
		}
	}
	statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusInternalServerError)
	if op.Method == http.MethodPost {
		statuses = append(statuses, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType)
	}
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problems[status].name}
	}
	return op
}

// The examples of answers.
var (
	exampleSignedURL = SignedURL{
		GCSPath: examplePath, Method: http.MethodPut,
		URL:       "https://storage.googleapis.com/bucket/org-06fvk2m3/grp-06fvk2m4/3v5yq2?X-Goog-Signature=2f6e",
		Headers:   []Header{{Name: "Content-Type", Value: "text/csv"}},
		ExpiresAt: "2026-11-21T12:15:00.000Z",
	}
	exampleHistory = History{
		ID: 892114273042432, UserID: "user-06fvk2m5", GroupID: "grp-06fvk2m4", FileName: "weather.csv", GCSPath: examplePath,
		CreatedAt: "2026-11-21T12:00:00.000Z", UpdatedAt: "2026-11-21T12:00:00.000Z",
		User:  Person{ID: "user-06fvk2m5", Name: "Ada Lovelace", Email: new("ada@example.org")},
		Group: Group{ID: "grp-06fvk2m4", Name: "Measurements"},
	}
	exampleHistories = HistoryList{
		Data: []History{exampleHistory},
		Page: examplePage(histories + "/histories/list"),
	}
	exampleRowErrors = RowErrorList{
		Data: []RowError{{
			Row: 2, Line: new(int64(3)), Column: new("date"), Value: new("soon"), Code: "DATE_INVALID",
			Message: "'date' must be a date such as 2024-03-31.", Params: []Param{{Name: "column", Value: "date"}},
		}},
		ImportID: new("imp-06fvk2m6"),
		Page:     examplePage(histories + "/histories/892114273042432/import-errors"),
	}
)

const examplePath = "gs://bucket/org-06fvk2m3/grp-06fvk2m4/3v5yq2"

// examplePage is the only page of a list with one entry.
func examplePage(path string) Page {
	a := &api{public: &url.URL{Scheme: "https", Host: "entrepot.example"}}
	return a.pageOf(path, url.Values{}, wantedPage{1, defaultPerPage}, 1, 1)
}
