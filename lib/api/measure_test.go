package api_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/api"
)

// measured counts in a registry of its own.
func measured(t *testing.T, l *logs) (*api.Group, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	o := options(l)
	o.Metrics = registry
	return api.New(o), registry
}

// figures are the figures by name and label values: of a histogram, how often something was observed.
func figures(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := []string{strings.TrimPrefix(f.GetName(), "app_http_")}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			all[strings.Join(name, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func TestRequestsAreCountedByTheirRoutes(t *testing.T) {
	t.Parallel()
	root, registry := measured(t, new(logs))
	notes(root.Group("/notes", "notes"))
	root.Mount("/livez", http.NotFoundHandler())
	s := &site{root: root, handler: root.Handler()}

	for _, request := range []string{
		"GET /api/v1/notes/5", "GET /api/v1/notes/6?x=1", "GET /api/v1/notes/404", "GET /api/v1/notes/404",
		"BREW /api/v1/notes/5", "PROPFIND /secret", "GET /secret", "GET /api/v1/notes/5/secret", "GET /livez",
	} {
		method, path, _ := strings.Cut(request, " ")
		s.do(t, method, path, "")
	}

	want := map[string]float64{
		"requests_total GET /api/v1/notes/{id} 200":   1,
		"requests_total GET /api/v1/notes/{id} 422":   1,
		"requests_total GET /api/v1/notes/{id} 404":   2,
		"requests_total other /api/v1/notes/{id} 405": 1,
		"requests_total other unmatched 404":          1,
		"requests_total GET unmatched 404":            2,
		"requests_total GET /livez 404":               1,
		"request_seconds GET /api/v1/notes/{id}":      4,
		"request_seconds other /api/v1/notes/{id}":    1,
		"request_seconds other unmatched":             1,
		"request_seconds GET unmatched":               2,
		"request_seconds GET /livez":                  1,
		"requests_in_flight GET /api/v1/notes/{id}":   0,
		"requests_in_flight other /api/v1/notes/{id}": 0,
		"requests_in_flight other unmatched":          0,
		"requests_in_flight GET unmatched":            0,
		"requests_in_flight GET /livez":               0,
	}
	if got := figures(t, registry); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestRequestThatRunsIsInFlight(t *testing.T) {
	t.Parallel()
	root, registry := measured(t, new(logs))
	const name = "requests_in_flight GET /api/v1/look"
	var during float64
	api.Get(root, "/look", "look", "Look", func(context.Context, *struct{}) (api.NoContent, error) {
		during = figures(t, registry)[name]
		return api.NoContent{}, nil
	}, api.Public())
	root.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/look", http.NoBody))

	if after := figures(t, registry)[name]; during != 1 || after != 0 {
		t.Errorf("%v while it ran, %v after", during, after)
	}
}

func TestAnswerThatIsGivenUpIsCountedAsOneOfAClientThatLeft(t *testing.T) {
	t.Parallel()
	l := new(logs)
	root, registry := measured(t, l)
	root.Mount("/half", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic(http.ErrAbortHandler)
	}))
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // what net/http compares with
				t.Errorf("net/http is told %v", p)
			}
		}()
		root.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/half", http.NoBody))
	}()

	got := figures(t, registry)
	if got["requests_total GET /half 499"] != 1 || got["requests_in_flight GET /half"] != 0 {
		t.Errorf("%v", got)
	}
	if lines := l.records(t, "request failed"); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
}
