package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

func TestRequestIsASpanBelowItsClients(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	l := new(logs)
	o := options(l)
	tracer, flush, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{Endpoint: collector.URL, Service: "app", Log: o.Logger})
	if err != nil {
		t.Fatal(err)
	}
	o.Tracer = tracer
	root := api.New(o)
	notes(root.Group("/notes", "notes"))
	var known telemetry.Trace
	api.Get(root, "/trace", "trace", "Trace", func(ctx context.Context, _ *struct{}) (api.NoContent, error) {
		known = telemetry.TraceOf(ctx)
		return api.NoContent{}, nil
	}, api.Public())

	ask := func(path, body, parent string) {
		method := map[bool]string{true: "GET", false: "POST"}[body == ""]
		s := &site{handler: root.Handler()}
		s.do(t, method, "/api/v1"+path, body, "Traceparent", parent)
	}
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	ask("/notes/7/nothing", "", "")
	ask("/notes", `{"title":"boom"}`, "")
	ask("/trace", "", "00-"+trace+"-"+parent+"-01")
	if err := flush(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}

	named := func(name string) testenv.Span {
		return collector.Span(t, name, func(s testenv.Span) bool { return s.Name == name })
	}
	if s := named("GET unmatched"); s.Parent != "" || s.Failed {
		t.Errorf("%+v", s)
	}
	if s := named("POST /api/v1/notes"); s.Parent != "" || !s.Failed || !strings.HasSuffix(s.Attributes["http.response.status_code"], "500") {
		t.Errorf("%+v", s)
	}
	s := named("GET /api/v1/trace")
	if s.Trace != trace || s.Parent != parent || known.Traceparent != "00-"+trace+"-"+s.ID+"-01" {
		t.Errorf("%+v, which the handler knows as %s", s, known.Traceparent)
	}
	for name, want := range map[string]string{
		"http.request.method": "GET", "http.route": "/api/v1/trace", "url.path": "/api/v1/trace",
		"http.response.status_code": "204", "client.address": "192.0.2.1", // numbers come with their type before them
	} {
		if !strings.HasSuffix(s.Attributes[name], want) {
			t.Errorf("%s is %q", name, s.Attributes[name])
		}
	}
}

func TestBrowsersAreToldToTrustNothing(t *testing.T) {
	t.Parallel()
	o := options(new(logs))
	for _, o.HSTS = range []bool{true, false} {
		h := api.New(o).Handler()
		for _, path := range []string{"/nothing", "/openapi.json", "/docs"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody))
			policy := w.Header().Get("Content-Security-Policy")
			if policy == "" || (policy == "default-src 'none'; frame-ancestors 'none'") != (path != "/docs") {
				t.Errorf("%s: %s", path, policy)
			}
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != o.HSTS {
				t.Errorf("%s insists on TLS: %t", path, got)
			}
		}
	}
}
