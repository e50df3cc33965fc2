package brokertest

import (
	"errors"
	"slices"
	"strconv"
	"sync"

	"example.com/app/lib/broker"
)

func acking() promises {
	return promises{
		"AckAllSettlesAllOfThem":              ackAllSettlesAllOfThem,
		"AckAllLeavesOthersOut":               ackAllLeavesOthersOut,
		"AckAllOfNothingSettlesNothing":       ackAllOfNothingSettlesNothing,
		"AckAllTellsOfThoseSettledAlready":    ackAllTellsOfThoseSettledAlready,
		"AckAllRefusesAnothersDeliveries":     ackAllRefusesAnothersDeliveries,
		"AckAllAfterCloseIsLate":              ackAllAfterCloseIsLate,
		"AckAllBesideSingleAcksLosesNothing":  ackAllBesideSingleAcksLosesNothing,
		"RequeueBesideAckAllIsNeverSwallowed": requeueBesideAckAllIsNeverSwallowed,
	}
}

// few is how much RabbitMQ takes at once: what is beyond 32 acks and requeues waits in the channel, and is forgotten
// with it when it closes.
const few = 30

// out is a subscription and so many messages that it handed out, whose ids are their places.
func (s *scene) out(queue string, count int) (broker.Subscription, []broker.Delivery) {
	s.Helper()
	for n := range count {
		s.publish(queue, broker.Envelope{ID: strconv.Itoa(n)})
	}
	sub := s.consume(queue, count)
	deliveries := make([]broker.Delivery, 0, count)
	for range count {
		deliveries = append(deliveries, receive(s, sub.Deliveries()))
	}
	return sub, deliveries
}

func ackAllSettlesAllOfThem(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, 20)
	slices.Reverse(out)
	s.check(sub.AckAll(out))
	s.check(sub.Close())
	s.depth(f.Name, 0)
}

func ackAllLeavesOthersOut(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, 10)
	s.check(sub.AckAll([]broker.Delivery{out[9], out[0], out[1], out[4], out[2]}))
	s.check(out[3].Ack())
	s.check(sub.AckAll(out[5:7]))
	s.check(sub.Close())

	s.depth(f.Name, 2)
	left := []string{s.take(f.Name).ID, s.take(f.Name).ID}
	slices.Sort(left)
	if !slices.Equal(left, []string{"7", "8"}) {
		s.Errorf("what came back is %v", left)
	}
}

func ackAllOfNothingSettlesNothing(s *scene) {
	f := s.declare("main")
	sub, _ := s.out(f.Name, 2)
	s.check(sub.AckAll(nil))
	s.check(sub.Close())
	s.depth(f.Name, 2)
}

// The highest is settled already: what the others need must not name it.
func ackAllTellsOfThoseSettledAlready(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, 4)
	s.check(out[2].Ack())
	if err := sub.AckAll(out[:3]); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("got %v, want %v", err, broker.ErrSettleLate)
	}
	if err := sub.AckAll(out[:3]); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("got %v, want %v", err, broker.ErrSettleLate)
	}
	s.check(out[3].Requeue())
	if d := receive(s, sub.Deliveries()); d.ID != "3" {
		s.Errorf("got %s", d.ID)
	}
	s.check(sub.Close())
	s.depth(f.Name, 1)
}

func ackAllRefusesAnothersDeliveries(s *scene) {
	f, other := s.declare("main"), s.declare("other")
	sub, out := s.out(f.Name, 1)
	_, others := s.out(other.Name, 1)
	if err := sub.AckAll(append(others, out...)); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("got %v, want %v", err, broker.ErrSettleLate)
	}
	s.check(others[0].Ack())
	s.check(sub.Close())
	s.depth(f.Name, 0)
}

func ackAllAfterCloseIsLate(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, 2)
	s.check(sub.Close())
	if err := sub.AckAll(out); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("got %v, want %v", err, broker.ErrSettleLate)
	}
	s.depth(f.Name, 2)
}

// A tag that is settled twice costs the channel, and the rest would come back.
func ackAllBesideSingleAcksLosesNothing(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, few)
	var all sync.WaitGroup
	for some := range slices.Chunk(out, 10) {
		all.Go(func() { s.settled(sub.AckAll(some[:5])) })
		for _, d := range some[5:] {
			all.Go(func() { s.settled(d.Ack()) })
		}
	}
	all.Wait()
	s.check(sub.Close())
	s.depth(f.Name, 0)
}

func (s *scene) settled(err error) {
	s.Helper()
	if err != nil {
		s.Error(err)
	}
}

func requeueBesideAckAllIsNeverSwallowed(s *scene) {
	f := s.declare("main")
	sub, out := s.out(f.Name, few)
	s.check(sub.Cancel())
	var back, acked []broker.Delivery
	for i, d := range out {
		if i%3 == 0 {
			back = append(back, d)
		} else {
			acked = append(acked, d)
		}
	}

	var all sync.WaitGroup
	for _, d := range back {
		all.Go(func() { s.settled(d.Requeue()) })
	}
	for some := range slices.Chunk(acked, 4) {
		all.Go(func() { s.settled(sub.AckAll(some)) })
	}
	all.Wait()
	s.check(sub.Close())
	s.depth(f.Name, len(back))
}
