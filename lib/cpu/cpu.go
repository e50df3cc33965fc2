// Package cpu keeps work that burns the processor for long from starving what must answer soon.
package cpu

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// ErrBusy means that too much work waits already: try again later.
var ErrBusy = errors.New("too much work waits for a processor already")

const queued = 16 // pieces of work for each that runs

// Pool runs a bounded number of pieces of work at once.
type Pool struct {
	queue, slots              *semaphore.Weighted
	size                      int64
	running, waiting, refused atomic.Int64
}

// NewPool runs n pieces of work at once; 0 is half of the processors, one at least.
func NewPool(n int) *Pool {
	if n == 0 {
		n = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return &Pool{
		queue: semaphore.NewWeighted(int64(n * (1 + queued))),
		slots: semaphore.NewWeighted(int64(n)),
		size:  int64(n),
	}
}

// Do runs work in this goroutine once there is room. It answers ErrBusy at once when too much waits already, ctx's error
// when that ends while it waits, and otherwise work's own. Keep a piece below about 50 ms: nothing interrupts it.
func (p *Pool) Do(ctx context.Context, work func() error) error {
	if !p.queue.TryAcquire(1) {
		p.refused.Add(1)
		return ErrBusy
	}
	defer p.queue.Release(1)
	return p.Wait(ctx, work)
}

// Wait is Do for work that is ready to wait for as long as ctx lasts, such as the next piece of something long. It is not
// counted among what waits, and so is never answered ErrBusy.
func (p *Pool) Wait(ctx context.Context, work func() error) error {
	if err := p.await(ctx); err != nil {
		return err
	}
	defer p.slots.Release(1)
	p.running.Add(1)
	defer p.running.Add(-1)
	return work()
}

func (p *Pool) await(ctx context.Context) error {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	return p.slots.Acquire(ctx, 1)
}
