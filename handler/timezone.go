package handler

import (
	"context"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/worldtime"
	"example.com/app/schemas"
)

type timezones struct {
	service *worldtime.Client // nil: our own data answers
}

func (z timezones) show(ctx context.Context, in *schemas.TimezoneQuery) (schemas.TimezoneOut, error) {
	now, err := z.now(ctx, in)
	if err != nil {
		return schemas.TimezoneOut{}, err
	}
	now.ClientIP = "" // the service has seen this process
	if client := api.Address(ctx); client.IsValid() {
		now.ClientIP = client.String()
	}
	return schemas.NewTimezoneOut(now), nil
}

func (z timezones) now(ctx context.Context, in *schemas.TimezoneQuery) (worldtime.Time, error) {
	if z.service == nil {
		return worldtime.At(time.Now(), in.Area, in.City)
	}
	return z.service.Now(ctx, in.Area, in.City)
}
