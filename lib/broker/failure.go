package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Permanent marks an error that no repetition mends: its message goes to the dead queue at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// RetryAfter marks an error after which a repetition is useless for the next d. The delay is rounded up to
// a retry delay of the queue; past the longest it is the longest.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return retryAfter{err, d}
}

type (
	permanent  struct{ error }
	retryAfter struct {
		error
		delay time.Duration
	}
)

func (e permanent) Unwrap() error  { return e.error }
func (e retryAfter) Unwrap() error { return e.error }

// failure is what an error of a handler means for its message; without an error there is none.
type failure struct {
	err    error
	fatal  bool          // dead at once
	reason string        // of the death, should it come to that
	delay  time.Duration // the least; 0: the next tier's
	fault  pg.Fault      // what the database has to do with it
}

// tell is log with all that there is to know of the failure.
func (f failure) tell(log *slog.Logger) *slog.Logger {
	log = log.With("error", f.err)
	if p, ok := errors.AsType[*telemetry.PanicError](f.err); ok {
		log = log.With("stack", p.Stack())
	}
	return log
}

func (c *Consumer) judge(err error) failure {
	if err == nil {
		return failure{}
	}
	if _, ok := errors.AsType[*telemetry.PanicError](err); ok {
		return failure{err: err, reason: reasonPanic, fault: pg.FaultOf(err)}
	}
	if c.isPermanent(err) {
		return failure{err: err, fatal: true, reason: reasonPermanent}
	}
	if e, ok := errors.AsType[retryAfter](err); ok {
		return failure{err: err, reason: reasonExhausted, delay: e.delay}
	}

	fault := pg.FaultOf(err)
	if errors.Is(err, errForgotten) {
		fault = pg.Conflict
	}
	if fault == pg.Invalid {
		return failure{err: err, fatal: true, reason: reasonPermanent}
	}
	return failure{err: err, reason: reasonExhausted, fault: fault}
}

func (c *Consumer) isPermanent(err error) bool {
	if _, ok := errors.AsType[permanent](err); ok {
		return true
	}
	return slices.ContainsFunc(c.o.Permanent, func(sentinel error) bool { return errors.Is(err, sentinel) })
}

// classOf names the kind of an error, alike for all that differ in their details alone.
func classOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "SQLSTATE " + e.Code
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
