package handler

import (
	"context"

	"example.com/app/models"
	"example.com/app/schemas"
)

type orders struct {
	store models.Orders
}

func (o orders) list(ctx context.Context, in *schemas.OrderQuery) (schemas.OrderPage, error) {
	rows, err := o.store.List(ctx, in.Account.ID, in.After.Key, in.Limit+1)
	if err != nil {
		return schemas.OrderPage{}, err
	}
	return schemas.NewOrderPage(rows, in.Limit), nil
}

func (o orders) create(ctx context.Context, in *schemas.OrderIn) (schemas.OrderOut, error) {
	row, err := o.store.Create(ctx, in.Account.ID, in.Draft())
	if err != nil {
		return schemas.OrderOut{}, err
	}
	return schemas.NewOrderOut(row), nil
}

func (o orders) show(ctx context.Context, in *schemas.OrderID) (schemas.OrderOut, error) {
	row, err := o.store.Find(ctx, in.Account.ID, in.ID)
	if err != nil {
		return schemas.OrderOut{}, err
	}
	return schemas.NewOrderOut(row), nil
}
