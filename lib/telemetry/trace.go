package telemetry

import "context"

// Trace ties together what different processes do for one reason: it comes with a request or a message, and goes
// on with every message that is sent because of it.
type Trace struct {
	CorrelationID string // the request's id, or that of the message which began it
	Traceparent   string // W3C Trace Context; empty: none
}

type traceKey struct{}

// WithTrace puts t into the context.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf is the context's trace; its zero value when there is none.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}
