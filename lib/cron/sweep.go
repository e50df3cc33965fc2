package cron

import (
	"context"
	"slices"
)

// sweeper goes on with what others left unfinished.
type sweeper struct {
	s         *Scheduler
	holder    string          // of the take-over under way
	strangers map[string]bool // jobs that this binary does not know and has spoken about
	outage    outage
}

func (s *Scheduler) newSweeper() *sweeper {
	return &sweeper{s: s, holder: newHolder(), strangers: map[string]bool{}}
}

func (w *sweeper) run(ctx context.Context) {
	for sleep(ctx, w.s.beat) {
		if err := w.sweep(ctx); ctx.Err() == nil {
			w.outage.note(w.s.log, err)
		}
	}
}

func (w *sweeper) sweep(ctx context.Context) error {
	found, err := w.s.ledger.stale(ctx, w.holder)
	if err != nil {
		return err
	}

	for _, r := range found {
		job, known := w.s.job(r.job)
		if !known {
			w.leave(r)
			continue
		}

		h, err := w.takeOver(ctx, r)
		if err != nil {
			return err
		}
		if h != nil {
			w.s.wg.Go(func() { w.s.carry(ctx, job.Task, h) })
		}
	}
	return nil
}

// resume is for one run only; nil while somebody has it.
func (w *sweeper) resume(ctx context.Context, id int64) (*held, error) {
	found, err := w.s.ledger.stale(ctx, w.holder)
	if err != nil {
		return nil, err
	}

	i := slices.IndexFunc(found, func(r stale) bool { return r.id == id })
	if i < 0 {
		return nil, nil
	}
	return w.takeOver(ctx, found[i])
}

func (w *sweeper) leave(r stale) {
	if !w.strangers[r.job] {
		w.strangers[r.job] = true
		w.s.log.Warn("a run is left unfinished, this binary does not know its job", "job", r.job, "run", r.id)
	}
}

// takeOver returns nil when somebody was first, or the run ends here as lost.
func (w *sweeper) takeOver(ctx context.Context, r stale) (*held, error) {
	if !r.released && r.takeovers >= maxTakeovers {
		lost, err := w.s.ledger.lose(ctx, r)
		if lost {
			w.s.log.Error("job lost, every process that had it stopped answering", "job", r.job, "run", r.id, "takeovers", r.takeovers)
		}
		return nil, err
	}

	h, err := w.s.ledger.takeOver(ctx, r, w.holder)
	if h != nil {
		w.holder = newHolder()
	}
	return h, err
}

func (s *Scheduler) job(name string) (Job, bool) {
	i := slices.IndexFunc(s.jobs, func(j Job) bool { return j.Name == name })
	if i < 0 {
		return Job{}, false
	}
	return s.jobs[i], true
}
