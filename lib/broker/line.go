package broker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const answerTime = 5 * time.Second // what a server may take before the next attempt

// line keeps one queue consumed, one session after the other.
type line struct {
	*Consumer
	queue  Queue
	family Family
	driver Driver
	inbox  inbox
	meter  meter
	slots  chan struct{} // one per message that is handled by itself, whichever session it came in
	gate   chan struct{} // one per message or batch that was begun: for single messages these are the slots
	log    *slog.Logger

	mismatch bool // told already
	swept    int  // the dead of whom all has been told, when they were last counted
}

func newLine(c *Consumer, q Queue) *line {
	l := &line{
		Consumer: c,
		queue:    q,
		family:   q.Family(c.o.Tiers),
		driver:   c.o.Drivers[q.Connection],
		meter:    c.meters.of(q.Name),
		inbox:    inbox{db: c.o.DB, consumer: q.Name},
		slots:    make(chan struct{}, c.o.Workers),
		log:      c.o.Log.With("queue", q.Name),
	}
	l.gate = l.slots
	if q.size > 1 {
		l.gate = make(chan struct{}, batchesAtWork)
	}
	return l
}

// run returns when ctx has ended and every session has settled what it held; work ends with the grace.
func (l *line) run(ctx, work context.Context) {
	var sessions sync.WaitGroup
	defer sessions.Wait()
	sessions.Go(func() { l.suspects(ctx, work) })
	if l.queue.WantsDead() {
		sessions.Go(func() { l.sweep(ctx, work) })
	}

	var back backoff
	for ctx.Err() == nil {
		began := time.Now()
		err := l.session(ctx, work, &sessions)
		if time.Since(began) > longestPause {
			back.reset()
		}

		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errDatabaseAway):
			l.awaitDatabase(ctx)
		default:
			l.log.Warn("consuming was interrupted", "error", err)
			back.pause(ctx)
		}
	}
}

// session consumes until it ends and tells why; what it still holds is settled in the background.
func (l *line) session(ctx, work context.Context, sessions *sync.WaitGroup) error {
	sub, err := l.subscribe(ctx)
	if err != nil {
		return err
	}

	s := newSession(ctx, work, l, sub)
	defer sessions.Go(s.finish)
	return s.read()
}

func (l *line) subscribe(ctx context.Context) (Subscription, error) {
	if err := l.driver.Ready(ctx); err != nil {
		return nil, err
	}
	l.declare(ctx)
	return l.driver.Consume(ctx, l.queue.Name, l.prefetch())
}

// prefetch is enough to collect a batch while others are at work.
func (l *line) prefetch() int {
	if l.queue.size > 1 {
		return (batchesAtWork + 1) * l.queue.size
	}
	return l.o.Prefetch
}

// declare makes what somebody may have deleted meanwhile. What does not work here, as under an alarm of the broker,
// is no reason not to consume.
func (l *line) declare(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()

	err := l.driver.Declare(limited, l.family)
	switch {
	case err == nil:
		l.mismatch = false
	case errors.Is(err, ErrMismatch):
		if !l.mismatch {
			l.log.Error("the broker has other queues than wanted; they are used as they are", "error", err)
		}
		l.mismatch = true
	case ctx.Err() == nil:
		l.log.Warn("declaring the queues did not work", "error", err)
	}
}

func (l *line) awaitDatabase(ctx context.Context) {
	l.log.Error("consuming stopped until the database answers")
	var back backoff
	for l.ping(ctx) != nil {
		if !back.pause(ctx) {
			return
		}
	}
	l.log.Info("the database answers again")
}

func (l *line) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return l.inbox.probe(ctx)
}
