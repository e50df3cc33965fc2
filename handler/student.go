package handler

import (
	"context"

	"example.com/app/lib/api"
	"example.com/app/models"
	"example.com/app/schemas"
)

type students struct {
	store models.Students
}

func (s students) list(ctx context.Context, in *schemas.StudentQuery) (schemas.StudentPage, error) {
	rows, err := s.store.List(ctx, in.Filter(), in.Limit+1)
	if err != nil {
		return schemas.StudentPage{}, err
	}
	return schemas.NewStudentPage(rows, in.Limit), nil
}

func (s students) create(ctx context.Context, in *schemas.StudentIn) (schemas.StudentOut, error) {
	row, err := s.store.Create(ctx, in.Name)
	if err != nil {
		return schemas.StudentOut{}, err
	}
	return schemas.NewStudentOut(row), nil
}

func (s students) show(ctx context.Context, in *schemas.StudentID) (schemas.StudentOut, error) {
	row, err := s.store.Find(ctx, in.ID)
	if err != nil {
		return schemas.StudentOut{}, err
	}
	return schemas.NewStudentOut(row), nil
}

func (s students) update(ctx context.Context, in *schemas.StudentPatch) (schemas.StudentOut, error) {
	change := models.StudentChange{Name: in.Name, Active: in.Active}
	row, err := s.store.Update(ctx, in.ID, change, in.IfMatch.Versions())
	if err != nil {
		return schemas.StudentOut{}, err
	}
	return schemas.NewStudentOut(row), nil
}

func (s students) delete(ctx context.Context, in *schemas.StudentVersion) (api.NoContent, error) {
	return api.NoContent{}, s.store.Deactivate(ctx, in.ID, in.IfMatch.Versions())
}
