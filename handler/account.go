package handler

import (
	"context"

	"example.com/app/models"
	"example.com/app/schemas"
)

type accounts struct {
	store models.Accounts
}

func (a accounts) list(ctx context.Context, in *schemas.AccountQuery) (schemas.AccountPage, error) {
	rows, err := a.store.List(ctx, in.After.Key, in.Limit+1)
	if err != nil {
		return schemas.AccountPage{}, err
	}
	return schemas.NewAccountPage(rows, in.Limit), nil
}

func (a accounts) create(ctx context.Context, in *schemas.AccountIn) (schemas.AccountOut, error) {
	row, err := a.store.Create(ctx, in.Name)
	if err != nil {
		return schemas.AccountOut{}, err
	}
	return schemas.NewAccountOut(row), nil
}

func (a accounts) show(ctx context.Context, in *schemas.AccountID) (schemas.AccountOut, error) {
	row, err := a.load(ctx, in)
	if err != nil {
		return schemas.AccountOut{}, err
	}
	return schemas.NewAccountOut(row), nil
}

// load guards what belongs to an account.
func (a accounts) load(ctx context.Context, in *schemas.AccountID) (models.Account, error) {
	return a.store.Find(ctx, in.ID)
}
