package amqp

import (
	"context"

	"example.com/app/lib/broker"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
	"example.com/app/schemas"
)

type students struct {
	store models.Students
}

func (s students) createMany(ctx context.Context, batch []broker.Message[schemas.StudentIn]) error {
	drafts := make([]models.StudentDraft, len(batch))
	for i, m := range batch {
		drafts[i] = models.StudentDraft{
			Name:      m.Body.Name,
			MessageID: m.ID,
			Trace:     telemetry.Trace{CorrelationID: m.CorrelationID, Traceparent: m.Traceparent},
		}
	}
	return s.store.CreateAll(ctx, drafts)
}
