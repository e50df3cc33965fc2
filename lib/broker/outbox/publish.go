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
	round    = 100 * time.Millisecond // after it no row goes that had to wait for another one of its key
	doubtful = 3                      // confirmations that did not come
)

// publish sends the rows of different keys at once, and those of one key one after the other, each once the one
// before is confirmed. When ctx has ended, what flies has its time, and nothing else begins.
func (s *session) publish(ctx, flying context.Context, rows []*row) {
	chains := make(map[string][]*row)
	for _, r := range rows {
		chains[r.key] = append(chains[r.key], r)
	}

	end := time.Now().Add(round)
	var wg sync.WaitGroup
	for _, chain := range chains {
		wg.Go(func() {
			for i, r := range chain {
				if i > 0 && (ctx.Err() != nil || time.Now().After(end)) {
					return
				}
				if s.send(flying, r); r.fate != sent {
					return
				}
			}
		})
	}
	wg.Wait()
}

func (s *session) send(ctx context.Context, r *row) {
	ctx, end := s.span(ctx, r)
	defer func() { end(r.err) }()

	r.err = s.driver.Publish(ctx, s.exchange, r.routingKey, r.envelope)
	switch {
	case r.err == nil:
		r.fate = sent
	case errors.Is(r.err, broker.ErrUnknown), ctx.Err() != nil:
		r.fate = unknown
	default:
		r.fate = held
	}
}

// doubt holds a row once its confirmation has failed to come several times in a row. A broker that is asked for what it
// forbids closes the channel, and every other row on it would suffer again and again.
func (s *session) doubt(rows []*row) {
	for _, r := range rows {
		if r.fate != unknown {
			delete(s.doubts, r.seq)
			continue
		}
		s.doubts[r.seq]++
		if s.doubts[r.seq] == doubtful {
			delete(s.doubts, r.seq)
			r.fate = held
		}
	}
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
