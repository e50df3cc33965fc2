package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func unpacked(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestLongAnswersAreCompressedForWhoAcceptsIt(t *testing.T) {
	t.Parallel()
	s := sample(t)
	plain := s.do(t, "GET", "/api/v1/long", "").Body.String()
	for accepted, packed := range map[string]bool{
		"gzip": true, "GZIP": true, "x-gzip": true, "br, gzip": true, "gzip;q=0.1": true, "gzip; q=1": true, "*": true, "*;q=0.5, br": true,
		"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "*, gzip;q=0": false, "*;q=0": false,
		"gzip;q=x": false, "gzip;q": false, "gzipped": false,
	} {
		w := s.do(t, "GET", "/api/v1/long", "", "Accept-Encoding", accepted)
		h := w.Header()
		if got := h.Get("Content-Encoding") == "gzip"; got != packed || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", accepted, h)
			continue
		}
		if packed && (w.Body.Len() > 1000 || unpacked(t, w) != plain) {
			t.Errorf("%q: the answer is another one", accepted)
		}
	}
}

func TestOnlyBodiesThatAreWorthItAreCompressed(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tag := s.do(t, "GET", "/api/v1/long", "").Header().Get("ETag")
	for _, w := range []*httptest.ResponseRecorder{
		s.do(t, "GET", notePath, "", "Accept-Encoding", "gzip"),
		s.do(t, "GET", "/nothing", "", "Accept-Encoding", "gzip"),
		s.do(t, "DELETE", notePath, "", "Accept-Encoding", "gzip"),
		s.do(t, "GET", "/api/v1/long", "", "Accept-Encoding", "gzip", "If-None-Match", tag),
	} {
		if got := w.Header().Get("Content-Encoding"); got != "" {
			t.Errorf("%d in %s", w.Code, got)
		}
	}

	long := s.do(t, "GET", "/api/v1/notes?"+strings.Join(strings.Split("abcdefghijklmnopqrst", ""), "&"), "", "Accept-Encoding", "gzip")
	if long.Code != http.StatusUnprocessableEntity || long.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(unpacked(t, long), `"request_id"`) {
		t.Errorf("a long problem: %d %v", long.Code, long.Header())
	}
}

func TestHeadTellsOfTheCompressedAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sample(t).handler)
	defer server.Close()
	var lengths []int64
	for _, method := range []string{"GET", "HEAD"} {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1/long", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || method == "HEAD" && len(body) > 0 || answer.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d bytes, %v, %v", method, len(body), answer.Header, err)
		}
		lengths = append(lengths, answer.ContentLength)
	}
	if lengths[0] != lengths[1] || lengths[0] < 1 {
		t.Errorf("GET and HEAD tell of %d bytes", lengths)
	}
}

func TestDocumentationIsCompressed(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, path := range []string{"/openapi.json", "/docs", "/problems"} {
		w := s.do(t, "GET", path, "", "Accept-Encoding", "gzip")
		if w.Header().Get("Content-Encoding") != "gzip" || unpacked(t, w) != s.do(t, "GET", path, "").Body.String() {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
}
