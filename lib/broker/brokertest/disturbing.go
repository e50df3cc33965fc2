package brokertest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"example.com/app/lib/broker"
)

func disturbing() promises {
	return promises{
		"DeletedQueueIsDeclaredAndConsumedAgain":   deletedQueueIsDeclaredAndConsumedAgain,
		"DeletedDeadQueueIsDeclaredAgain":          deletedDeadQueueIsDeclaredAgain,
		"DeletedDeadQueueIsBackWithTheNextSession": deletedDeadQueueIsBackWithTheNextSession,
		"InterruptedSubscriptionTellsWhy":          interruptedSubscriptionTellsWhy,
		"InterruptedConsumerComesBack":             interruptedConsumerComesBack,
		"InterruptedDriverCountsReconnects":        interruptedDriverCountsReconnects,
		"DatabaseOutageChargesNothing":             databaseOutageChargesNothing,
		"DatabaseOutageChargesNoSuspect":           databaseOutageChargesNoSuspect,
		"FailureOfALostDeliveryIsNotCharged":       failureOfALostDeliveryIsNotCharged,
	}
}

// send repeats until the broker has the message: right after a disturbance it may have nowhere to put it.
func (s *scene) send(queue string, body string) {
	s.Helper()
	s.until(func() bool {
		ctx, cancel := context.WithTimeout(s.Context(), time.Second)
		defer cancel()
		_, err := broker.Send(ctx, s.server, queue, []byte(body))
		return err == nil
	})
}

func deletedQueueIsDeclaredAndConsumedAgain(s *scene) {
	q, handled := reporting(s)
	s.run(q)
	s.send(q.Name, `{"n":1}`)
	receive(s, handled)

	s.server.Delete(q.Name)
	s.send(q.Name, `{"n":2}`)
	if n := receive(s, handled); n != 2 {
		s.Errorf("got %d, want 2", n)
	}
}

func deletedDeadQueueIsDeclaredAgain(s *scene) {
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return broker.Permanent(errors.New("no")) })
	s.run(q)
	s.send(q.Name, `{"n":1}`)
	s.take(s.family(q).Dead())

	s.server.Delete(s.family(q).Dead())
	s.send(q.Name, `{"n":2}`)
	s.until(func() bool { // a queue is known before it works
		d, err := s.server.Inspect(s.Context(), s.family(q).Dead())
		return err == nil && d.Ready == 1
	})
	if d := s.take(s.family(q).Dead()); d.Attempts() != 1 || string(d.Body) != `{"n":2}` {
		s.Errorf("got %s with %d attempts", d.Body, d.Attempts())
	}
}

func deletedDeadQueueIsBackWithTheNextSession(s *scene) {
	q, handled := reporting(s)
	s.run(q)
	s.send(q.Name, `{"n":1}`)
	receive(s, handled)

	s.server.Delete(s.family(q).Dead())
	s.server.Interrupt()
	s.until(func() bool {
		_, err := s.server.Inspect(s.Context(), s.family(q).Dead())
		return err == nil
	})
}

func interruptedSubscriptionTellsWhy(s *scene) {
	f := s.declare("main")
	s.publish(f.Name, broker.Envelope{ID: "1"})
	sub := s.consume(f.Name, 1)
	d := receive(s, sub.Deliveries())

	s.server.Interrupt()
	if _, ok := <-sub.Deliveries(); ok || sub.Err() == nil {
		s.Errorf("open %t, error %v", ok, sub.Err())
	}
	if err := d.Ack(); !errors.Is(err, broker.ErrSettleLate) {
		s.Errorf("ack: got %v, want %v", err, broker.ErrSettleLate)
	}
	again := receive(s, s.consume(f.Name, 1).Deliveries())
	if again.ID != "1" {
		s.Errorf("got %s", again.ID)
	}
}

func interruptedDriverCountsReconnects(s *scene) {
	f := s.declare("main")
	s.consume(f.Name, 1)
	if n := s.server.State().Reconnects; n != 0 {
		s.Errorf("%d reconnects before the first loss", n)
	}
	s.server.Interrupt()
	s.until(func() bool { return s.server.State().Reconnects > 0 })
}

// What a handler did while its session was lost cannot be acked: the message comes again, and is known.
func interruptedConsumerComesBack(s *scene) {
	began, finish := make(chan struct{}, 10), make(chan struct{})
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		began <- struct{}{}
		<-finish
		return nil
	})
	cancel, wait := s.run(q)
	s.send(q.Name, `{"n":1}`)
	receive(s, began)

	s.server.Interrupt()
	s.queued(1)
	close(finish)
	s.send(q.Name, `{"n":2}`)
	receive(s, began)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	if len(began) > 0 {
		s.Error("it was handled again")
	}
}

// queued waits until so many transactions wait for another one of the scene.
func (s *scene) queued(want int) {
	s.Helper()
	s.until(func() bool {
		return want == s.count(`SELECT count(*) FROM pg_stat_activity
			WHERE application_name = $1 AND wait_event_type = 'Lock'`, string(s.connection))
	})
}

func failureOfALostDeliveryIsNotCharged(s *scene) {
	began, finish := make(chan struct{}, 10), make(chan error)
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		began <- struct{}{}
		return <-finish
	})
	cancel, wait := s.run(q)
	s.send(q.Name, `{"n":1}`)
	receive(s, began)

	s.server.Interrupt()
	s.queued(1)
	finish <- broker.Permanent(errors.New("of the lost one"))
	receive(s, began)
	finish <- broker.Permanent(errors.New("of the other"))
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 1)
}

// Without retry delays the first charge would be death.
func databaseOutageChargesNothing(s *scene) {
	server := s.ownDatabase()
	e := newEffects(s)
	q := broker.One(s.connection, "main", func(ctx context.Context, in *anything) error {
		return e.note(ctx, strconv.Itoa(in.N))
	}, broker.Retry())
	log := new(journal)
	cancel, wait := s.run(q, s.listen(log))
	s.fill(q.Name, 1)
	e.want("1")

	server.Stop()
	s.publish(q.Name, broker.Envelope{ID: "2", Body: []byte(`{"n":2}`)})
	s.until(func() bool { return log.holds("the database does not serve") })
	server.Start()
	e.want("1", "2")
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}
