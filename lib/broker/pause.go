package broker

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	shortestPause = 500 * time.Millisecond
	longestPause  = 30 * time.Second
)

// backoff counts failures in a row; its pauses have full jitter, so that many who wait do not come back together.
type backoff struct {
	limit time.Duration
}

func (b *backoff) reset() { b.limit = 0 }

// pause waits a little longer on average each time; false when ctx ended meanwhile.
func (b *backoff) pause(ctx context.Context) bool {
	b.limit = min(max(2*b.limit, shortestPause), longestPause)
	return sleep(ctx, rand.N(b.limit))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()

	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
