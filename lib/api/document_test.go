package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// described is the part of an OpenAPI document that tests look at.
type described struct {
	Paths map[string]map[string]struct {
		ID         string `json:"operationId"`
		Summary    string
		Deprecated bool
		Tags       []string
		Parameters []struct {
			Name, In string
			Required bool
			Schema   map[string]any
		}
		RequestBody *struct {
			Required    bool
			Description string
			Content     map[string]struct{ Schema map[string]any }
		}
		Responses map[string]struct {
			Headers map[string]struct{ Description string }
		}
	}
	ExternalDocs struct{ URL, Description string }
	Components   struct{ Schemas map[string]map[string]any }
}

func document(t *testing.T, s *site) (described, []byte) {
	t.Helper()
	body, err := s.root.Document()
	if err != nil {
		t.Fatal(err)
	}
	var d described
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d, body
}

func value(t *testing.T, body []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	meta, err := os.ReadFile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("meta.json", value(t, meta)); err != nil {
		t.Fatal(err)
	}

	d, body := document(t, sample(t))
	if err := c.MustCompile("meta.json").Validate(value(t, body)); err != nil {
		t.Errorf("%v\n%s", err, body)
	}
	if err := c.AddResource("doc.json", value(t, body)); err != nil {
		t.Fatal(err)
	}
	for name := range d.Components.Schemas {
		if _, err := c.Compile("doc.json#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
		if !bytes.Contains(body, []byte(`"#/components/schemas/`+name+`"`)) {
			t.Errorf("nothing refers to the schema %s", name)
		}
	}
}

func TestEveryRouteIsAnOperationAndNothingElseIs(t *testing.T) {
	t.Parallel()
	d, _ := document(t, sample(t))
	var got []string
	ids := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			got = append(got, strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/api/v1")+" "+o.ID)
			if ids[o.ID] || o.Summary == "" {
				t.Errorf("%s %s: id %q twice or no summary", method, path, o.ID)
			}
			ids[o.ID] = true
		}
	}
	slices.Sort(got)
	want := []string{
		"DELETE /attic/{shelf}/notes/{id} removeNote3", "DELETE /notes/{id} removeNote", "DELETE /shelves/{shelf}/notes/{id} removeNote2",
		"GET /attic/{shelf}/notes listNotes3", "GET /attic/{shelf}/notes/{id} showNote3",
		"GET /long long", "GET /notes listNotes", "GET /notes/{id} showNote",
		"GET /shelves/{shelf}/notes listNotes2", "GET /shelves/{shelf}/notes/{id} showNote2", "GET /slow slow",
		"PATCH /attic/{shelf}/notes/{id} changeNote3", "PATCH /notes/{id} changeNote", "PATCH /shelves/{shelf}/notes/{id} changeNote2",
		"POST /attic/{shelf}/notes createNote3", "POST /lines readLines", "POST /notes createNote", "POST /shelves/{shelf}/notes createNote2", "POST /uploads upload",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDocumentSaysWhatARequestNeeds(t *testing.T) {
	t.Parallel()
	d, body := document(t, sample(t))

	change := d.Paths["/api/v1/shelves/{shelf}/notes/{id}"]["patch"]
	params := make([]string, 0, len(change.Parameters))
	for _, p := range change.Parameters {
		params = append(params, p.In+" "+p.Name)
	}
	slices.Sort(params)
	if !slices.Equal(params, []string{"header If-Match", "path id", "path shelf"}) || !change.Deprecated {
		t.Errorf("%+v", change)
	}
	if change.RequestBody == nil || !change.RequestBody.Required || d.Paths["/api/v1/notes"]["get"].RequestBody != nil {
		t.Error("a body must be required where there is one, and nowhere else")
	}
	for _, p := range d.Paths["/api/v1/notes"]["get"].Parameters {
		if p.Required {
			t.Errorf("%s is optional", p.Name)
		}
		if p.Name == "limit" && (p.Schema["default"] != 50.0 || p.Schema["minimum"] != 1.0 || p.Schema["maximum"] != 200.0) {
			t.Errorf("%+v", p)
		}
	}

	in, out := d.Components.Schemas["NoteIn"], d.Components.Schemas["NoteOut"]
	if in["additionalProperties"] != false || out["additionalProperties"] != nil {
		t.Errorf("only what comes in must be closed: %s", body)
	}
	if d.Components.Schemas["Place"] == nil || d.Components.Schemas["PlaceRequest"] == nil {
		t.Errorf("a type that goes both ways needs two schemas: %s", body)
	}
}

func TestDocumentListsTheHeadersOfEachAnswer(t *testing.T) {
	t.Parallel()
	d, _ := document(t, sample(t))
	for answer, want := range map[string][]string{
		"get /api/v1/notes/{id} 200": {"ETag", "X-Request-Id"},
		"get /api/v1/notes/{id} 304": {"ETag", "X-Request-Id"},
		"get /api/v1/notes/{id} 404": {"X-Request-Id"},
		"get /api/v1/notes 401":      {"WWW-Authenticate", "X-Request-Id"},
		"get /api/v1/notes 503":      {"Retry-After", "X-Request-Id"},
		"post /api/v1/notes 201":     {"ETag", "Location", "X-Request-Id"},
		"post /api/v1/lines 202":     {"Location", "X-Request-Id"},
		"post /api/v1/uploads 202":   {"X-Request-Id"},
	} {
		part := strings.Fields(answer)
		headers := d.Paths[part[1]][part[0]].Responses[part[2]].Headers
		if got := slices.Sorted(maps.Keys(headers)); !slices.Equal(got, want) {
			t.Errorf("%s: %q", answer, got)
		}
		for name, header := range headers {
			if name != "ETag" && header.Description == "" {
				t.Errorf("%s: nobody says what %s is", answer, name)
			}
		}
	}

	for path, want := range map[string]bool{"/api/v1/notes/{id}": true, "/api/v1/notes": false} {
		got := false
		for _, p := range d.Paths[path]["get"].Parameters {
			got = got || p.In == "header" && p.Name == "If-None-Match" && !p.Required
		}
		if got != want {
			t.Errorf("%s takes If-None-Match: %t", path, got)
		}
	}
}

func TestDocumentListsTheStatusesOfEachRoute(t *testing.T) {
	t.Parallel()
	d, _ := document(t, sample(t))
	for route, want := range map[string]string{
		"get /api/v1/notes":         "200 400 401 422 429 500 503 504",
		"post /api/v1/notes":        "201 400 401 403 408 409 413 415 422 429 500 503 504",
		"get /api/v1/notes/{id}":    "200 304 401 404 422 429 500 503 504",
		"delete /api/v1/notes/{id}": "204 401 403 404 422 429 500 503 504",
		"post /api/v1/lines":        "202 400 408 413 415 422 429 500 503 504",
		"post /api/v1/uploads":      "202 400 408 413 415 422 429 500 503 504",
	} {
		method, path, _ := strings.Cut(route, " ")
		got := make([]string, 0, 10)
		for status := range d.Paths[path][method].Responses {
			got = append(got, status)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s", route, got)
		}
	}
}
