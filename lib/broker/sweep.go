package broker

import (
	"context"
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

// sweep tells, again and again until ctx ends, of the messages that are dead: nobody has told of those that the broker
// moved by itself, or when telling went wrong.
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
	}
	if depth.Ready == 0 {
		return
	}
	p, err := s.driver.Pull(ctx, queue)
	if err != nil {
		s.end(err)
		return
	}
	defer func() { _ = p.Close() }() // only all together they keep their order

	if err := s.tellOf(ctx, p, depth.Ready); err != nil {
		s.end(fmt.Errorf("tell of the messages in %s: %w", queue, err))
	}
}

func (s *session) tellOf(ctx context.Context, p Puller, most int) error {
	ids, err := collect(ctx, p, most)
	if err != nil {
		return err
	}
	t := task{session: s, log: s.log, name: "the dead of " + s.queue.Name}
	for some := range slices.Chunk(ids, sweepChunk) {
		if f := t.try(s.stop, func(ctx context.Context) error { return s.queue.Died(ctx, some) }); f.err != nil {
			return f.err
		}
	}
	return nil
}

// collect takes at most so many messages and answers the ids that somebody may know.
func collect(ctx context.Context, p Puller, most int) ([]string, error) {
	var ids []string
	for range most {
		d, ok, err := p.Get(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if d.ID != "" && isText(d.ID) {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
