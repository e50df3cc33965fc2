// Package telemetry is how the service speaks about itself.
package telemetry

import (
	"context"
	"io"
	"log/slog"
)

type loggerKey struct{}

// NewLogger writes records of level and above to w: as JSON, or as text for people.
func NewLogger(w io.Writer, level slog.Level, text bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if text {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// WithLogger puts l into the context; l carries the ids of what the context is for.
func WithLogger(ctx context.Context, l *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, l)
}

// Logger is the context's logger, or slog's default one.
func Logger(ctx context.Context) *slog.Logger {
	if l, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return l
	}
	return slog.Default()
}
