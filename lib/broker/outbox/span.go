package outbox

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/broker"
	"example.com/app/lib/telemetry"
)

// span begins one below the row's own, if it has any, and lets the message name it. Attributes are those of
// OpenTelemetry's semantic conventions for messaging.
func (s *session) span(ctx context.Context, r *row) (sending context.Context, end func(error)) {
	if s.tracer == nil {
		return ctx, func(error) {}
	}
	e := r.envelope
	cause := broker.TraceOf(e)
	if cause.Traceparent == "" {
		return ctx, func(error) {}
	}

	ctx, span := s.tracer.Start(telemetry.WithTrace(ctx, cause), "send "+s.exchange, trace.SpanKindProducer)
	e.Headers[broker.HeaderTraceparent] = telemetry.TraceOf(ctx).Traceparent
	span.SetAttributes(
		attribute.String("messaging.operation.type", "send"),
		attribute.String("messaging.destination.name", s.exchange),
		attribute.String("messaging.rabbitmq.destination.routing_key", r.routingKey),
		attribute.String("messaging.message.id", e.ID),
		attribute.String("messaging.message.conversation_id", e.CorrelationID),
	)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
