package broker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// line keeps one queue consumed, one session after the other.
type line struct {
	*Consumer
	queue  Queue
	family Family
	driver Driver
	slots  chan struct{} // one per handler at work, whichever session its message came in
	log    *slog.Logger
}

func newLine(c *Consumer, q Queue) *line {
	return &line{
		Consumer: c,
		queue:    q,
		family:   q.family(c.o.Tiers),
		driver:   c.o.Drivers[q.Connection],
		slots:    make(chan struct{}, c.o.Workers),
		log:      c.o.Log.With("queue", q.Name),
	}
}

// run returns when ctx has ended and every session has settled what it held; work ends with the grace.
func (l *line) run(ctx, work context.Context) {
	var sessions sync.WaitGroup
	defer sessions.Wait()

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
	sub, err := l.driver.Consume(ctx, l.queue.Name, l.o.Prefetch)
	if !errors.Is(err, ErrNoQueue) {
		return sub, err
	}

	l.log.Error("the queue is gone; it is declared again")
	if err := l.driver.Declare(ctx, l.family); err != nil {
		return nil, err
	}
	return l.driver.Consume(ctx, l.queue.Name, l.o.Prefetch)
}

func (l *line) awaitDatabase(ctx context.Context) {
	if l.o.DB == nil {
		return
	}

	l.log.Error("consuming stopped until the database answers")
	var back backoff
	for l.o.DB.Ping(ctx) != nil {
		if !back.pause(ctx) {
			return
		}
	}
	l.log.Info("the database answers again")
}
