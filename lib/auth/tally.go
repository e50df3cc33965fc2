package auth

import (
	"context"
	"time"
)

// After the last free failure the next attempt has to wait for FirstWait, and twice as long after each further one, Doublings
// times: 256 s is the longest.
const (
	FirstWait = time.Second
	Doublings = 8
)

// Tally counts failures, in one process or in all that share it, by the clock of who asks.
type Tally interface {
	// Strike counts a failure under each mark. If the next one under any of them may not come yet, it counts none, and
	// answers how long to wait.
	Strike(ctx context.Context, now time.Time, marks ...Mark) (wait time.Duration, err error)

	// Forgive takes back one failure under each mark, and lets the next attempt come.
	Forgive(ctx context.Context, marks ...Mark) error

	// Forget takes back all of them.
	Forget(ctx context.Context, marks ...Mark) error
}

// Mark is what failures are counted under. So many are free, and one after the other is forgiven, whatever comes between.
// No more are counted than the longest wait needs, so that nobody fails in advance.
type Mark struct {
	Key  string
	Free int
	Fade time.Duration // until one is forgiven
}
