package broker

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/telemetry"
)

// inSpan is below the message's span, or points to those of several. What is said of them from here names it.
func (t *task) inSpan(ctx context.Context, ds []Delivery, do func(ctx context.Context) error) error {
	if t.o.Tracer == nil {
		return do(ctx)
	}

	ctx, span := t.o.Tracer.Start(ctx, "process "+t.queue.Name, trace.SpanKindConsumer, t.causes(ds)...)
	defer span.End() // it notes a panic, too
	t.log = telemetry.Traced(t.log, telemetry.TraceOf(ctx))
	if span.IsRecording() {
		span.SetAttributes(t.attributes(ds)...)
	}

	err := do(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

func (t *task) causes(ds []Delivery) (causes []telemetry.Trace) {
	if !t.several {
		return nil
	}
	for _, d := range ds {
		causes = append(causes, TraceOf(d.Envelope))
	}
	return causes
}

// attributes are those of OpenTelemetry's semantic conventions for messaging.
func (t *task) attributes(ds []Delivery) []attribute.KeyValue {
	of := []attribute.KeyValue{
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", t.queue.Name),
	}
	if t.several {
		return append(of, attribute.Int("messaging.batch.message_count", len(ds)))
	}
	return append(of,
		attribute.String("messaging.message.id", ds[0].ID),
		attribute.String("messaging.message.conversation_id", t.trace.CorrelationID),
		attribute.Int("app.message.attempt", ds[0].Attempts()+1),
	)
}
