package rest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed reference
var referenceFiles embed.FS

// referencePolicy lets the page load its own style and script, call this server, and nothing else.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// serveDescription adds /openapi.json and the page that shows it, /docs. They need no sign-in: they say what there is and
// nothing of anybody. The operations are those of the document, in the order that the page shows them in.
func serveDescription(r chi.Router, document *huma.OpenAPI, operations []*huma.Operation) error {
	paths := map[string]*huma.PathItem{}
	for path, item := range document.Paths {
		paths["/api"+path] = item
	}
	document.Paths = paths
	body, err := document.MarshalJSON()
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	page, err := newReference(document, operations).render()
	if err != nil {
		return fmt.Errorf("write reference page: %w", err)
	}
	serveFile(r, "/openapi.json", "application/openapi+json", body)
	serveFile(r, "/docs", "text/html; charset=utf-8", page)
	for name, contentType := range map[string]string{
		"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
	} {
		content, err := referenceFiles.ReadFile("reference/" + name)
		if err != nil {
			return fmt.Errorf("read reference page: %w", err)
		}
		serveFile(r, "/docs/"+name, contentType, content)
	}
	return nil
}

// serveFile answers at one address with the same bytes always.
func serveFile(r chi.Router, path, contentType string, content []byte) {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	serve := func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", contentType)
		header.Set("Content-Security-Policy", referencePolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache") // kept, but asked about each time
		header.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
	r.Get(path, serve)
	r.Head(path, serve)
}

// reference is what the page shows, made of the OpenAPI document.
type reference struct {
	Title, Version, Server string
	Description            []string // paragraphs
	Operations             []referenceOperation
	Schemas                []referenceSchema
}

type referenceOperation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []referenceField
	BodySchema, BodyExample                string
	Responses                              []referenceResponse
	Curl                                   string
	// Try tells whether the page can send it: what it redirects to is another server's.
	Try bool
}

// referenceField is a parameter or a member of a schema.
type referenceField struct {
	Name, In, Type, Schema, Rule, Description, Example string
	Required                                           bool
}

type referenceResponse struct {
	Status, Text, Description, Schema, ContentType, Example string
	Headers                                                 []string
}

type referenceSchema struct {
	Name   string
	Fields []referenceField
}

func newReference(document *huma.OpenAPI, operations []*huma.Operation) *reference {
	out := &reference{
		Title: document.Info.Title, Version: document.Info.Version, Server: document.Servers[0].URL,
		Description: strings.Split(document.Info.Description, "\n\n"),
	}
	for _, op := range operations {
		out.Operations = append(out.Operations, out.operation(document, op))
	}
	schemas := document.Components.Schemas.Map()
	for name, schema := range schemas {
		s := referenceSchema{Name: name}
		for member, of := range schema.Properties {
			s.Fields = append(s.Fields, fieldOf(member, of, slices.Contains(schema.Required, member)))
		}
		slices.SortFunc(s.Fields, func(a, b referenceField) int { return strings.Compare(a.Name, b.Name) })
		out.Schemas = append(out.Schemas, s)
	}
	slices.SortFunc(out.Schemas, func(a, b referenceSchema) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (r *reference) operation(document *huma.OpenAPI, op *huma.Operation) referenceOperation {
	out := referenceOperation{
		ID: op.OperationID, Method: op.Method, Path: "/api" + op.Path, Summary: op.Summary, Description: op.Description,
		Try: op.Responses["302"] == nil,
	}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = document.Components.Parameters[p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]]
		}
		field := fieldOf(p.Name, p.Schema, p.Required)
		field.In, field.Description = p.In, p.Description
		out.Parameters = append(out.Parameters, field)
	}
	places := []string{"path", "query", "header"}
	slices.SortStableFunc(out.Parameters, func(a, b referenceField) int {
		return slices.Index(places, a.In) - slices.Index(places, b.In)
	})
	if op.RequestBody != nil {
		schema := op.RequestBody.Content["application/json"].Schema
		out.BodySchema = refName(schema)
		out.BodyExample = exampleOf(document.Components.Schemas.SchemaFromRef(schema.Ref))
	}
	for status, response := range op.Responses {
		if response.Ref != "" {
			response = document.Components.Responses[response.Ref[strings.LastIndexByte(response.Ref, '/')+1:]]
		}
		out.Responses = append(out.Responses, responseOf(status, response))
	}
	slices.SortFunc(out.Responses, func(a, b referenceResponse) int { return strings.Compare(a.Status, b.Status) })
	out.Curl = r.curl(out)
	return out
}

