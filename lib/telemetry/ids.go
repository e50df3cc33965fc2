package telemetry

import (
	"context"
	"log/slog"
)

const (
	requestKey     = "request_id"
	correlationKey = "correlation_id"
)

// ids adds those of a trace to each record: cheaper than Logger.With, which formats them for every request.
type ids struct {
	slog.Handler
	key   string // of the CorrelationID
	trace Trace
}

// Traced is l with the ids of t, for where no context is at hand.
func Traced(l *slog.Logger, t Trace) *slog.Logger {
	return slog.New(&ids{bare(l), correlationKey, t})
}

// bare is l's handler without ids, so that no record has them twice.
func bare(l *slog.Logger) slog.Handler {
	if i, ok := l.Handler().(*ids); ok {
		return i.Handler
	}
	return l.Handler()
}

func (i *ids) Handle(ctx context.Context, r slog.Record) error {
	attrs, n := i.attrs()
	r.AddAttrs(attrs[:n]...)
	return i.Handler.Handle(ctx, r)
}

func (i *ids) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &ids{i.Handler.WithAttrs(attrs), i.key, i.trace}
}

// WithGroup keeps the ids outside the group.
func (i *ids) WithGroup(name string) slog.Handler {
	attrs, n := i.attrs()
	return i.Handler.WithAttrs(attrs[:n]).WithGroup(name)
}

// attrs are n of them, in an array that needs no memory of its own.
func (i *ids) attrs() (attrs [3]slog.Attr, n int) {
	if id := i.trace.CorrelationID; id != "" {
		attrs[0], n = slog.String(i.key, id), 1
	}
	if id := i.trace.ID(); id != "" {
		attrs[n], attrs[n+1] = slog.String("trace_id", id), slog.String("span_id", i.trace.SpanID())
		n += 2
	}
	return attrs, n
}
