package handler

import (
	"context"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/cache"
	"example.com/app/lib/ibge"
	"example.com/app/schemas"
)

// statesTime is how long a client waits for the first states; thousands of calls are behind them.
const statesTime = time.Minute

// States are kept in the form in which they are handed out: to write a country takes longer than to answer a request.
type States = cache.Fresh[api.Encoded[schemas.StatesOut]]

// NewStates asks institute when they are older than ttl, and keeps them in c.
func NewStates(c cache.Cache, institute *ibge.Client, ttl time.Duration) *States {
	return cache.NewFresh(c, "states", ttl, func(ctx context.Context) (api.Encoded[schemas.StatesOut], error) {
		l, err := institute.Localities(ctx)
		if err != nil {
			return api.Encoded[schemas.StatesOut]{}, err
		}
		out, err := api.Encode(schemas.NewStatesOut(l))
		if err == nil && l.Cause != nil {
			err = &cache.Incomplete{Cause: l.Cause}
		}
		return out, err
	})
}

type states struct{ kept *States }

func (s states) list(ctx context.Context, _ *struct{}) (api.Encoded[schemas.StatesOut], error) {
	return s.kept.Value(ctx)
}
