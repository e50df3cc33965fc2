package broker

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const everybody = 1 << 30 // shares that a floor has: more handlers than will ever run

// turn is the right to run a handler in this process.
type turn interface {
	take(ctx context.Context) bool // before the handler runs; false once ctx has ended
	done()                         // after it
	rest()                         // before a wait
}

// beside others: a handler has one share while it runs.
type beside struct{ floor *semaphore.Weighted }

func (b beside) take(ctx context.Context) bool {
	return ctx.Err() == nil && (b.floor.TryAcquire(1) || b.floor.Acquire(ctx, 1) == nil)
}

func (b beside) done() { b.floor.Release(1) }
func (b beside) rest() {}

// alone: several handlers, one after the other, have all the shares until they rest.
type alone struct {
	floor    *semaphore.Weighted
	patience time.Duration // with the handlers that run
	held     atomic.Bool
}

func (a *alone) take(ctx context.Context) bool {
	if a.held.Load() || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	a.held.Store(a.floor.Acquire(ctx, everybody) == nil)
	return a.held.Load()
}

func (a *alone) done() {}

func (a *alone) rest() {
	if a.held.Swap(false) {
		a.floor.Release(everybody)
	}
}
