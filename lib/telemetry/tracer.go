package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Tracer begins spans. A nil one begins none and costs nothing.
type Tracer struct {
	provider trace.TracerProvider
	tracer   trace.Tracer
}

func newTracer(p trace.TracerProvider) *Tracer {
	return &Tracer{p, p.Tracer("example.com/app")}
}

// Provider is for what begins spans of its own.
func (t *Tracer) Provider() trace.TracerProvider { return t.provider }

// Start begins a span below the one in ctx, or below the Traceparent of its Trace when that came from elsewhere.
// What ctx carries on from here, to messages and to the log, names the new span; the causes it only points to. End it.
func (t *Tracer) Start(ctx context.Context, name string, kind trace.SpanKind, causes ...Trace) (context.Context, trace.Span) {
	if t == nil {
		return ctx, noop.Span{}
	}
	ctx, span := t.tracer.Start(remote(ctx, TraceOf(ctx)), name, trace.WithSpanKind(kind), trace.WithLinks(links(causes)...))
	return WithTrace(ctx, Trace{CorrelationID: TraceOf(ctx).CorrelationID, Traceparent: traceparent(ctx)}), span
}

func links(causes []Trace) []trace.Link {
	var links []trace.Link
	for _, c := range causes {
		if given := trace.SpanContextFromContext(remote(context.Background(), c)); given.IsValid() {
			links = append(links, trace.Link{SpanContext: given})
		}
	}
	return links
}

// remote makes t's Traceparent the parent of what begins in ctx, unless a span of ours is there.
func remote(ctx context.Context, t Trace) context.Context {
	if t.Traceparent == "" || trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": t.Traceparent})
}

func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
