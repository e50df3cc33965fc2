package handler

import (
	"context"

	"example.com/app/models"
	"example.com/app/schemas"
)

type history struct {
	store models.StudentEvents
}

func (h history) list(ctx context.Context, in *schemas.StudentEventQuery) (schemas.StudentEventPage, error) {
	rows, err := h.store.List(ctx, in.ID, in.After.Key, in.Limit+1)
	if err != nil {
		return schemas.StudentEventPage{}, err
	}
	return schemas.NewStudentEventPage(rows, in.Limit), nil
}
