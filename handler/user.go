package handler

import (
	"context"

	"example.com/app/lib/auth"
	"example.com/app/models"
	"example.com/app/schemas"
)

type users struct {
	store     models.Users
	passwords *auth.Passwords
}

func (u users) create(ctx context.Context, in *schemas.UserIn) (schemas.UserOut, error) {
	hash, err := u.passwords.Hash(ctx, in.Password)
	if err != nil {
		return schemas.UserOut{}, err
	}
	row, err := u.store.Create(ctx, models.UserDraft{Email: in.Email, PasswordHash: hash, Role: in.Role})
	if err != nil {
		return schemas.UserOut{}, err
	}
	return schemas.NewUserOut(row), nil
}

func (u users) show(ctx context.Context, in *schemas.UserID) (schemas.UserOut, error) {
	row, err := u.store.Find(ctx, in.ID)
	if err != nil {
		return schemas.UserOut{}, err
	}
	return schemas.NewUserOut(row), nil
}

// me answers ErrNobody where nobody has to log in.
func (u users) me(ctx context.Context, _ *struct{}) (schemas.MeOut, error) {
	who, ok := auth.Of(ctx)
	if !ok {
		return schemas.MeOut{}, auth.ErrNobody
	}
	row, err := u.store.Find(ctx, who.User)
	if err != nil {
		return schemas.MeOut{}, err
	}
	return schemas.NewMeOut(row), nil
}
