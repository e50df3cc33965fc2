package broker

import (
	"context"
	"errors"
	"log/slog"

	"example.com/app/lib/telemetry"
)

// task is what is done for a message, or for several at once.
type task struct {
	*session
	log     *slog.Logger
	name    string          // for whoever looks for one that is stuck
	trace   telemetry.Trace // of a single message
	several bool
}

// persist does it again for as long as not the messages but the database is to blame. It does not begin once until has
// ended, and waits for nothing once the session stops.
func (t *task) persist(until context.Context, do func(ctx context.Context) error) failure {
	h := hold{several: t.several}
	for {
		f := t.try(until, do)
		h.meet(f.fault)
		switch {
		case f.err == nil:
			return f
		case t.live.Err() != nil, errors.Is(f.err, errGivenBack): // cut off, whatever the handler makes of it
			return failure{err: errGivenBack}
		case h.spent(f.fault):
			return f
		}

		t.turn.rest()
		if !h.wait(t, f) {
			return failure{err: errGivenBack}
		}
	}
}

// try does it once, with a deadline, a logger and a trace in the context. A panic becomes an error.
func (t *task) try(until context.Context, do func(ctx context.Context) error) (f failure) {
	if !t.turn.take(until) {
		return failure{err: errGivenBack}
	}
	defer t.turn.done()

	ctx, cancel := context.WithTimeout(telemetry.With(t.work, t.log, t.trace), t.o.HandlerTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	defer t.watch.begin(&running{name: t.name, deadline: deadline})()

	defer func() {
		if r := recover(); r != nil {
			f = t.judge(telemetry.Recovered(r))
		}
	}()
	return t.judge(do(ctx))
}

// handle enters messages into the inbox and handles those that are fresh, in one transaction.
func (t *task) handle(l load, ds []Delivery) (fates []fate, f failure) {
	defer t.meter.begin(ds)()
	f = t.persist(t.stop, func(ctx context.Context) error {
		return t.inSpan(ctx, ds, func(ctx context.Context) error {
			return t.o.DB.InTx(ctx, func(ctx context.Context) (err error) {
				if fates, err = t.inbox.enter(ctx, ds); err != nil {
					return err
				}
				return l.handle(ctx, fates)
			})
		})
	})
	return fates, f
}
