package broker

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/telemetry"
)

var errGivenBack = errors.New("give the message back")

// delivery is one message at work.
type delivery struct {
	task
	Delivery
	giveBack func() // uncharged, when it was not handled to its end
	fate     fate   // once it is handled
}

func newDelivery(s *session, d Delivery) *delivery {
	trace := TraceOf(d.Envelope)
	if trace.Traceparent == "" && s.o.Tracer == nil {
		trace.Traceparent = telemetry.NewTraceparent()
	}
	return &delivery{Delivery: d, giveBack: func() { s.requeue(d) }, task: task{
		session: s,
		log:     telemetry.Traced(s.log.With("message_id", d.ID, "attempt", d.Attempts()+1), trace),
		name:    "message " + d.ID + " of " + s.queue.Name,
		trace:   trace,
	}}
}

// take brings d to its end: acked, moved to another queue, or given back.
func (s *session) take(d Delivery) {
	w := newDelivery(s, d)
	switch {
	case d.ID == "":
		w.identify()
	case d.Returns >= suspicious:
		w.suspect()
	default:
		w.settle(w.handle())
	}
}

func (w *delivery) settle(f failure) {
	switch {
	case f.err == nil:
		w.settled(w.fate.settled())
	case errors.Is(f.err, errGivenBack):
		w.giveBack()
	default:
		w.fail(f)
	}
}

func (w *delivery) handle() failure {
	l := w.queue.load()
	if err := l.add(w.Delivery); err != nil {
		return failure{err: err, fatal: true, reason: reasonMalformed}
	}

	fates, f := w.task.handle(l, []Delivery{w.Delivery})
	if f.err != nil {
		return f
	}
	if w.fate = fates[0]; w.fate == fateReused {
		return failure{err: errReused, fatal: true, reason: reasonReused}
	}
	return failure{}
}

// identify publishes a message without an id once more with a random one, which is the same at every return.
// A hash of the body would not do: two messages may say the same.
func (w *delivery) identify() {
	e := forwarded(w.Delivery)
	e.ID = uuid.NewString()
	w.log.Info("the message had no id", "given_id", e.ID)
	if w.publish(w.queue.Name, e) {
		w.ack()
	} else {
		w.giveBack()
	}
}

// fail sends the message to the next retry queue, or to the dead.
func (w *delivery) fail(f failure) {
	e := failed(w.Delivery, f.err)
	tiers, attempt := w.family.Tiers, w.Attempts()

	log := f.tell(w.log)
	if f.fatal || attempt >= len(tiers) {
		e.Headers[HeaderReason] = f.reason
		log.Error("the message is dead", "reason", f.reason)
		w.bury(e)
		return
	}

	tier := tiers[attempt]
	if f.delay > 0 {
		tier = roundUp(f.delay, tiers)
	}
	spread := time.Duration((0.8 + 0.2*rand.Float64()) * float64(tier))
	e.Expiration = min(max(spread, f.delay), tier)
	log.Warn("handling failed; the message is tried again later", "after_ms", telemetry.Millis(e.Expiration))
	w.move(w.family.Retry(tier), e, outcomeRetried)
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

// settled acks what has come to that end.
func (w *delivery) settled(o outcome) {
	if !w.ack() {
		o = outcomeGivenBack
	}
	w.meter.count(w.Delivery, o)
}

// ack answers false when the message comes again.
func (w *delivery) ack() bool {
	err := w.Ack()
	if err != nil {
		w.log.Warn("the ack did not reach the broker; the message comes again", "error", err)
	}
	return err == nil
}

// requeue gives d back once the session has ended: by a subscription that goes on it would come again at once,
// charged each time.
func (s *session) requeue(d Delivery) {
	select {
	case <-s.quiet:
	case <-s.work.Done():
	}
	s.meter.count(d, outcomeGivenBack)
	if err := d.Requeue(); err != nil && !errors.Is(err, ErrSettleLate) {
		s.log.Warn("giving a message back did not work; it comes again when the channel closes",
			"message_id", d.ID, "correlation_id", d.CorrelationID, "attempt", d.Attempts()+1, "error", err)
	}
}
