package brokertest

import (
	"errors"

	"example.com/app/lib/broker"
)

func delivering() promises {
	return promises{
		"NoMoreThanPrefetchAreOut":           noMoreThanPrefetchAreOut,
		"RequeuedMessageComesAgainCounted":   requeuedMessageComesAgainCounted,
		"ClosedSubscriptionGivesBack":        closedSubscriptionGivesBack,
		"CancelledSubscriptionSettlesItsOwn": cancelledSubscriptionSettlesItsOwn,
		"SettlingAfterCloseIsLate":           settlingAfterCloseIsLate,
		"ClosedPullerGivesBack":              closedPullerGivesBack,
	}
}

func (s *scene) consume(queue string, prefetch int) broker.Subscription {
	s.Helper()
	sub, err := s.server.Consume(s.Context(), queue, prefetch)
	s.check(err)
	s.Cleanup(func() { _ = sub.Close() })
	return sub
}

func noMoreThanPrefetchAreOut(s *scene) {
	f := s.declare("main")
	for range 5 {
		s.publish(f.Name, broker.Envelope{ID: "1"})
	}
	sub := s.consume(f.Name, 2)
	first := receive(s, sub.Deliveries())
	receive(s, sub.Deliveries())
	s.depth(f.Name, 3)

	s.check(first.Ack())
	s.depth(f.Name, 2)
}

func requeuedMessageComesAgainCounted(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	sub := s.consume(f.Name, 1)
	for want := range 3 {
		d := receive(s, sub.Deliveries())
		if d.Returns != want {
			s.Errorf("got %d returns, want %d", d.Returns, want)
		}
		s.check(d.Requeue())
	}
}

func closedSubscriptionGivesBack(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	s.publish(f.Name, broker.Envelope{ID: "2"})
	sub := s.consume(f.Name, 2)
	receive(s, sub.Deliveries())
	s.check(sub.Close())

	s.depth(f.Name, 2)
	if d := s.take(f.Name); d.ID != "1" || d.Returns != 1 {
		s.Errorf("got %s after %d returns", d.ID, d.Returns)
	}
	s.check(sub.Err())
}

func cancelledSubscriptionSettlesItsOwn(s *scene) {
	f := s.declare("main")
	for _, id := range []string{"1", "2", "3"} {
		s.publish(f.Name, broker.Envelope{ID: id})
	}
	sub := s.consume(f.Name, 3)
	first := receive(s, sub.Deliveries())
	s.depth(f.Name, 0)
	s.check(sub.Cancel())
	s.publish(f.Name, broker.Envelope{ID: "4"})

	s.check(first.Ack())
	for d := range sub.Deliveries() {
		s.check(d.Requeue())
	}
	s.depth(f.Name, 3)
	s.check(sub.Err())
}

func settlingAfterCloseIsLate(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	sub := s.consume(f.Name, 1)
	d := receive(s, sub.Deliveries())
	s.check(sub.Close())

	if err := d.Ack(); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("ack: got %v, want %v", err, broker.ErrSettleLate)
	}
	if err := d.Requeue(); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("requeue: got %v, want %v", err, broker.ErrSettleLate)
	}
	s.depth(f.Name, 1)
}

func closedPullerGivesBack(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	p, err := s.server.Pull(s.Context(), f.Name)
	s.check(err)

	d, ok, err := p.Get(s.Context())
	s.check(err)
	if _, again, err := p.Get(s.Context()); !ok || again || err != nil {
		s.Errorf("got %t, then %t and %v", ok, again, err)
	}
	s.check(p.Close())
	s.depth(f.Name, 1)
	if err := d.Ack(); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("ack: got %v, want %v", err, broker.ErrSettleLate)
	}
}
