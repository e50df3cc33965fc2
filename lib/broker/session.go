package broker

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

const lastBreath = time.Second // for handlers whose context was just cut, and for what the broker is told after them

var (
	errDatabaseAway = errors.New("the database is away")
	errEnded        = errors.New("the subscription has ended")
)

// session is the life of one subscription and of the deliveries that came by it.
type session struct {
	*line
	sub     Subscription
	turn    turn
	stop    context.Context // done: begin nothing, wait for nothing; the cause says why
	end     context.CancelCauseFunc
	live    context.Context // done: the deliveries are not ours any longer, or no longer to be worked on
	lose    context.CancelFunc
	work    context.Context // what handlers run in
	quiet   chan struct{}   // closed: what goes back does not come again by this subscription
	running sync.WaitGroup
}

func newSession(ctx, work context.Context, l *line, sub Subscription) *session {
	s := &session{line: l, sub: sub, turn: beside{l.floor}, work: work, quiet: make(chan struct{})}
	s.stop, s.end = context.WithCancelCause(ctx)
	s.live, s.lose = context.WithCancel(work)
	return s
}

// read begins what comes until the session ends, and tells why it did. It always reads on, so that an end is
// noticed at once and a session that stops can give back what has not begun.
func (s *session) read() error {
	p := pile{size: s.queue.size}
	for s.stop.Err() == nil {
		var free chan<- struct{}
		if p.ripe() {
			free = s.gate
		}

		select {
		case <-s.stop.Done():
		case d, ok := <-s.sub.Deliveries():
			if !ok {
				return s.lost()
			}
			p.put(d)
		case <-p.due:
			p.overdue = true
		case free <- struct{}{}:
			if s.stop.Err() != nil {
				<-s.gate
				break
			}
			ds := p.take()
			s.running.Go(func() {
				defer func() { <-s.gate }()
				s.begin(ds)
			})
		}
	}

	s.running.Go(func() { s.giveBack(p.waiting) })
	return context.Cause(s.stop)
}

func (s *session) begin(ds []Delivery) {
	s.meter.came(ds)
	if s.queue.size > 1 {
		s.takeAll(ds)
	} else {
		s.take(ds[0])
	}
}

func (s *session) lost() error {
	close(s.quiet)
	s.end(errEnded)
	s.lose()
	return cmp.Or(s.sub.Err(), errEnded)
}

func (s *session) giveBack(waiting []Delivery) {
	if err := s.sub.Cancel(); err != nil {
		s.log.Warn("cancelling the subscription went wrong", "error", err)
	}
	close(s.quiet)
	for _, d := range waiting {
		s.requeue(d)
	}
	for d := range s.sub.Deliveries() {
		s.requeue(d)
	}
}

// finish waits for the handlers and for what is being given back, and closes: what is unsettled then goes back to
// the queue.
func (s *session) finish() {
	s.await(s.running.Wait)
	s.end(nil)
	s.lose()
	s.await(func() {
		if err := s.sub.Close(); err != nil {
			s.log.Warn("closing the subscription went wrong", "error", err)
		}
	})
}

// aside does something in a session without a subscription, which ends with it, and tells why it ended early.
func (l *line) aside(ctx, work context.Context, do func(*session)) error {
	s := newSession(ctx, work, l, nil)
	close(s.quiet)
	defer s.lose()
	defer s.end(nil)

	s.running.Go(func() { do(s) })
	s.await(s.running.Wait)
	return context.Cause(s.stop)
}

// await leaves do behind a last breath after the grace: a handler may not heed its context, and a broker that has
// vanished does not answer.
func (s *session) await(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()

	select {
	case <-done:
	case <-s.work.Done():
		select {
		case <-done:
		case <-time.After(lastBreath):
		}
	}
}
