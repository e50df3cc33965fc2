package amqp

import (
	"context"

	"example.com/app/models"
	"example.com/app/schemas"
)

type students struct {
	store models.Students
}

func (s students) create(ctx context.Context, in *schemas.StudentIn) error {
	_, err := s.store.Create(ctx, in.Name)
	return err
}
