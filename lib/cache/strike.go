package cache

import (
	"context"
	_ "embed"
	"time"

	"example.com/app/lib/auth"
)

//go:embed strike.lua
var strikeScript string

//go:embed forgive.lua
var forgiveScript string

// Strike is auth.Tally's. Redis down: an error, within 300 ms. What is counted goes with the last failure that is forgiven.
func (r *Redis) Strike(ctx context.Context, now time.Time, marks ...auth.Mark) (wait time.Duration, err error) {
	args := []any{now.UnixMicro(), auth.FirstWait.Microseconds(), auth.Doublings}
	for _, m := range marks {
		args = append(args, m.Free, m.Fade.Microseconds())
	}
	err = r.do(ctx, "strike", func(ctx context.Context) error {
		n, err := r.strike.Run(ctx, r.client, r.keys(marks), args...).Int64()
		wait = time.Duration(n) * time.Microsecond
		return err
	})
	return wait, err
}

// Forgive is auth.Tally's.
func (r *Redis) Forgive(ctx context.Context, marks ...auth.Mark) error {
	var fades []any
	for _, m := range marks {
		fades = append(fades, m.Fade.Microseconds())
	}
	return r.do(ctx, "forgive", func(ctx context.Context) error {
		return r.forgive.Run(ctx, r.client, r.keys(marks), fades...).Err()
	})
}

// Forget is auth.Tally's.
func (r *Redis) Forget(ctx context.Context, marks ...auth.Mark) error {
	return r.do(ctx, "forget", func(ctx context.Context) error { return r.client.Del(ctx, r.keys(marks)...).Err() })
}

func (r *Redis) keys(marks []auth.Mark) (keys []string) {
	for _, m := range marks {
		keys = append(keys, r.prefix+m.Key)
	}
	return keys
}
