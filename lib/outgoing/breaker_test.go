package outgoing_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/outgoing"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

func TestUpstreamThatDoesNotWorkIsLeftAloneUntilItDoes(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var works atomic.Bool
	metrics := prometheus.NewRegistry()
	c := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if !works.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		says(w, "there")
	}, func(o *outgoing.Options) { o.Metrics = metrics })

	for range 30 {
		_, _ = page(t.Context(), c, "a")
	}
	if _, err := page(t.Context(), c, "a"); asked.Load() != 20 || !errors.Is(err, outgoing.ErrUnavailable) {
		t.Errorf("it was asked %d times, then: %v", asked.Load(), err)
	}
	holds(t, metrics, `
		app_outgoing_breaker{state="closed",upstream="pages"} 0
		app_outgoing_breaker{state="half-open",upstream="pages"} 0
		app_outgoing_breaker{state="open",upstream="pages"} 1
		app_outgoing_in_flight{upstream="pages"} 0
		app_outgoing_requests_total{outcome="fault",upstream="pages"} 20
		app_outgoing_requests_total{outcome="open",upstream="pages"} 11`)

	works.Store(true)
	testenv.Eventually(t, "it is asked again", func() bool {
		_, err := page(t.Context(), c, "a")
		return err == nil
	})
	for range 5 {
		if _, err := page(t.Context(), c, "a"); err != nil {
			t.Error(err)
		}
	}
}

// holds compares lines of what a scrape gives.
func holds(t *testing.T, metrics *prometheus.Registry, want string) {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no %s in %s", line, w.Body)
		}
	}
}

func TestNothingFoundAndCallersWhoLeaveDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "slow") {
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusNotFound)
	}, nil)
	for range 50 {
		ctx, leave := context.WithCancel(t.Context())
		var caller sync.WaitGroup
		caller.Go(func() { _, _ = page(ctx, c, "slow") })
		_, err := page(t.Context(), c, "a")
		leave()
		caller.Wait()
		if !errors.Is(err, outgoing.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

func TestWhoeverLeavesATrialSaysNothingOfTheUpstream(t *testing.T) {
	t.Parallel()
	var works atomic.Bool
	early, slow := make(chan struct{}), make(chan struct{})
	impatient, leave := context.WithCancel(t.Context())
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch path.Base(r.URL.Path) {
		case "early":
			<-early
			w.WriteHeader(http.StatusInternalServerError)
			return
		case "slow":
			leave()
			<-slow
		}
		if !works.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		says(w, "there")
	}, nil)

	var before sync.WaitGroup
	for range 3 {
		before.Go(func() { _, _ = page(t.Context(), c, "early") })
	}
	for range 30 {
		_, _ = page(t.Context(), c, "a")
	}
	works.Store(true)
	testenv.Eventually(t, "there are trials", func() bool {
		_, err := page(impatient, c, "slow")
		return errors.Is(err, context.Canceled)
	})

	close(early)
	before.Wait()
	for i := range 10 {
		if i == 5 {
			close(slow)
		}
		if got, err := page(t.Context(), c, "a"); got != "there" || err != nil {
			t.Errorf("whoever waits is told %q, %v", got, err)
		}
	}
}

func TestTraceGoesOnInTheUpstream(t *testing.T) {
	t.Parallel()
	traceparent := telemetry.NewTraceparent()
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) { says(w, r.Header.Get("Traceparent")) }, nil)
	ctx := telemetry.WithTrace(t.Context(), telemetry.Trace{Traceparent: traceparent})
	if got, err := page(ctx, c, "a"); got != traceparent || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEachAttemptIsASpanBelowTheCallersThatTheUpstreamIsToldOf(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	tracer, shutdown, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: collector.URL, Service: "app", Mode: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	c := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		told = append(told, r.Header.Get("Traceparent"))
		if len(told) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		says(w, "there")
	}, func(o *outgoing.Options) { o.Tracer = tracer })

	ctx, caller := tracer.Start(t.Context(), "caller", trace.SpanKindInternal)
	if _, err := page(ctx, c, "a"); err != nil {
		t.Fatal(err)
	}
	caller.End()
	if err := shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	spans := collector.Spans()
	if len(spans) != 3 || len(told) != 2 {
		t.Fatalf("%+v; the upstream was told of %v", spans, told)
	}
	for i, status := range []string{"502", "200"} {
		s := spans[i]
		if s.Name != "GET pages" || s.Parent != spans[2].ID || !strings.Contains(told[i], s.Trace+"-"+s.ID) ||
			s.Attributes["http.response.status_code"] != "int_value:"+status || s.Failed != (status == "502") {
			t.Errorf("attempt %d is %+v, and the upstream was told of %s", i, s, told[i])
		}
	}
}
