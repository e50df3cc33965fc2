package handler

import (
	"context"
	"time"

	"example.com/app/lib/cache"
	"example.com/app/lib/ibge"
	"example.com/app/schemas"
)

// statesTime is how long a client waits for the first states; thousands of calls are behind them.
const statesTime = time.Minute

// States are kept in the form in which they are handed out.
type States = cache.Fresh[schemas.StatesOut]

// NewStates asks institute when they are older than ttl.
func NewStates(institute *ibge.Client, ttl time.Duration) *States {
	return cache.NewFresh("states", ttl, func(ctx context.Context) (schemas.StatesOut, error) {
		l, err := institute.Localities(ctx)
		if err != nil {
			return schemas.StatesOut{}, err
		}
		if l.Cause != nil {
			err = &cache.Incomplete{Cause: l.Cause}
		}
		return schemas.NewStatesOut(l), err
	})
}

type states struct{ kept *States }

func (s states) list(ctx context.Context, _ *struct{}) (schemas.StatesOut, error) {
	return s.kept.Value(ctx)
}
