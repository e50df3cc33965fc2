package cron

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
)

// context is what the work on a run begins in: whatever comes of it, messages too, is correlated by the run,
// and belongs to a trace of its own.
func (s *Scheduler) context(ctx context.Context, h *held) context.Context {
	log := s.log.With("job", h.job, "run", h.id, "tick", h.tick, "epoch", h.epoch)
	t := telemetry.Trace{CorrelationID: fmt.Sprintf("%s/%d", h.job, h.id)}
	if s.tracer == nil {
		t.Traceparent = telemetry.NewTraceparent()
	}
	return telemetry.With(ctx, log, t)
}

func endSpan(span trace.Span, h *held, e ending, err error) {
	if span.IsRecording() {
		span.SetAttributes(
			attribute.String("app.job.name", h.job),
			attribute.Int64("app.job.run", h.id),
			attribute.Int("app.job.epoch", h.epoch),
			attribute.String("app.job.tick", h.tick.String()),
			attribute.String("app.job.ending", string(e)),
		)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
	}
	span.End()
}
