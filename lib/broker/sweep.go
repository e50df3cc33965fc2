package broker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	firstSweep = 10 * time.Second
	sweepPause = 10 * time.Minute
	sweepTime  = 15 * time.Minute // the broker lets nobody hold a message for longer than 30
	sweepChunk = 1000             // ids told at once
)

var errHeld = errors.New("another look held some of the messages")

// sweep tells, again and again until ctx ends, of the messages that are dead: nobody has told of those that the broker
// moved by itself, or when telling went wrong. They are looked at only when there are more or fewer than the last time,
// because a look hides them from people and from metrics.
func (l *line) sweep(ctx, work context.Context) {
	for pause := firstSweep; sleep(ctx, jittered(pause)); pause = sweepPause {
		err := l.aside(ctx, work, (*session).tellOfDead)
		if err != nil && ctx.Err() == nil {
			failure{err: err}.tell(l.log).Error("not all of the dead could be told of")
		}
	}
}

func jittered(d time.Duration) time.Duration { return d/2 + rand.N(d) }

func (s *session) tellOfDead() {
	ctx, cancel := context.WithTimeout(s.stop, sweepTime)
	defer cancel()

	queue := s.family.Dead()
	depth, err := s.driver.Inspect(ctx, queue)
	if err != nil {
		s.end(err)
		return
	}
	if depth.Ready == s.swept {
		return
	}
	p, err := s.driver.Pull(ctx, queue)
	if err != nil {
		s.end(err)
		return
	}
	defer func() { _ = p.Close() }() // only all together they keep their order

	switch err := s.tellOf(ctx, p, depth.Ready); {
	case errors.Is(err, errHeld): // another time
	case err != nil:
		s.end(fmt.Errorf("tell of the messages in %s: %w", queue, err))
	default:
		s.swept = depth.Ready
	}
}

// tellOf tells of those that it came to, also with an error.
func (s *session) tellOf(ctx context.Context, p Puller, count int) error {
	ids, err := collect(ctx, p, count)
	t := task{session: s, log: s.log, name: "the dead of " + s.queue.Name}
	for some := range slices.Chunk(ids, sweepChunk) {
		if f := t.try(s.stop, func(ctx context.Context) error { return s.queue.Died(ctx, some) }); f.err != nil {
			return f.err
		}
	}
	return err
}

// collect takes so many messages and answers the ids that somebody may know, also with an error.
func collect(ctx context.Context, p Puller, count int) (ids []string, err error) {
	for range count {
		d, ok, err := p.Get(ctx)
		if err != nil {
			return ids, err
		}
		if !ok {
			return ids, errHeld
		}
		if d.ID != "" && isText(d.ID) {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
