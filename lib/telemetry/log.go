// Package telemetry is how the service speaks about itself: its log, traces, reports of errors and health.
package telemetry

import (
	"context"
	"io"
	"log/slog"
)

// LogOptions say what is written, where, and how.
type LogOptions struct {
	To      io.Writer
	Level   slog.Leveler // a *slog.LevelVar may change
	Text    bool         // for people, in place of JSON
	Reports *Reporter    // gets every error too; nil: nobody does
}

// NewLogger writes records through a buffer of 64 kB, which goes on when it is full, 200 ms after its first record, and at
// once with an error. Close it before the process ends; what is logged after that is written at once.
func NewLogger(o LogOptions) (log *slog.Logger, closeLog func()) {
	b := newBuffer(o.To)
	ho := &slog.HandlerOptions{Level: o.Level}
	h := slog.Handler(slog.NewJSONHandler(b, ho))
	if o.Text {
		h = slog.NewTextHandler(b, ho)
	}
	h = &flushing{h, b}
	if o.Reports != nil {
		h = o.Reports.handler(h)
	}
	return slog.New(h), b.close
}

// flushing hands on the buffer with each error.
type flushing struct {
	slog.Handler
	buffer *buffer
}

func (f *flushing) Handle(ctx context.Context, r slog.Record) error {
	err := f.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelError {
		f.buffer.flush()
	}
	return err
}

func (f *flushing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &flushing{f.Handler.WithAttrs(attrs), f.buffer}
}

func (f *flushing) WithGroup(name string) slog.Handler {
	return &flushing{f.Handler.WithGroup(name), f.buffer}
}
