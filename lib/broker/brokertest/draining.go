package brokertest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"example.com/app/lib/broker"
)

func draining() promises {
	return promises{
		"DrainGivesBackWhatHasNotBegunAtOnce": drainGivesBackWhatHasNotBegunAtOnce,
		"GraceCutsWhatRunsAndChargesNothing":  graceCutsWhatRunsAndChargesNothing,
	}
}

func drainGivesBackWhatHasNotBegunAtOnce(s *scene) {
	began, finish := make(chan struct{}, 5), make(chan struct{})
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		began <- struct{}{}
		<-finish
		return ctx.Err()
	})
	cancel, wait := s.run(q, func(o *broker.Options) { o.Workers, o.Prefetch = 1, 3 })
	for n := range 5 {
		s.publish(q.Name, broker.Envelope{ID: strconv.Itoa(n), Body: []byte(`{}`)})
	}
	receive(s, began)
	s.depth(q.Name, 2)

	cancel()
	s.depth(q.Name, 4)
	close(finish)
	wait()
	s.depth(q.Name, 4)
	s.depth(s.family(q).Dead(), 0)
	if len(began) > 0 {
		s.Error("another one was begun")
	}
}

func graceCutsWhatRunsAndChargesNothing(s *scene) {
	began := make(chan struct{})
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		close(began)
		<-ctx.Done()
		return broker.Permanent(errors.New("cut off"))
	})
	cancel, wait := s.run(q, func(o *broker.Options) { o.Grace = 50 * time.Millisecond })
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	receive(s, began)
	cancel()
	wait()
	s.depth(s.family(q).Dead(), 0)
	if d := s.take(q.Name); d.Attempts() != 0 || d.ID != "1" {
		s.Errorf("got %s with %d attempts", d.ID, d.Attempts())
	}
}
