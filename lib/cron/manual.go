package cron

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/app/lib/spelling"
)

// ErrBusy refuses a manual run while another run of the job is unfinished.
var ErrBusy = errors.New("the job is busy")

// RunNow runs a job by hand, also one that is off, and waits for its end: nil only when it is done. A run of the job
// that was interrupted, and that nobody goes on with, is finished instead of a new one; ErrBusy names who has it else.
// Until it ends, any scheduler goes on with it when this process stops, also when ctx ends.
func (s *Scheduler) RunNow(ctx context.Context, name string) error {
	job, known := s.job(name)
	if !known {
		return fmt.Errorf("run job %q: %s", name, s.noJob(name))
	}

	h, err := s.claimNow(ctx, name)
	if err != nil {
		return err
	}
	return s.finish(ctx, job, h)
}

// noJob says which jobs there are.
func (s *Scheduler) noJob(name string) string {
	names := make([]string, 0, len(s.jobs))
	for _, job := range s.jobs {
		names = append(names, job.Name)
	}
	return "there is none of that name, only " + strings.Join(names, ", ") + spelling.Question(name, names)
}

// claimNow asks for its own claim, too, in case the reply was lost.
func (s *Scheduler) claimNow(ctx context.Context, name string) (*held, error) {
	holder := newHolder()
	h, err := s.ledger.claimNow(ctx, name, holder)
	for try := 0; err != nil && try < conflicts && sleep(ctx, s.beat); try++ {
		if h, err = s.ledger.reclaim(ctx, name, holder); h == nil && err == nil {
			h, err = s.ledger.claimNow(ctx, name, holder)
		}
	}
	if h != nil || err != nil {
		return h, err
	}
	return s.adopt(ctx, name)
}

// adopt goes on with the run that is in the way, or tells who has it.
func (s *Scheduler) adopt(ctx context.Context, name string) (*held, error) {
	runs, err := s.ledger.runs(ctx, "job = $1 AND finished_at IS NULL", name)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("run job %s: %w: another run of it has just ended", name, ErrBusy)
	}

	h, err := s.newSweeper().resume(ctx, runs[0].ID)
	if h != nil || err != nil {
		return h, err
	}
	since := runs[0].StartedAt.Format(time.RFC3339)
	return nil, fmt.Errorf("run job %s: %w: %s has run it since %s", name, ErrBusy, runs[0].Host, since)
}

// finish works on the run, again after an error's pause, or watches who else does, until it has ended.
func (s *Scheduler) finish(ctx context.Context, job Job, h *held) error {
	var outage outage
	for id, w := h.id, s.newSweeper(); ; {
		if h != nil {
			s.carry(ctx, job.Task, h)
			h = nil
		}

		run, err := s.look(ctx, id)
		if err == nil && run.FinishedAt != nil {
			return run.verdict()
		}
		if !sleep(ctx, s.beat) {
			return fmt.Errorf("run job %s: %w: a scheduler goes on with it", job.Name, ctx.Err())
		}

		if err == nil {
			h, err = w.resume(ctx, id)
		}
		outage.note(s.log, err)
	}
}

// look works in the grace, too.
func (s *Scheduler) look(ctx context.Context, id int64) (Run, error) {
	ctx, cancel := s.outlive(ctx)
	defer cancel(nil)
	return s.ledger.find(ctx, id)
}
