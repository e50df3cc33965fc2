package cron

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// conflicts is how often a chunk is repeated at once because another transaction was first.
const conflicts = 5

var (
	errStopping = errors.New("the scheduler stops")
	errLease    = errors.New("the lease could not be renewed in time")
)

// carry works on a run until it has ended or is no longer ours. The end of ctx stops it between two chunks,
// or within half of the grace.
func (s *Scheduler) carry(ctx context.Context, task Task, h *held) {
	log := s.log.With("job", h.job, "run", h.id, "tick", h.tick, "epoch", h.epoch)
	log.Info("job started", "position", h.position)
	began := time.Now()

	err := s.leased(telemetry.WithLogger(ctx, log), h, func(work context.Context) error {
		return s.chunks(ctx, work, task, h)
	})
	log = log.With("position", h.position, "took", time.Since(began).String())

	switch {
	case err == nil:
		log.Info("job done")
	case errors.Is(err, errGone), errors.Is(err, errLease):
		log.Error("job stopped, another replica goes on with it", "error", err)
	case errors.Is(err, errStopping):
		s.release(ctx, log, h)
	default:
		s.fail(ctx, log, h, err)
	}
}

func (s *Scheduler) chunks(ctx, work context.Context, task Task, h *held) error {
	for more := true; more; {
		if ctx.Err() != nil {
			return errStopping
		}

		var err error
		if more, err = s.chunkOf(work, task, h); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) chunkOf(ctx context.Context, task Task, h *held) (more bool, err error) {
	for range conflicts {
		if more, err = s.chunk(ctx, task, h); pg.FaultOf(err) != pg.Conflict {
			return more, err
		}
	}
	return more, err
}

// chunk is one transaction: first the fence, then the work, then the new position.
func (s *Scheduler) chunk(ctx context.Context, task Task, h *held) (more bool, err error) {
	var next json.RawMessage
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.ledger.fence(ctx, h); err != nil {
			return err
		}

		if next, more, err = task.advance(ctx, h.position); err != nil {
			return err
		}
		return s.ledger.advance(ctx, h, next, more)
	})
	if err != nil {
		return false, err
	}
	h.position = next
	return more, nil
}

// advance takes the first position or the next one; a panic is an error.
func (t Task) advance(ctx context.Context, at json.RawMessage) (next json.RawMessage, more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()

	if at == nil {
		next, err = t.start(ctx)
		return next, true, err
	}
	return t.step(ctx, at)
}

func (s *Scheduler) release(ctx context.Context, log *slog.Logger, h *held) {
	err := s.insist(ctx, h, func(ctx context.Context) error { return s.ledger.release(ctx, h) })
	if err != nil {
		log.Error("job stopped, another replica goes on with it when its lease ends", "error", err)
		return
	}
	log.Info("job released, another replica goes on with it")
}

func (s *Scheduler) fail(ctx context.Context, log *slog.Logger, h *held, cause error) {
	var final bool
	err := s.insist(ctx, h, func(ctx context.Context) (err error) {
		final, err = s.ledger.fail(ctx, h, cause)
		return err
	})
	switch {
	case err != nil:
		log.Error("job stopped by an error", "error", errors.Join(cause, err))
	case final:
		log.Error("job failed", "error", cause)
	default:
		log.Warn("job stopped by an error, to be tried again", "error", cause)
	}
}

// insist repeats a statement about a run for as long as it is certainly ours.
func (s *Scheduler) insist(ctx context.Context, h *held, do func(ctx context.Context) error) error {
	ctx, cancel := s.outlive(ctx)
	defer cancel(nil)
	ctx, stop := context.WithDeadline(ctx, h.until)
	defer stop()

	for {
		err := do(ctx)
		if err == nil || errors.Is(err, errGone) {
			return err
		}
		if !sleep(ctx, s.beat) {
			return err
		}
	}
}
