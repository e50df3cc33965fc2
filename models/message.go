package models

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/app/lib/telemetry"
)

// Exchange takes what is published. The connection to the broker has its name too.
const Exchange = "example"

// messageOf is what belongs to the message of one event.
func messageOf(ctx context.Context) ([]any, error) {
	id, err := newMessageID()
	trace := telemetry.TraceOf(ctx)
	return []any{id, trace.CorrelationID, trace.Traceparent}, err
}

// newMessageID is a UUIDv7 in the driver's type, which travels without a detour over text.
func newMessageID() (pgtype.UUID, error) {
	id, err := uuid.NewV7()
	return pgtype.UUID{Bytes: id, Valid: true}, err
}
