package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// patient is a connection whose end of writing can be put off.
type patient struct {
	httptest.ResponseRecorder
	until time.Time
}

func (p *patient) SetWriteDeadline(t time.Time) error {
	p.until = t
	return nil
}

func TestLongAnswerTellsItsLength(t *testing.T) {
	t.Parallel()
	w := sample(t).do(t, "GET", "/api/v1/long", "")
	if got := w.Header().Get("Content-Length"); w.Body.Len() < 10_000 || got != "10011" {
		t.Errorf("Content-Length %q for %d bytes", got, w.Body.Len())
	}
}

func TestRouteWithALongDeadlineMayWriteLater(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for path, later := range map[string]bool{"/api/v1/long": true, "/api/v1/notes": false} {
		w := &patient{ResponseRecorder: *httptest.NewRecorder()}
		s.root.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody))
		if w.until.After(time.Now().Add(time.Minute)) != later {
			t.Errorf("%s may write until %s", path, w.until)
		}
	}
}

func TestHeadIsGetWithoutItsBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sample(t).handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/api/v1/notes/5", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("ETag") != `"3"` || answer.ContentLength < 1 {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}
