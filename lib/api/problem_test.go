package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

func TestErrorsBecomeTheListedStatusAndShowTheirOwnTextAlone(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tests := []struct {
		method, path, body string
		want               api.Problem
	}{
		{"GET", "/notes/404", "", api.Problem{Status: 404, Type: "/problems#note_not_found", Detail: "there is no such note"}},
		{"POST", "/notes", `{"title":"taken"}`, api.Problem{Status: 409, Type: "/problems#title_taken", Detail: "the title is taken"}},
		{"POST", "/notes", `{"title":"down"}`, api.Problem{Status: 503, Type: "/problems#archive_closed", Detail: "the archive is closed"}},
		{"POST", "/notes", `{"title":"odd"}`, api.Problem{Status: 500, Type: "/problems#internal"}},
		{"POST", "/notes", `{"title":"boom"}`, api.Problem{Status: 500, Type: "/problems#internal"}},
		{"GET", "/slow", "", api.Problem{Status: 504, Type: "/problems#timeout", Detail: "the answer did not come in time"}},
		{"GET", "/shelves/gone/notes/5", "", api.Problem{Status: 404, Type: "/problems#note_not_found", Detail: "there is no such note"}},
		{"GET", "/nothing", "", api.Problem{Status: 404, Type: "/problems#not_found", Detail: "there is nothing at this path"}},
	}
	for _, tt := range tests {
		w := s.do(t, tt.method, "/api/v1"+tt.path, tt.body)
		got := problem(t, w)
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s %s shows what is nobody's business: %s", tt.method, tt.path, w.Body)
		}
		if got.Instance != "/api/v1"+tt.path {
			t.Errorf("instance %q", got.Instance)
		}
		got.Title, got.Instance, got.RequestID = "", "", ""
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s %s: %+v", tt.method, tt.path, got)
		}
	}
}

func TestMethodThatThePathDoesNotTakeIsToldWhichOnesItTakes(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for path, want := range map[string][]string{
		"/notes":   {"GET", "HEAD", "POST"},
		"/notes/5": {"GET", "HEAD", "PATCH", "DELETE"},
		"/uploads": {"POST"},
	} {
		w := s.do(t, "PUT", "/api/v1"+path, "{}")
		if p := problem(t, w); p.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %+v", path, p)
		}
		for _, method := range want {
			if !strings.Contains(w.Header().Get("Allow"), method) {
				t.Errorf("%s: Allow: %s", path, w.Header().Get("Allow"))
			}
		}
	}
}

func TestTableWithAMistakeDoesNotStart(t *testing.T) {
	t.Parallel()
	type noPath struct {
		Name string `query:"name"`
	}
	type badDefault struct {
		Limit int `query:"limit" default:"many"`
	}
	type noText struct {
		Size struct{} `query:"size"`
	}
	tests := map[string]func(*api.Group){
		"parameter of the path without a field": func(g *api.Group) { api.Get(g, "/x/{id}", "x", "", get[noPath], api.Public()) },
		"field without a parameter in the path": func(g *api.Group) { api.Get(g, "/x", "x", "", get[NoteID], api.Public()) },
		"default that does not parse":           func(g *api.Group) { api.Get(g, "/x", "x", "", get[badDefault], api.Public()) },
		"parameter without a text form":         func(g *api.Group) { api.Get(g, "/x", "x", "", get[noText], api.Public()) },
		"input that is no struct":               func(g *api.Group) { api.Get(g, "/x", "x", "", get[int], api.Public()) },
		"operation id of another route":         func(g *api.Group) { api.Get(g, "/x", "upload", "", get[noPath], api.Public()) },
		"route that is there already":           func(g *api.Group) { api.Get(g, "/slow", "x", "", slow, api.Public()) },
		"guard with more than its path":         func(*api.Group) { api.NewGuard(guard[noPath]) },
	}
	for name, register := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it was registered")
				}
			}()
			s := sample(t)
			register(s.root.Group("", ""))
		})
	}
}

func TestPathEndsWithItsLastParameter(t *testing.T) {
	t.Parallel()
	root := api.New(options(new(logs)))
	api.Get(root, "/shelves/{shelf}", "showShelf", "Show a shelf", get[ShelfID], api.Public())
	s := &site{root: root, handler: root.Handler()}
	for path, want := range map[string]int{"a": 204, "a%2Fb": 204, "a/b": 404, "a/%62": 404, "a/": 404} {
		if w := s.do(t, "GET", "/api/v1/shelves/"+path, ""); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
