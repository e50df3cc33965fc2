package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// FuzzRequest sends anything: no answer may be our own fault, and each must be in the document.
func FuzzRequest(f *testing.F) {
	f.Add("/notes", "limit=5&after=x", `"3"`, `{"title":"a","tags":["ab"]}`)
	f.Add("/notes/5", "", "*", `{"title":" ","done":null}`)
	f.Add("/shelves/a%2Fb/notes/7", "x=%ff&y=;", `W/"1"`, `{"title":"\u0000","place":{"city":1}}`)
	f.Add("/uploads", "&&=", "", `{"data":"`+strings.Repeat("a", 200))
	s := sample(f)
	f.Fuzz(func(t *testing.T, path, query, tag, body string) {
		if onPurpose := regexp.MustCompile(`odd|boom|down|slow`); onPurpose.MatchString(path + body) {
			return
		}
		u, err := url.ParseRequestURI("http://a/api/v1" + path)
		if err != nil {
			return
		}
		u.RawQuery = query
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
			r.URL, r.RequestURI = u, ""
			r.Header = http.Header{"Content-Type": {"application/json"}, "If-Match": {tag}, "If-None-Match": {tag}, "X-Request-Id": {tag}}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s %s: %d %s", method, u, w.Code, w.Body)
			}
		}
	})
}
