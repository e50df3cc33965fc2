package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/app/lib/broker"
)

const (
	round = 100 * time.Millisecond // after it no row goes that had to wait for another one of its key
	grace = 5 * time.Second        // at a stop, for the broker to confirm what it has
)

// publish sends the rows of different keys at once, and those of one key one after the other, each once the one
// before is confirmed.
func (s *session) publish(ctx context.Context, rows []*row) {
	flying, land := s.fly(ctx)
	defer land()

	chains := make(map[string][]*row)
	for _, r := range rows {
		chains[r.key] = append(chains[r.key], r)
	}

	end := time.Now().Add(round)
	var wg sync.WaitGroup
	for _, chain := range chains {
		wg.Go(func() { s.sendInOrder(ctx, flying, chain, end) })
	}
	wg.Wait()
}

func (s *session) sendInOrder(ctx, flying context.Context, chain []*row, end time.Time) {
	for i, r := range chain {
		if i > 0 && (ctx.Err() != nil || time.Now().After(end)) {
			return
		}
		if s.send(flying, r); r.fate != sent {
			return
		}
	}
}

func (s *session) send(ctx context.Context, r *row) {
	err := s.driver.Publish(ctx, s.exchange, r.routingKey, r.envelope)
	switch {
	case err == nil:
		r.fate = sent
	case errors.Is(err, broker.ErrUnknown), ctx.Err() != nil:
		r.fate = unknown
	default:
		r.fate, r.err = held, err
	}
}

// fly is for what is under way. It outlives ctx by the grace when the broker is there to confirm, and ends early when
// the connection that has the lock does.
func (s *session) fly(ctx context.Context) (flying context.Context, land func()) {
	flying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if b := s.driver.State(); b.Connected && b.Blocked == "" {
			sleep(flying, grace)
		}
		cancel()
	})

	var watch sync.WaitGroup
	watch.Go(func() {
		for sleep(flying, poll) {
			if !s.alive(ctx) {
				cancel()
			}
		}
	})
	return flying, func() {
		stop()
		cancel()
		watch.Wait()
	}
}

func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reply)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

func (s *session) tell(held []*row) {
	first := held[0]
	s.log.Warn("the broker did not take rows of the outbox, they are tried again",
		"rows", len(held), "message_id", first.envelope.ID, "correlation_id", first.envelope.CorrelationID,
		"attempt", first.attempts+1, "error", first.err)
}

// restore declares the queues again when the broker has lost what messages go to.
func (s *session) restore(ctx context.Context, held []*row) {
	lost := slices.ContainsFunc(held, func(r *row) bool { return errors.Is(r.err, broker.ErrUnroutable) })
	if !lost || len(s.families) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reply)
	defer cancel()

	if err := s.driver.Declare(ctx, s.families...); err != nil {
		s.log.Warn("queues cannot be declared again", "error", err)
	}
}
