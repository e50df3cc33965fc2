package cron

import (
	"context"
	"errors"
	"sync"
	"time"
)

// leased runs work while the lease is renewed, and cancels it a sixth of a lease before the lease ends otherwise.
// Its error is the reason of the cancellation, if there was one.
func (s *Scheduler) leased(ctx context.Context, h *held, work func(ctx context.Context) error) error {
	ctx, cancel := s.outlive(ctx)
	defer cancel(nil)

	var wg sync.WaitGroup
	working, stop := context.WithCancel(ctx)
	defer stop()
	wg.Go(func() { s.keepRenewing(ctx, working, cancel, h) })

	err := work(ctx)
	stop()
	wg.Wait()

	if err != nil && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}

// keepRenewing ends with until; a request that is under way then still gets its answer.
func (s *Scheduler) keepRenewing(ctx, until context.Context, cancel context.CancelCauseFunc, h *held) {
	margin := s.lease / 6
	last := time.AfterFunc(time.Until(h.until)-margin, func() { cancel(errLease) })
	defer last.Stop()

	pause := s.lease / 3
	for sleep(until, pause) {
		asked := time.Now()
		switch err := s.ledger.renew(ctx, h); {
		case err == nil:
			h.until = asked.Add(s.lease)
			last.Reset(time.Until(h.until) - margin)
			pause = s.lease / 3
		case errors.Is(err, errGone):
			cancel(errGone)
			return
		default:
			pause = s.beat
		}
	}
}

// outlive is a context that goes on for half of the grace after ctx has ended.
func (s *Scheduler) outlive(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-ctx.Done():
		case <-longer.Done():
			return
		}
		if sleep(longer, s.grace/2) {
			cancel(errStopping)
		}
	}()
	return longer, cancel
}

// sleep is false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
