package cron

import (
	"context"
	"sync"
	"time"
)

const longestPause = time.Minute

// ticker answers the ticks of one job, in their order: each is claimed here, elsewhere, or recorded as skipped.
// gocron wakes it at each, but the database's clock says what is due: a host whose clock differs waits for itself,
// and looks again every minute.
type ticker struct {
	s        *Scheduler
	job      Job
	wake     chan struct{}
	schedule Schedule  // that of the job until another one was asked for
	last     time.Time // all ticks up to here have their answer
	backlog  time.Time // ticks up to this one were missed: they wait for the run before them
	holder   string    // of the claim that is under way
	outage   outage

	mu      sync.Mutex
	latest  Schedule
	changes []change // on the way from schedule to latest
}

func (s *Scheduler) newTicker(job Job) *ticker {
	return &ticker{
		s: s, job: job, schedule: job.Schedule, latest: job.Schedule, wake: make(chan struct{}, 1), holder: newHolder(),
	}
}

func (t *ticker) poke() { poke(t.wake) }

func (t *ticker) run(ctx context.Context) {
	for ctx.Err() == nil {
		wait, err := t.work(ctx)
		if ctx.Err() == nil {
			t.outage.note(t.s.log, err)
		}
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-time.After(wait):
		}
	}
}

// work answers what is due and says when to look again, if nothing wakes it before.
func (t *ticker) work(ctx context.Context) (time.Duration, error) {
	for !t.idle() {
		before := time.Now()
		now, err := t.s.ledger.now(ctx)
		if err != nil {
			return t.s.beat, err
		}
		if err := t.resume(ctx, now); err != nil {
			return t.s.beat, err
		}
		t.adopt(now, before)

		due := newest(t.schedule, t.last, now, max(1, int(t.job.Missed)))
		if len(due) == 0 {
			return t.pause(now), nil
		}
		if len(due) > 1 {
			t.backlog = due[len(due)-1]
		}

		answered, err := t.answer(ctx, due[0], now)
		if err != nil || !answered {
			return t.s.beat, err
		}
	}
	return longestPause, nil
}

func (t *ticker) pause(now time.Time) time.Duration {
	next := t.schedule.Next(t.last)
	if next.IsZero() {
		return longestPause
	}
	return min(next.Sub(now), longestPause)
}

// resume finds out, once, where to begin: at the start, or behind the newest tick in the table.
func (t *ticker) resume(ctx context.Context, start time.Time) error {
	if !t.last.IsZero() {
		return nil
	}

	last := start
	if t.job.Missed > 0 {
		newest, err := t.s.ledger.newestTick(ctx, t.job.Name)
		if err != nil {
			return err
		}
		if !newest.IsZero() && newest.Before(start) {
			last, t.backlog = newest, start
		}
	}
	t.last = last
	return nil
}

// answer is false when the tick must wait for the run before it.
func (t *ticker) answer(ctx context.Context, tick, now time.Time) (bool, error) {
	late := t.late(tick, now)
	h, err := t.claim(ctx, tick, late)
	if err != nil {
		return false, err
	}
	if h != nil {
		t.settled(h.tick)
		t.s.wg.Go(func() {
			t.s.carry(ctx, t.job.Task, h)
			t.poke()
		})
		return true, nil
	}

	claimed, err := t.s.ledger.claimed(ctx, t.job.Name, tick)
	switch {
	case err != nil:
		return false, err
	case claimed:
		t.settled(tick)
		return true, nil
	case late:
		t.s.log.Warn("tick let pass, it is late", "job", t.job.Name, "tick", tick)
		t.s.meter.missed.WithLabelValues(t.job.Name).Inc()
		t.settled(tick)
		return true, nil
	case !tick.After(t.backlog):
		return false, nil
	}
	return true, t.skip(ctx, tick)
}

// late tells that the tick is a missed one and the job does not make up for any.
func (t *ticker) late(tick, now time.Time) bool {
	return t.job.Missed == 0 && now.Sub(tick) > t.s.lease
}

// claim asks first for what an earlier attempt may have got, be it an earlier tick. It makes none for a late tick.
func (t *ticker) claim(ctx context.Context, tick time.Time, late bool) (*held, error) {
	if t.outage.on {
		if h, err := t.s.ledger.reclaim(ctx, t.job.Name, t.holder); h != nil || err != nil {
			return h, err
		}
	}
	if late {
		return nil, nil
	}
	return t.s.ledger.claim(ctx, t.job.Name, tick, t.holder)
}

// skip leaves the tick for another try when the run that it met has ended meanwhile.
func (t *ticker) skip(ctx context.Context, tick time.Time) error {
	skipped, err := t.s.ledger.skip(ctx, t.job.Name, tick)
	if err != nil || !skipped {
		return err
	}
	t.s.log.Warn("tick skipped, the run before it has not ended", "job", t.job.Name, "tick", tick)
	t.s.meter.skipped.WithLabelValues(t.job.Name).Inc()
	t.settled(tick)
	return nil
}

func (t *ticker) settled(tick time.Time) {
	t.last, t.holder = tick, newHolder()
}

// newest are the last ticks after one instant and up to another, at most so many. It costs about two steps for each.
func newest(s Schedule, after, until time.Time, limit int) []time.Time {
	for window := time.Second; ; window *= 2 {
		from := until.Add(-window)
		if from.Before(after) {
			from = after
		}

		var ticks []time.Time
		for tick := s.Next(from); !tick.IsZero() && !tick.After(until); tick = s.Next(tick) {
			ticks = append(ticks, tick)
		}
		if len(ticks) >= limit || !from.After(after) {
			return ticks[max(0, len(ticks)-limit):]
		}
	}
}