func responseOf(status string, response *huma.Response) referenceResponse {
	code, _ := strconv.Atoi(status)
	out := referenceResponse{Status: status, Text: http.StatusText(code), Description: response.Description}
	for name := range response.Headers {
		out.Headers = append(out.Headers, name)
	}
	slices.Sort(out.Headers)
	for contentType, media := range response.Content {
		out.ContentType, out.Schema = contentType, refName(media.Schema)
		switch example := media.Example.(type) {
		case nil:
		case string:
			out.Example = strings.TrimPrefix(example, "\uFEFF")
		default:
			out.Example = pretty(example)
		}
	}
	return out
}

// fieldOf describes a value of a schema.
func fieldOf(name string, s *huma.Schema, required bool) referenceField {
	f := referenceField{
		Name: name, Type: s.Type, Schema: refName(s), Description: s.Description, Required: required, Rule: ruleOf(s),
	}
	if s.Type == huma.TypeArray {
		f.Type, f.Schema = "list of ", refName(s.Items)
		if f.Schema == "" {
			f.Type += s.Items.Type + "s"
		}
	}
	if s.Format != "" && s.Format != "int64" {
		f.Type += ", " + s.Format
	}
	if s.Nullable {
		f.Type += " or null"
	}
	if len(s.Examples) > 0 {
		f.Example = commas(s.Examples[0])
	}
	return f
}

// commas is a value as a query has it, a list with commas between.
func commas(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = fmt.Sprint(one)
	}
	return strings.Join(texts, ",")
}

// ruleOf says what else holds for a value.
func ruleOf(s *huma.Schema) string {
	var rules []string
	add := func(format string, args ...any) { rules = append(rules, fmt.Sprintf(format, args...)) }
	of := s
	if s.Items != nil {
		of = s.Items
	}
	if len(of.Enum) > 0 {
		add("one of %s", strings.ReplaceAll(commas(of.Enum), ",", ", "))
	}
	if s.Minimum != nil {
		add("from %.0f", *s.Minimum)
	}
	if s.Maximum != nil {
		add("to %.0f", *s.Maximum)
	}
	if s.MaxLength != nil {
		add("at most %d characters", *s.MaxLength)
	}
	if s.Default != nil {
		add("by default %v", s.Default)
	}
	return strings.Join(rules, ", ")
}

// exampleOf is a request body of a schema's required members.
func exampleOf(s *huma.Schema) string {
	body := map[string]any{}
	for _, name := range s.Required {
		if examples := s.Properties[name].Examples; len(examples) > 0 {
			body[name] = examples[0]
		}
	}
	return pretty(body)
}

// curl is the operation as a command, with the examples of what is required.
func (r *reference) curl(op referenceOperation) string {
	path := op.Path
	for _, p := range op.Parameters {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", "892114273042432")
		}
	}
	lines := []string{"curl --location '" + r.Server + path + "'", `--header "Authorization: Bearer $TOKEN"`}
	if op.BodyExample != "" {
		compact := &bytes.Buffer{}
		_ = json.Compact(compact, []byte(op.BodyExample)) // it is JSON
		lines = append(lines, "--header 'Content-Type: application/json'", "--data '"+compact.String()+"'")
	}
	return strings.Join(lines, " \\\n  ")
}

func refName(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

// pretty is JSON to be read.
func pretty(v any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

func (r *reference) render() ([]byte, error) {
	page, err := template.ParseFS(referenceFiles, "reference/page.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, r)
	return out.Bytes(), err
}
