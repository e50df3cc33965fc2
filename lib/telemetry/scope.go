package telemetry

import (
	"context"
	"log/slog"
)

// scope is what a context knows of its reason, its logger among it, in one allocation.
type scope struct {
	context.Context
	logger slog.Logger // writes through ids
	ids    ids
}

type scopeKey struct{}

func (s *scope) Value(key any) any {
	if key == (scopeKey{}) {
		return s
	}
	return s.Context.Value(key)
}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

func newScope(ctx context.Context, i ids) context.Context {
	s := &scope{Context: ctx, ids: i}
	s.logger = *slog.New(&s.ids)
	return s
}

// WithRequest is With for a request: its records name the CorrelationID request_id.
func WithRequest(ctx context.Context, l *slog.Logger, t Trace) context.Context {
	return newScope(ctx, ids{bare(l), requestKey, t})
}

// With puts t and l into the context; l's records carry correlation_id, trace_id and span_id.
func With(ctx context.Context, l *slog.Logger, t Trace) context.Context {
	return newScope(ctx, ids{bare(l), correlationKey, t})
}

// WithLogger puts l into the context, whose ids it carries from here.
func WithLogger(ctx context.Context, l *slog.Logger) context.Context {
	if s := scopeOf(ctx); s != nil {
		return newScope(ctx, ids{bare(l), s.ids.key, s.ids.trace})
	}
	return With(ctx, l, Trace{})
}

// Logger is the context's logger, or slog's default one.
func Logger(ctx context.Context) *slog.Logger {
	if s := scopeOf(ctx); s != nil {
		return &s.logger
	}
	return slog.Default()
}

// WithTrace puts t into the context, and its ids into what its logger writes.
func WithTrace(ctx context.Context, t Trace) context.Context {
	if s := scopeOf(ctx); s != nil {
		return newScope(ctx, ids{s.ids.Handler, s.ids.key, t})
	}
	return With(ctx, slog.Default(), t)
}

// TraceOf is the context's trace; its zero value when there is none.
func TraceOf(ctx context.Context) Trace {
	if s := scopeOf(ctx); s != nil {
		return s.ids.trace
	}
	return Trace{}
}
