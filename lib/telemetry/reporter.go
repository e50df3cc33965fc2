package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/getsentry/sentry-go"
)

const lastReports = 2 * time.Second // for those that have not gone when the process ends

// ReportOptions say where errors are reported, and whose they are.
type ReportOptions struct {
	DSN                        string // https://KEY@HOST/PROJECT; empty: there is no Reporter
	Version, Environment, Mode string
}

// Reporter sends errors to Sentry in the background, and drops some rather than let anybody wait.
type Reporter struct {
	client *sentry.Client
	mode   string
}

// NewReporter does not ask whether Sentry is there. A nil Reporter is fine to close.
func NewReporter(o ReportOptions) (*Reporter, error) {
	if o.DSN == "" {
		return nil, nil
	}
	client, err := sentry.NewClient(sentry.ClientOptions{Dsn: o.DSN, Release: o.Version, Environment: o.Environment})
	if err != nil {
		return nil, errors.New("report errors to Sentry: the DSN is none, want https://KEY@HOST/PROJECT") // the error shows the key
	}
	return &Reporter{client, o.Mode}, nil
}

// Close waits at most 2 s for what has not gone.
func (r *Reporter) Close() {
	if r != nil {
		r.client.Flush(lastReports)
	}
}

// reporting is a handler that reports errors, too.
type reporting struct {
	slog.Handler
	to    *Reporter
	attrs []slog.Attr // of all its records
}

func (r *Reporter) handler(next slog.Handler) slog.Handler { return &reporting{Handler: next, to: r} }

func (h *reporting) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		h.to.client.CaptureEvent(h.to.event(r, h.attrs), nil, nil)
	}
	return h.Handler.Handle(ctx, r)
}

func (h *reporting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &reporting{h.Handler.WithAttrs(attrs), h.to, slices.Concat(h.attrs, attrs)}
}

func (h *reporting) WithGroup(name string) slog.Handler {
	return &reporting{h.Handler.WithGroup(name), h.to, h.attrs}
}

// event holds the message, the error with its stack, and what it happened to: nothing else of the record.
func (r *Reporter) event(record slog.Record, attrs []slog.Attr) *sentry.Event {
	e := sentry.NewEvent()
	e.Level, e.Timestamp, e.Message = sentry.LevelError, record.Time, record.Message
	e.Tags["mode"] = r.mode
	failed := sentry.Exception{Type: record.Message}

	note := func(a slog.Attr) bool {
		switch value := a.Value.String(); a.Key {
		case "error":
			failed.Value = value
		case "stack":
			failed.Stacktrace = stacktrace(value)
		case requestKey, correlationKey, "trace_id", "span_id", "message_id", "queue", "connection", "reason", "job", "run", "route", "method":
			e.Tags[a.Key] = value
		}
		return true
	}
	for _, a := range attrs {
		note(a)
	}
	record.Attrs(note)

	if failed.Value != "" {
		e.Exception = []sentry.Exception{failed}
	}
	if failed.Stacktrace == nil { // the text alone would make an issue of every id in it
		e.Fingerprint = []string{record.Message, fmt.Sprint(e.Tags["route"], e.Tags["queue"], e.Tags["job"], e.Tags["connection"])}
	}
	return e
}
