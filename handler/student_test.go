package handler_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"example.com/app/handler"
	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/cpu"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

// client speaks to an API of its own, whose every answer is held to the document.
type client struct {
	t   testing.TB
	db  *pg.DB
	api http.Handler
	cpu *cpu.Pool // runs one piece of work at a time
}

func newClient(t testing.TB) client {
	t.Helper()
	return clientOf(t, pgtest.New(t), handler.Upstreams{})
}

func clientOf(t testing.TB, db *pg.DB, u handler.Upstreams) client {
	t.Helper()
	root := api.New(api.Options{
		Title: "Students", Version: "test", Prefix: "/api/v1", Errors: handler.Errors(), Logger: slog.New(slog.DiscardHandler), DB: db,
	})
	pool := cpu.NewPool(1)
	handler.Routes(root, db, pool, nil, nil, u)
	return client{t, db, apitest.Handler(t, root), pool}
}

// header is a name and a value.
type header [2]string

func (c client) do(method, path, body string, headers ...header) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}

	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	return w
}

// create gives the path of a new student.
func (c client) create(name string) string {
	c.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		c.t.Fatal(err)
	}
	w := c.do(http.MethodPost, "/api/v1/students", string(body))
	if w.Code != http.StatusCreated {
		c.t.Fatalf("creating %q answers %d %s", name, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

type student struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
}

type page struct {
	Items []student `json:"items"`
	Next  *string   `json:"next"`
}

type refusal struct {
	Errors []struct{ Pointer, Code string } `json:"errors"`
}

func read[T any](t testing.TB, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("read %s: %v", w.Body, err)
	}
	return v
}

func (c client) list(query string) (names []string, next string) {
	c.t.Helper()
	p := read[page](c.t, c.do(http.MethodGet, "/api/v1/students?"+query, ""))
	for _, s := range p.Items {
		names = append(names, s.Name)
	}
	if p.Next != nil {
		next = *p.Next
	}
	return names, next
}

func TestCreatedStudentIsShownWhereLocationSays(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("\t Ada Lovelace ")

	w := c.do(http.MethodGet, location, "")

	if got := read[student](t, w); got.Name != "Ada Lovelace" || !got.Active || w.Header().Get("ETag") != `"1"` {
		t.Errorf("shown as %+v with ETag %s", got, w.Header().Get("ETag"))
	}
	if w := c.do(http.MethodGet, location, "", header{"If-None-Match", `"0", "1"`}); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("an unchanged student answers %d %s", w.Code, w.Body)
	}
}

func TestNameIsJudgedAfterTrimming(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.create(" " + strings.Repeat("é", 255) + " ")

	for name, code := range map[string]string{
		`""`:                                 "required",
		`"   "`:                              "required",
		`null`:                               "type",
		`7`:                                  "type",
		`"a\u0000b"`:                         "nul",
		`"` + strings.Repeat("é", 256) + `"`: "max",
	} {
		w := c.do(http.MethodPost, "/api/v1/students", `{"name": `+name+`}`)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":"/name","code":"`+code+`"`) {
			t.Errorf("the name %.12s answers %d %s, want the code %s", name, w.Code, w.Body, code)
		}
	}
}

func TestListIsPagedByCursor(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		c.create(name)
	}

	var all []string
	for query := "limit=2"; ; {
		names, next := c.list(query)
		all = append(all, names...)
		if next == "" {
			break
		}
		query = "limit=2&after=" + next
	}

	if got := strings.Join(all, ""); got != "abcde" {
		t.Errorf("the pages hold %s", got)
	}
}

func TestListFiltersByNameAndActivity(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.create("Ada")
	c.do(http.MethodDelete, c.create("adam"), "")
	c.create("Bob")

	for query, want := range map[string]string{
		"":                     "Ada Bob",
		"name=AD":              "Ada",
		"name=ad&active=any":   "Ada adam",
		"active=false":         "adam",
		"active=true&name=bob": "Bob",
		"name=x":               "",
	} {
		if names, _ := c.list(query); strings.Join(names, " ") != want {
			t.Errorf("?%s lists %v, want %s", query, names, want)
		}
	}
}

func TestPatchChangesWhatItNames(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")

	renamed := c.do(http.MethodPatch, location, `{"name": " Eve "}`)
	if got := read[student](t, renamed); got.Name != "Eve" || !got.Active || renamed.Header().Get("ETag") != `"2"` {
		t.Errorf("renamed to %+v, ETag %s", got, renamed.Header().Get("ETag"))
	}
	inactive := c.do(http.MethodPatch, location, `{"active": false}`, header{"If-Match", `"2"`})
	if got := read[student](t, inactive); got.Name != "Eve" || got.Active {
		t.Errorf("deactivated to %+v", got)
	}
}

func TestLostWriteRaceIsRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")
	c.do(http.MethodPatch, location, `{"name": "first"}`, header{"If-Match", `"1"`})

	for _, match := range []string{`"1"`, `"another"`, `W/"2"`} {
		if w := c.do(http.MethodPatch, location, `{"name": "second"}`, header{"If-Match", match}); w.Code != http.StatusPreconditionFailed {
			t.Errorf("If-Match: %s answers %d %s", match, w.Code, w.Body)
		}
	}
	if got := read[student](t, c.do(http.MethodGet, location, "")); got.Name != "first" {
		t.Errorf("the student is %+v", got)
	}
	for _, match := range []string{`"7", "2"`, "*"} {
		if w := c.do(http.MethodPatch, location, `{"active": true}`, header{"If-Match", match}); w.Code != http.StatusOK {
			t.Errorf("If-Match: %s answers %d %s", match, w.Code, w.Body)
		}
	}
}

func TestPatchOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")

	for body, code := range map[string]string{
		`{}`: "min_properties", `{"name": null}`: "type", `{"name": " "}`: "min", `{"name": ""}`: "min",
	} {
		w := c.do(http.MethodPatch, location, body)
		errors := read[refusal](t, w).Errors
		if w.Code != http.StatusUnprocessableEntity || len(errors) != 1 || errors[0].Code != code {
			t.Errorf("%s answers %d %s, want one error, %s", body, w.Code, w.Body, code)
		}
	}
}

func TestDeletedStudentIsInactiveAndStillShown(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")

	for range 2 {
		if w := c.do(http.MethodDelete, location, ""); w.Code != http.StatusNoContent {
			t.Errorf("DELETE answers %d %s", w.Code, w.Body)
		}
	}
	if got := read[student](t, c.do(http.MethodGet, location, "")); got.Active {
		t.Errorf("the student is %+v", got)
	}
}

func TestDeleteOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")

	for _, match := range []string{`"7"`, `W/"1"`} {
		if w := c.do(http.MethodDelete, location, "", header{"If-Match", match}); w.Code != http.StatusPreconditionFailed {
			t.Errorf("If-Match: %s answers %d %s", match, w.Code, w.Body)
		}
	}
	if got := read[student](t, c.do(http.MethodGet, location, "")); !got.Active {
		t.Errorf("the student is %+v", got)
	}
	for _, match := range []string{`"1"`, "*"} {
		if w := c.do(http.MethodDelete, location, "", header{"If-Match", match}); w.Code != http.StatusNoContent {
			t.Errorf("If-Match: %s answers %d %s", match, w.Code, w.Body)
		}
	}
}

func TestUnknownStudentIs404(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	for _, id := range []string{"1", "0", "-1", "abc", "9223372036854775808", "1.0", "%00"} {
		for method, body := range map[string]string{http.MethodGet: "", http.MethodDelete: "", http.MethodPatch: `{"name": "x"}`} {
			if w := c.do(method, "/api/v1/students/"+id, body); w.Code != http.StatusNotFound {
				t.Errorf("%s of student %s answers %d %s", method, id, w.Code, w.Body)
			}
		}
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	w := c.do(http.MethodGet, "/api/v1/students?limit=0&active=maybe&nmae=x&name="+strings.Repeat("x", 256), "")

	var pointers []string
	for _, e := range read[refusal](t, w).Errors {
		pointers = append(pointers, e.Pointer)
	}
	slices.Sort(pointers)
	if got := strings.Join(pointers, " "); w.Code != http.StatusUnprocessableEntity || got != "/query/active /query/limit /query/name /query/nmae" {
		t.Errorf("answered %d naming %s", w.Code, got)
	}
}

func TestRefusalsHaveTheirStatus(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	big := `{"name": "` + strings.Repeat("x", 2<<20) + `"}`

	for _, r := range []struct {
		what, method, path, body string
		status                   int
	}{
		{"no JSON", http.MethodPost, "/api/v1/students", `{"name"`, 400},
		{"a key twice", http.MethodPost, "/api/v1/students", `{"name": "a", "name": "b"}`, 400},
		{"a second document", http.MethodPost, "/api/v1/students", `{"name": "a"} {}`, 400},
		{"no body", http.MethodPost, "/api/v1/students", ``, 400},
		{"a foreign cursor", http.MethodGet, "/api/v1/students?after=zzz", ``, 400},
		{"an unknown member", http.MethodPost, "/api/v1/students", `{"name": "a", "x": 1}`, 422},
		{"another case", http.MethodPost, "/api/v1/students", `{"Name": "a"}`, 422},
		{"an array", http.MethodPost, "/api/v1/students", `[]`, 422},
		{"2 MB", http.MethodPost, "/api/v1/students", big, 413},
		{"an unknown route", http.MethodGet, "/api/v1/teachers", ``, 404},
		{"a wrong method", http.MethodPut, "/api/v1/students", ``, 405},
	} {
		w := c.do(r.method, r.path, r.body)
		if w.Code != r.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s answers %d %s, want %d and a problem document", r.what, w.Code, w.Body, r.status)
		}
	}
}

func TestDocumentKnowsThatAnEmptyPatchIsRefused(t *testing.T) {
	t.Parallel()
	root := api.New(api.Options{Title: "Students", DB: new(pg.DB)})
	handler.Routes(root, nil, nil, nil, nil, handler.Upstreams{})
	body, err := root.Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]struct {
				MinProperties int
				Properties    map[string]struct{ Pattern string }
			}
		}
	}
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	patch := document.Components.Schemas["StudentPatch"]
	if patch.MinProperties != 1 || patch.Properties["name"].Pattern == "" || len(patch.Properties) != 2 {
		t.Errorf("a patch is described as %+v", patch)
	}
}
