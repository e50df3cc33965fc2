package cron

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

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
	ctx, span := s.tracer.Start(s.context(ctx, h), "job "+h.job, trace.SpanKindInternal)
	log := telemetry.Logger(ctx)
	log.Info("job started", "position", h.position)
	began := time.Now()

	err := s.leased(ctx, h, func(work context.Context) error {
		return s.chunks(ctx, work, task, h)
	})
	took := time.Since(began)
	end := s.conclude(ctx, log.With("position", h.position, "duration_ms", telemetry.Millis(took)), h, err)

	s.meter.ran(h.job, end, took)
	endSpan(span, h, end, err)
}

// conclude tells how the work has ended, and lets go of the run unless it is done or no longer ours.
func (s *Scheduler) conclude(ctx context.Context, log *slog.Logger, h *held, err error) ending {
	switch {
	case err == nil:
		log.Info("job done")
		return endedDone
	case errors.Is(err, errGone), errors.Is(err, errLease):
		log.Error("job stopped, another replica goes on with it", "error", err)
		return endedGone
	case errors.Is(err, errStopping):
		return s.release(ctx, log, h)
	}
	return s.fail(ctx, log, h, err)
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
			err = telemetry.Recovered(p)
		}
	}()

	if at == nil {
		next, err = t.start(ctx)
		return next, true, err
	}
	return t.step(ctx, at)
}

func (s *Scheduler) release(ctx context.Context, log *slog.Logger, h *held) ending {
	err := s.insist(ctx, h, func(ctx context.Context) error { return s.ledger.release(ctx, h) })
	if err != nil {
		log.Error("job stopped, another replica goes on with it when its lease ends", "error", err)
		return endedGone
	}
	log.Info("job released, another replica goes on with it")
	return endedReleased
}

func (s *Scheduler) fail(ctx context.Context, log *slog.Logger, h *held, cause error) ending {
	if p, ok := errors.AsType[*telemetry.PanicError](cause); ok {
		log = log.With("stack", p.Stack())
	}

	var final bool
	err := s.insist(ctx, h, func(ctx context.Context) (err error) {
		final, err = s.ledger.fail(ctx, h, cause)
		return err
	})
	switch {
	case err != nil:
		log.Error("job stopped by an error", "error", errors.Join(cause, err))
		return endedGone
	case final:
		log.Error("job failed", "error", cause)
		return endedFailed
	}
	log.Warn("job stopped by an error, to be tried again", "error", cause)
	return endedRetried
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
