package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/api"
)

// sink is a client that throws everything away.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header       { return s.header }
func (*sink) Write(p []byte) (int, error) { return len(p), nil }
func (*sink) WriteHeader(int)             {}

// benchmarked has everything on that costs something, but for a tracer.
func benchmarked() *api.Group {
	root := api.New(api.Options{
		Title: "Notes", AccessLog: true, HSTS: true, Metrics: prometheus.NewRegistry(),
		Logger: slog.New(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Policy: api.Policy{RateLimit: api.Rate{Requests: 1e9, Per: time.Second}, CORSOrigins: []string{"https://example.com"}},
	})
	notes(root.Group("/notes", "notes"))
	return root
}

func pong(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "pong")
}

// BenchmarkPing is what stands around a handler that does nothing: the standard library's router, echo, and the middleware.
func BenchmarkPing(b *testing.B) {
	mux, bare, root := http.NewServeMux(), echo.New(), benchmarked()
	mux.HandleFunc("GET /ping", pong)
	bare.GET("/ping", echo.WrapHandler(http.HandlerFunc(pong)))
	root.Mount("/ping", http.HandlerFunc(pong))

	for _, handler := range []struct {
		name string
		http.Handler
	}{{"http", mux}, {"echo", bare}, {"api", root.Handler()}} {
		b.Run(handler.name, func(b *testing.B) { benchmarkGet(b, handler, "/ping") })
	}
}

func BenchmarkGet(b *testing.B) { benchmarkGet(b, benchmarked().Handler(), "/notes/5") }

func benchmarkGet(b *testing.B, h http.Handler, path string) {
	w := &sink{http.Header{}}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		w.header = http.Header{}
		h.ServeHTTP(w, r)
	}
}

func BenchmarkPost(b *testing.B) {
	h, w := benchmarked().Handler(), &sink{http.Header{}}
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
