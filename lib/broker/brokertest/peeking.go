package brokertest

import (
	"errors"
	"slices"
	"strconv"

	"example.com/app/lib/broker"
)

func peeking() promises {
	return promises{
		"PeekLeavesTheQueueAsItWas": peekLeavesTheQueueAsItWas,
		"PeekRefusesLiveQueues":     peekRefusesLiveQueues,
		"PeekNamesAnAbsentQueue":    peekNamesAnAbsentQueue,
	}
}

func peekLeavesTheQueueAsItWas(s *scene) {
	f := s.declare("main")
	for n := range 5 {
		s.publish(f.Dead(), broker.Envelope{ID: strconv.Itoa(n), Headers: map[string]any{broker.HeaderReason: "permanent"}})
	}
	odd := func(d broker.Delivery) bool { return d.ID == "1" || d.ID == "3" }
	all := func(broker.Delivery) bool { return true }

	for _, c := range []struct {
		limit int
		keep  func(broker.Delivery) bool
		want  []string
	}{
		{10, odd, []string{"1", "3"}},
		{1, odd, []string{"1"}},
		{2, all, []string{"0", "1"}},
		{10, all, []string{"0", "1", "2", "3", "4"}},
	} {
		got, err := broker.Peek(s.Context(), s.server, f.Dead(), c.limit, c.keep)
		s.check(err)
		ids := make([]string, 0, len(got))
		for _, d := range got {
			ids = append(ids, d.ID)
		}
		if !slices.Equal(ids, c.want) {
			s.Errorf("got %v, want %v", ids, c.want)
		}
		s.depth(f.Dead(), 5)
	}
}

func peekRefusesLiveQueues(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	if _, err := broker.Peek(s.Context(), s.server, f.Name, 1, func(broker.Delivery) bool { return true }); err == nil {
		s.Error("it looked")
	}
	if d := s.take(f.Name); d.Returns != 0 {
		s.Errorf("got %d returns", d.Returns)
	}
}

func peekNamesAnAbsentQueue(s *scene) {
	_, err := broker.Peek(s.Context(), s.server, s.name("absent.dead"), 1, func(broker.Delivery) bool { return true })
	if !errors.Is(err, broker.ErrNoQueue) {
		s.Errorf("got %v, want %v", err, broker.ErrNoQueue)
	}
}
