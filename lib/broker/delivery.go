package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

const (
	patience  = 5 * time.Minute // with a database that is away or busy
	conflicts = 10              // repetitions at once
	collision = 20 * time.Millisecond
)

var errGivenBack = errors.New("give the message back")

// delivery is one message at work.
type delivery struct {
	*session
	Delivery
	log *slog.Logger
}

// take brings d to its end: acked, moved to another queue, or given back.
func (s *session) take(d Delivery) {
	w := &delivery{session: s, Delivery: d, log: s.log.With(
		"message_id", d.ID, "correlation_id", d.CorrelationID, "attempt", d.Attempts())}

	if d.ID == "" {
		w.christen()
		return
	}

	switch f := w.handle(); {
	case f.err == nil:
		w.ack()
	case errors.Is(f.err, errGivenBack):
		s.requeue(d)
	default:
		w.fail(f)
	}
}

// christen publishes a message without an id once more with a random one, which is the same at every return.
// A hash of the body would not do: two messages may say the same.
func (w *delivery) christen() {
	e := forwarded(w.Delivery)
	e.ID = uuid.NewString()
	w.log.Info("the message had no id", "given_id", e.ID)
	w.move(w.queue.Name, e)
}

// handle runs the handler, and again as long as not the message but the database is to blame.
func (w *delivery) handle() failure {
	var back backoff
	var held time.Time
	for repeats := 1; ; {
		err := w.try()
		if err == nil {
			return failure{}
		}
		if w.work.Err() != nil {
			return failure{err: errGivenBack} // cut off by the shutdown, whatever the handler makes of it
		}

		f := w.judge(err)
		switch {
		case f.fault == pg.Other:
			return f
		case f.fault == pg.Conflict && repeats > conflicts:
			return f
		case f.fault == pg.Conflict:
			repeats++
			if !sleep(w.stop, rand.N(collision)) {
				return failure{err: errGivenBack}
			}
			continue
		}

		if held.IsZero() {
			held = time.Now()
			w.log.Warn("the database does not serve; the message is held", "error", err)
		}
		if time.Since(held) >= patience {
			if f.fault == pg.Busy {
				return f
			}
			w.end(errDatabaseAway)
		}
		if !back.pause(w.stop) {
			return failure{err: errGivenBack}
		}
	}
}

// try runs the handler once, with its deadline and its logger in the context. A panic becomes an error.
func (w *delivery) try() (err error) {
	ctx, cancel := context.WithTimeout(telemetry.WithLogger(w.work, w.log), w.o.HandlerTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	defer w.watch.begin(&running{queue: w.queue.Name, id: w.ID, deadline: deadline})()

	defer func() {
		if r := recover(); r != nil {
			err = panicked{fmt.Errorf("panic: %v", r)}
			w.log.Error("the handler panicked", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	return w.queue.handle(ctx, w.Body)
}

// fail sends the message to the next retry queue, or to the dead.
func (w *delivery) fail(f failure) {
	e := failed(w.Delivery, f.err)
	tiers, attempt := w.family.Tiers, w.Attempts()

	if f.fatal || attempt >= len(tiers) {
		e.Headers[HeaderReason] = f.reason
		w.log.Error("the message is dead", "reason", f.reason, "error", f.err)
		w.move(w.family.Dead(), e)
		return
	}

	tier := tiers[attempt]
	if f.delay > 0 {
		tier = roundUp(f.delay, tiers)
	}
	spread := time.Duration((0.8 + 0.2*rand.Float64()) * float64(tier))
	e.Expiration = min(max(spread, f.delay), tier)
	w.log.Warn("handling failed; the message is tried again later", "after", e.Expiration, "error", f.err)
	w.move(w.family.Retry(tier), e)
}

// roundUp is the least of the ascending tiers that is no shorter than d, or else the last.
func roundUp(d time.Duration, tiers []time.Duration) time.Duration {
	for _, tier := range tiers {
		if tier >= d {
			return tier
		}
	}
	return tiers[len(tiers)-1]
}

// move publishes e to the queue until the broker has confirmed it, and only then acks.
func (w *delivery) move(queue string, e Envelope) {
	var back backoff
	for {
		err := w.driver.Publish(w.live, "", queue, e)
		if err == nil {
			w.ack()
			return
		}
		if w.live.Err() != nil {
			w.requeue(w.Delivery)
			return
		}

		w.log.Warn("moving the message did not work; it is tried again", "to", queue, "error", err)
		if errors.Is(err, ErrUnroutable) {
			if err := w.driver.Declare(w.live, w.family); err != nil {
				w.log.Error("declaring the queues again did not work", "error", err)
			}
		}
		if !back.pause(w.live) {
			w.requeue(w.Delivery)
			return
		}
	}
}

func (w *delivery) ack() {
	if err := w.Ack(); err != nil {
		w.log.Warn("the ack did not reach the broker; the message comes again", "error", err)
	}
}

func (s *session) requeue(d Delivery) {
	if err := d.Requeue(); err != nil && !errors.Is(err, ErrSettleLate) {
		s.log.Warn("giving a message back did not work; it comes again when the channel closes",
			"message_id", d.ID, "correlation_id", d.CorrelationID, "attempt", d.Attempts(), "error", err)
	}
}
