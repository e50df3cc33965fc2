package api_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := sample(t)
	elsewhere := regexp.MustCompile(`(?:src|href)\s*=\s*["']?(?:https?:)?//`)
	inline := regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	for _, path := range []string{"/docs", "/docs/", "/redoc", "/redoc/", "/problems", "/problems/"} {
		w := s.do(t, "GET", path, "")
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if elsewhere.MatchString(body) || strings.Contains(policy, "http") || strings.Contains(policy, "script-src *") {
			t.Errorf("%s: %s\n%s", path, policy, body)
		}
		for _, script := range inline.FindAllStringSubmatch(body, -1) {
			sum := sha256.Sum256([]byte(script[1]))
			if !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
				t.Errorf("%s: the policy forbids an inline script", path)
			}
		}
	}
}

func TestWhatThePagesNeedIsThere(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, page := range []string{"/docs", "/redoc"} {
		body := s.do(t, "GET", page, "").Body.String()
		for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			w := s.do(t, "GET", m[1], "", "Accept-Encoding", "gzip")
			if w.Code != http.StatusOK || w.Body.Len() == 0 || w.Header().Get("Cache-Control") == "no-store" {
				t.Errorf("%s needs %s: %d %v", page, m[1], w.Code, w.Header())
			}
		}
	}

	packed := s.do(t, "GET", "/redoc/redoc.standalone.js", "", "Accept-Encoding", "br, gzip")
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if plain := s.do(t, "GET", "/redoc/redoc.standalone.js", ""); plain.Body.String() != string(unpacked) {
		t.Error("a client without gzip gets something else")
	}
}

func TestDocumentHasTwoAddressesAndSwaggerLeadsToDocs(t *testing.T) {
	t.Parallel()
	s := sample(t)
	open, swagger := s.do(t, "GET", "/openapi.json", ""), s.do(t, "GET", "/swagger.json", "")
	if open.Code != http.StatusOK || open.Body.String() != swagger.Body.String() || open.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", open.Code, open.Header())
	}
	for _, path := range []string{"/swagger", "/swagger/", "/swagger/index.html"} {
		if w := s.do(t, "GET", path, ""); w.Code != http.StatusFound || w.Header().Get("Location") != "/docs" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestDocumentOfQueuesIsServedAndTheOtherLeadsToIt(t *testing.T) {
	t.Parallel()
	s := sample(t)
	w := s.do(t, "GET", "/asyncapi.json", "")
	if w.Code != http.StatusOK || w.Body.String() != `{"asyncapi":"3.0.0"}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if d, body := document(t, s); d.ExternalDocs.URL != "/asyncapi.json" || d.ExternalDocs.Description == "" {
		t.Errorf("%s", body)
	}

	o := options(new(logs))
	o.AsyncAPI = nil
	s.root = api.New(o)
	s.handler = s.root.Handler()
	if w := s.do(t, "GET", "/asyncapi.json", ""); w.Code != http.StatusNotFound {
		t.Errorf("a document that nobody makes: %d", w.Code)
	}
	if d, body := document(t, s); d.ExternalDocs.URL != "" {
		t.Errorf("%s", body)
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	body := sample(t).do(t, "GET", "/problems", "").Body.String()
	for _, code := range []string{"malformed", "invalid", "not_found", "title_taken", "archive_closed"} {
		if !strings.Contains(body, `id="`+code+`"`) {
			t.Errorf("%s is missing", code)
		}
	}
	for _, help := range regexp.MustCompile(`</td><td>([^<\d][^<]*)</td>`).FindAllStringSubmatch(body, -1) {
		if !regexp.MustCompile(`^[A-Z].*\.$`).MatchString(help[1]) {
			t.Errorf("%q is no sentence", help[1])
		}
	}
	var statuses []string
	for _, m := range regexp.MustCompile(`</td><td>(\d{3})</td>`).FindAllStringSubmatch(body, -1) {
		statuses = append(statuses, m[1])
	}
	if len(statuses) < 10 || !slices.IsSorted(statuses) {
		t.Errorf("the statuses are listed as %v", statuses)
	}
}

func TestDocsAreOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	o := options(new(logs))
	o.Docs = false
	s := &site{root: api.New(o)}
	s.handler = s.root.Handler()
	for _, path := range []string{"/docs", "/docs/swagger-ui.css", "/redoc", "/openapi.json", "/asyncapi.json", "/swagger.json", "/swagger/"} {
		if w := s.do(t, "GET", path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := s.do(t, "GET", "/problems", ""); w.Code != http.StatusOK {
		t.Errorf("the page that every problem names: %d", w.Code)
	}
}

func TestNoPathAnswersAnErrorOfItsOwnMake(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for request, want := range map[string]int{
		"POST /livez": 405, "DELETE /docs": 405, "GET /docs/nothing": 404, "GET /docs/swagger-ui.css.gz": 404,
		"GET /redoc/nothing": 404, "GET /problems/nothing": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		if p := problem(t, s.do(t, method, path, "")); p.Status != want {
			t.Errorf("%s: %+v", request, p)
		}
	}
}
