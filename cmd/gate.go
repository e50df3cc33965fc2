package cmd

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"

	"github.com/google/uuid"

	"example.com/app/lib/auth"
	"example.com/app/models"
)

// newGate knows who has logged in. Without JWT_SECRET its tokens are good for as long as this process lives.
func newGate(d *Deps) *auth.Gate {
	tokens := auth.NewTokens(auth.TokenOptions{
		Service:  service,
		Secret:   cmp.Or(d.Settings.JWTSecret, rand.Text()+rand.Text()),
		Previous: d.Settings.JWTSecretPrevious,
	})
	sessions := models.NewSessions(d.DB)
	return auth.NewGate(tokens, func(ctx context.Context, id uuid.UUID) (auth.Identity, error) {
		who, err := sessions.Find(ctx, id)
		if errors.Is(err, models.ErrNotFound) {
			return auth.Identity{}, auth.ErrToken
		}
		return who, err
	})
}

// newBrake counts failed log-ins together with all that share a Redis.
func newBrake(d *Deps) *auth.Brake {
	if d.Redis == nil {
		return auth.NewBrake(nil)
	}
	return auth.NewBrake(d.Redis)
}
