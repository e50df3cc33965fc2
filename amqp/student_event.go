package amqp

import (
	"context"

	"example.com/app/models"
	"example.com/app/schemas"
)

type history struct {
	store models.StudentEvents
}

func (h history) record(ctx context.Context, in *schemas.StudentEvent) error {
	return h.store.Record(ctx, in.Row())
}
