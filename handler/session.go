package handler

import (
	"context"
	"errors"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
	"example.com/app/schemas"
)

type sessions struct {
	store     models.Sessions
	users     models.Users
	passwords *auth.Passwords
	gate      *auth.Gate
	brake     *auth.Brake
}

// create logs in. Who guesses is slowed before anything is hashed.
func (s sessions) create(ctx context.Context, in *schemas.SessionIn) (schemas.SessionOut, error) {
	email := models.Email(in.Email)
	attempt, err := s.brake.Try(ctx, api.Client(ctx).String(), email)
	if err != nil {
		return schemas.SessionOut{}, err
	}

	user, err := s.verified(ctx, email, in.Password)
	switch {
	case errors.Is(err, auth.ErrCredentials):
		return schemas.SessionOut{}, err
	case err != nil:
		attempt.Withdraw(ctx)
		return schemas.SessionOut{}, err
	}
	attempt.Succeeded(ctx)
	if err := s.renew(ctx, user, in.Password); err != nil {
		telemetry.Logger(ctx).Warn("an outdated hash of a password stays", "user", user.ID, "error", err)
	}
	return s.begin(ctx, user)
}

// verified answers ErrCredentials for an unknown user, a wrong password and a disabled user, after the same work.
func (s sessions) verified(ctx context.Context, email, password string) (models.User, error) {
	user, err := s.users.FindByEmail(ctx, email)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.User{}, err
	}
	ok, err := s.passwords.Matches(ctx, user.PasswordHash, password)
	if err != nil {
		return models.User{}, err
	}
	if !ok || !user.Active {
		return models.User{}, auth.ErrCredentials
	}
	return user, nil
}

// renew hashes a password again whose hash is not as hard to guess as a new one.
func (s sessions) renew(ctx context.Context, user models.User, password string) error {
	if !s.passwords.Outdated(user.PasswordHash) {
		return nil
	}
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.users.Rehash(ctx, user.ID, user.PasswordHash, hash)
}

func (s sessions) begin(ctx context.Context, user models.User) (schemas.SessionOut, error) {
	refresh, hash := auth.NewRefresh()
	who, err := s.store.Create(ctx, user, hash)
	if errors.Is(err, models.ErrNotFound) {
		return schemas.SessionOut{}, auth.ErrCredentials
	}
	if err != nil {
		return schemas.SessionOut{}, err
	}
	return s.tokens(who, refresh)
}

func (s sessions) tokens(who auth.Identity, refresh string) (schemas.SessionOut, error) {
	access, err := s.gate.Sign(who)
	if err != nil {
		return schemas.SessionOut{}, err
	}
	return schemas.NewSessionOut(access, refresh), nil
}

// refresh trades a refresh token for new tokens. One that comes a second time may be stolen.
func (s sessions) refresh(ctx context.Context, in *schemas.RefreshIn) (schemas.SessionOut, error) {
	next, hash := auth.NewRefresh()
	who, err := s.store.Rotate(ctx, auth.HashRefresh(in.RefreshToken), hash)
	switch {
	case errors.Is(err, models.ErrReused):
		s.gate.Forget(who.Session)
		telemetry.Logger(ctx).Warn("a refresh token came a second time: its session is ended", "user", who.User, "session", who.Session)
		return schemas.SessionOut{}, auth.ErrRefresh
	case errors.Is(err, models.ErrNotFound):
		return schemas.SessionOut{}, auth.ErrRefresh
	case err != nil:
		return schemas.SessionOut{}, err
	}
	return s.tokens(who, next)
}

// delete logs out. It answers ErrNobody where nobody has to log in.
func (s sessions) delete(ctx context.Context, _ *struct{}) (api.NoContent, error) {
	who, ok := auth.Of(ctx)
	if !ok {
		return api.NoContent{}, auth.ErrNobody
	}
	if err := s.store.End(ctx, who.Session); err != nil {
		return api.NoContent{}, err
	}
	s.gate.Forget(who.Session)
	return api.NoContent{}, nil
}
