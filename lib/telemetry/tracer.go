package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Tracer begins spans. A nil one begins none and costs nothing.
type Tracer struct {
	tracer trace.Tracer
}

// Start begins a span below the one in ctx, or below the Traceparent of its Trace when that came from elsewhere.
// What ctx carries on from here, to messages and to the log, names the new span. End it.
func (t *Tracer) Start(ctx context.Context, name string, kind trace.SpanKind) (context.Context, trace.Span) {
	if t == nil {
		return ctx, noop.Span{}
	}
	ctx, span := t.tracer.Start(remote(ctx), name, trace.WithSpanKind(kind))
	return WithTrace(ctx, Trace{CorrelationID: TraceOf(ctx).CorrelationID, Traceparent: traceparent(ctx)}), span
}

// remote makes the context's Traceparent the parent of what begins in it, unless a span of ours is there.
func remote(ctx context.Context) context.Context {
	given := TraceOf(ctx).Traceparent
	if given == "" || trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": given})
}

func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
