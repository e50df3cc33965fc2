package cache

import (
	"context"
	_ "embed"
	"fmt"
	"time"
)

//go:embed take.lua
var takeScript string

// Take takes a token out of a bucket that all processes share, or answers how long to wait for one. A token comes each
// interval; an empty bucket is full after refill. Redis down: an error, within 300 ms.
func (r *Redis) Take(ctx context.Context, bucket string, interval, refill time.Duration) (wait time.Duration, err error) {
	err = r.do(ctx, "take", func(ctx context.Context) error {
		n, err := r.take.Run(ctx, r.client, []string{r.prefix + bucket}, micros(interval), micros(refill)).Int64()
		wait = time.Duration(n) * time.Microsecond
		return err
	})
	return wait, err
}

func micros(d time.Duration) string { return fmt.Sprintf("%.3f", float64(d)/float64(time.Microsecond)) }
