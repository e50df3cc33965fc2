package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pointers writes a problem's errors as "/pointer code".
func pointers(t *testing.T, s *site, status int, method, path, body string, headers ...string) []string {
	t.Helper()
	w := s.do(t, method, path, body, headers...)
	if w.Code != status {
		t.Fatalf("status %d instead of %d: %s", w.Code, status, w.Body)
	}
	told := problem(t, w).Errors
	found := make([]string, 0, len(told))
	for _, e := range told {
		found = append(found, e.Pointer+" "+e.Code)
	}
	slices.Sort(found)
	return found
}

func TestEveryProblemOfARequestIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tests := map[string]struct {
		status             int
		method, path, body string
		headers            []string
		want               []string
	}{
		"body":            {422, "POST", "/notes", `{"title":"too long","tags":["a","bb","c"],"stars":9,"x":1}`, nil, []string{"/stars max", "/tags/0 min", "/tags/2 min", "/title max", "/x unknown"}},
		"types":           {422, "POST", "/notes", `{"title":1,"tags":"a","stars":1.5,"place":[]}`, nil, []string{"/place type", "/stars type", "/tags type", "/title type"}},
		"case":            {422, "POST", "/notes", `{"Title":"a"}`, nil, []string{"/Title unknown", "/title required"}},
		"null":            {422, "POST", "/notes", `{"title":null,"stars":null}`, nil, []string{"/stars type", "/title type"}},
		"blank":           {422, "POST", "/notes", `{"title":" \t "}`, nil, []string{"/title required"}},
		"nested":          {422, "POST", "/notes", `{"title":"a","place":{"zip":5}}`, nil, []string{"/place/city required", "/place/zip type"}},
		"nul":             {422, "POST", "/notes", `{"title":"a\u0000b"}`, nil, []string{"/title nul"}},
		"not an object":   {422, "POST", "/notes", `[]`, nil, []string{" type"}},
		"go names":        {422, "PATCH", "/notes/5", `{"ID":6,"IfMatch":"*","done":true}`, nil, []string{"/ID unknown", "/IfMatch unknown"}},
		"nothing to do":   {422, "PATCH", "/notes/5", `{}`, nil, []string{" min_properties"}},
		"body and header": {422, "PATCH", "/notes/5", `{"title":""}`, []string{"If-Match", "5"}, []string{"/header/If-Match type", "/title min"}},
		"body and query":  {422, "POST", "/notes?a=1", `{}`, nil, []string{"/query/a unknown", "/title required"}},
		"empty":           {400, "POST", "/notes", "", nil, []string{" empty"}},
		"no JSON":         {400, "POST", "/notes?a=1", `{"title"`, nil, []string{"/query/a unknown", "/title syntax"}},
		"repeated":        {400, "POST", "/notes", `{"title":"a","title":"b"}`, nil, []string{"/title duplicate"}},
		"second document": {400, "POST", "/notes", `{"title":"a"}{}`, nil, []string{" trailing"}},
		"trailing":        {400, "POST", "/notes", `{"title":"a"}]`, nil, []string{" trailing"}},
		"invalid UTF-8":   {400, "POST", "/notes", "{\"title\":\"\xff\"}", nil, []string{"/title syntax"}},
		"NaN":             {400, "POST", "/notes", `{"stars":NaN}`, nil, []string{"/stars syntax"}},
		"query":           {422, "GET", "/notes?limit=201&kind=x&colour=red&colour=re&flag=1", "", nil, []string{"/query/colour/1 min", "/query/flag type", "/query/kind oneof", "/query/limit max"}},
		"empty query":     {400, "GET", "/notes?limit=&after=", "", nil, []string{"/query/after cursor", "/query/limit type"}},
		"spelling":        {422, "GET", "/notes?limit=05", "", nil, []string{"/query/limit type"}},
		"repeated query":  {422, "GET", "/notes?limit=5&limit=6", "", nil, []string{"/query/limit duplicate"}},
		"unknown query":   {422, "GET", "/notes?Limit=5&a/b~=1&%ff=2", "", nil, []string{"/query/Limit unknown", "/query/a~1b~0 unknown", "/query/\uFFFD unknown"}},
		"bad query":       {422, "GET", "/notes?limit=%zz", "", nil, []string{"/query syntax"}},
		"query in UTF-8":  {422, "GET", "/notes?kind=%ff", "", nil, []string{"/query/kind type"}},
		"foreign cursor":  {400, "GET", "/notes?limit=0&after=xxxx", "", nil, []string{"/query/after cursor", "/query/limit min"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := pointers(t, s, tt.status, tt.method, "/api/v1"+tt.path, tt.body, tt.headers...)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestErrorsOfAQueryAreBounded(t *testing.T) {
	t.Parallel()
	s := sample(t)
	query := url.Values{"limit": {"0"}, strings.Repeat("x", 60_000): {"1"}}
	for i := range 500 {
		query.Set("x"+strconv.Itoa(i), "1")
	}
	w := s.do(t, "GET", "/api/v1/notes?"+query.Encode(), "")
	if got := problem(t, w).Errors; len(got) != 100 || w.Body.Len() > 10_000 {
		t.Errorf("%d errors in %d bytes", len(got), w.Body.Len())
	}
}

func TestPathThatCannotNameAnythingIsNotFound(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, path := range []string{
		"/notes/x", "/notes/", "/notes/0", "/notes/007", "/notes/+7", "/notes/-0", "/notes/5/", "/notes/99999999999999999999",
		"/notes/5%2F6", "/shelves/toolong/notes", "/shelves/%ff/notes", "/shelves/a%00/notes", "/nothing",
	} {
		w := s.do(t, "GET", "/api/v1"+path, "")
		if w.Code != http.StatusNotFound || problem(t, w).Type != "/problems#not_found" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestParametersArriveWithDefaultsAndLists(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tests := map[string]string{
		"": "50 0 short []",
		"?limit=7&kind=long&colour=red&colour=blue&flag=true": "7 0 long [red blue]",
	}
	for query, want := range tests {
		w := s.do(t, "GET", "/api/v1/notes"+query, "")
		if !strings.Contains(w.Body.String(), `"seen":"`+want+`\n"`) {
			t.Errorf("%s: %s", query, w.Body)
		}
	}
}

func TestBodyNobodyAskedForIsIgnored(t *testing.T) {
	t.Parallel()
	s := sample(t)
	w := s.do(t, "DELETE", "/api/v1/notes/5", "no JSON", "Content-Type", "text/plain")
	if w.Code != http.StatusNoContent {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
