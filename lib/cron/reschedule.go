package cron

import "time"

// change is a schedule that was asked for while its ticker is at work.
type change struct {
	to    Schedule
	asked time.Time // by this host's clock
}

// Reschedule makes the jobs that at names due by what it holds for them: each has the ticks of its old schedule up to
// this moment, and those of its new one after it. It may be called from any goroutine, also before Run.
func (s *Scheduler) Reschedule(at map[string]Schedule) {
	asked := time.Now()
	for _, t := range s.tickers {
		if to, ok := at[t.job.Name]; ok {
			t.ask(change{to, asked})
		}
	}
	poke(s.changed)
}

func (t *ticker) ask(c change) {
	t.mu.Lock()
	defer t.mu.Unlock()

	if c.to.String() != t.latest.String() {
		t.latest = c.to
		t.changes = append(t.changes, c)
		poke(t.wake)
	}
}

// asked is the schedule that was asked for last, whether the ticker has come to it or not.
func (t *ticker) asked() Schedule {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latest
}

// idle tells that there is nothing to do until somebody asks for another schedule.
func (t *ticker) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.schedule.Off() && len(t.changes) == 0
}

// adopt takes up what was asked for before the database was asked for now. The clocks may differ, and the database may
// have been away in between: the time between the two questions says when it was by the database's clock.
func (t *ticker) adopt(now, before time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()

	for len(t.changes) > 0 && t.changes[0].asked.Before(before) {
		t.change(t.changes[0].to, now.Add(t.changes[0].asked.Sub(before)))
		t.changes = t.changes[1:]
	}
}

func (t *ticker) change(to Schedule, at time.Time) {
	if len(newest(t.schedule, t.last, at, 1)) > 0 {
		t.schedule = t.schedule.until(at, to)
		return
	}
	t.schedule = to
	if at.After(t.last) {
		t.last = at
	}
}

// until has the ticks of s up to an instant, and those of then after it.
func (s Schedule) until(end time.Time, then Schedule) Schedule {
	return Schedule{text: then.text, next: func(after time.Time) time.Time {
		if tick := s.Next(after); !tick.IsZero() && !tick.After(end) {
			return tick
		}
		if after.Before(end) {
			after = end
		}
		return then.Next(after)
	}}
}

// poke wakes whoever waits at c, now or when it comes there.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
