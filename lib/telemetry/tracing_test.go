package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

// tracing sends spans to endpoint; flush waits until they are there.
func tracing(t *testing.T, endpoint string, log *slog.Logger) (tracer *telemetry.Tracer, flush func()) {
	t.Helper()
	tracer, shutdown, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: endpoint, Service: "app", Mode: "test", Version: "1", Environment: "here", Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tracer, func() {
		t.Helper()
		if err := shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestSpansChainUpBelowWhatCameFromElsewhere(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	tracer, flush := tracing(t, collector.URL, slog.Default())

	outer, end := tracer.Start(telemetry.WithTrace(t.Context(), traced()), "outer", trace.SpanKindServer)
	inner, endInner := tracer.Start(outer, "inner", trace.SpanKindInternal, traced(), telemetry.Trace{CorrelationID: "no span"})
	endInner.End()
	end.End()
	flush()

	spans := collector.Spans()
	if len(spans) != 2 || spans[0].Name != "inner" || spans[1].Name != "outer" {
		t.Fatalf("the collector has %+v", spans)
	}
	in, out := spans[0], spans[1]
	if out.Trace != traceID || out.Parent != spanID || in.Trace != traceID || in.Parent != out.ID || out.Process != "app test" {
		t.Errorf("they are %+v", spans)
	}
	if len(in.Links) != 1 || in.Links[0] != spanID {
		t.Errorf("the inner one points to %v", in.Links)
	}
	for ctx, id := range map[context.Context]string{outer: out.ID, inner: in.ID} {
		if now := telemetry.TraceOf(ctx); now.ID() != traceID || now.SpanID() != id || now.CorrelationID != "7" {
			t.Errorf("the context of span %s goes on as %+v", id, now)
		}
	}
}

func TestTraceThatNobodyRecordsIsNotRecordedHere(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	tracer, flush := tracing(t, collector.URL, slog.Default())

	ctx := telemetry.WithTrace(t.Context(), telemetry.Trace{Traceparent: "00-" + traceID + "-" + spanID + "-00"})
	ctx, span := tracer.Start(ctx, "unseen", trace.SpanKindServer)
	span.End()
	flush()

	if span.IsRecording() || len(collector.Spans()) > 0 || telemetry.TraceOf(ctx).ID() != traceID {
		t.Errorf("the collector has %+v, and the trace goes on as %+v", collector.Spans(), telemetry.TraceOf(ctx))
	}
}

func TestNoTracerChangesNothing(t *testing.T) {
	t.Parallel()
	tracer, flush := tracing(t, "", nil)
	ctx := telemetry.WithTrace(t.Context(), traced())
	if same, span := tracer.Start(ctx, "none", trace.SpanKindServer); tracer != nil || same != ctx || span.IsRecording() {
		t.Error("without an endpoint there are spans")
	}
	flush()
}

// TestDeadCollectorIsToldOfOnce counts lines of many batches.
func TestDeadCollectorIsToldOfOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= 3 {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	var out bytes.Buffer
	tracer, flush := tracing(t, server.URL, slog.New(slog.NewTextHandler(&out, nil)))

	for asked.Load() < 4 {
		before := asked.Load()
		for range 512 { // a batch
			_, span := tracer.Start(t.Context(), "lost", trace.SpanKindServer)
			span.End()
		}
		testenv.Eventually(t, "a batch goes", func() bool { return asked.Load() > before })
	}
	flush()
	if said := out.String(); strings.Count(said, "do not reach") != 1 || strings.Count(said, "again") != 1 {
		t.Errorf("the log holds %s", said)
	}
}

func TestCollectorThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	tracer, shutdown, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: server.URL, Service: "app", Mode: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}

	for range 10_000 { // many times what the queue takes
		_, span := tracer.Start(t.Context(), "dropped", trace.SpanKindServer)
		span.End()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the end says %v", err)
	}
}
