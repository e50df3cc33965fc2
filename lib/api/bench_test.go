package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/app/lib/api"
)

// sink is a client that throws everything away.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header       { return s.header }
func (*sink) Write(p []byte) (int, error) { return len(p), nil }
func (*sink) WriteHeader(int)             {}

func benchmarked() http.Handler {
	root := api.New(api.Options{Title: "Notes", Logger: slog.New(slog.DiscardHandler), AccessLog: true})
	notes(root.Group("/notes", "notes"))
	return root.Handler()
}

func BenchmarkGet(b *testing.B) {
	h, w := benchmarked(), &sink{http.Header{}}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/notes/5", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

func BenchmarkPost(b *testing.B) {
	h, w := benchmarked(), &sink{http.Header{}}
	body := strings.NewReader("")
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/notes", body)
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		body.Reset(`{"title":"short"}`)
		h.ServeHTTP(w, r)
	}
}
