package telemetry

import (
	"context"
	"log/slog"
)

// scope is what a context knows of its reason, in one allocation.
type scope struct {
	context.Context
	log   *slog.Logger
	trace Trace
}

type scopeKey struct{}

func (s *scope) Value(key any) any {
	if key == (scopeKey{}) {
		return s
	}
	return s.Context.Value(key)
}

func scopeOf(ctx context.Context) scope {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return *s
	}
	return scope{}
}

// With is WithLogger and WithTrace at the cost of one.
func With(ctx context.Context, l *slog.Logger, t Trace) context.Context {
	return &scope{ctx, l, t}
}

// WithLogger puts l into the context; l carries the ids of what the context is for.
func WithLogger(ctx context.Context, l *slog.Logger) context.Context {
	return With(ctx, l, scopeOf(ctx).trace)
}

// Logger is the context's logger, or slog's default one.
func Logger(ctx context.Context) *slog.Logger {
	if l := scopeOf(ctx).log; l != nil {
		return l
	}
	return slog.Default()
}

// WithTrace puts t into the context.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return With(ctx, scopeOf(ctx).log, t)
}

// TraceOf is the context's trace; its zero value when there is none.
func TraceOf(ctx context.Context) Trace { return scopeOf(ctx).trace }
