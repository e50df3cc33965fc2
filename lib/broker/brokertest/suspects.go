package brokertest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/app/lib/broker"
)

func suspecting() promises {
	return promises{
		"MessageThatCameBackTwiceIsHandledAlone": messageThatCameBackTwiceIsHandledAlone,
		"MessageThatCameBackOnceIsNoSuspect":     messageThatCameBackOnceIsNoSuspect,
		"SuspectThatEndedThreeProcessesIsDead":   suspectThatEndedThreeProcessesIsDead,
		"NoOtherHandlerRunsBesideASuspect":       noOtherHandlerRunsBesideASuspect,
		"SuspectThatFailsIsTriedAgainLater":      suspectThatFailsIsTriedAgainLater,
		"SuspectOutlivesAFullRound":              suspectOutlivesAFullRound,
		"HoldingHandlerDoesNotStopTheLane":       holdingHandlerDoesNotStopTheLane,
		"HeldSuspectDoesNotStopOthers":           heldSuspectDoesNotStopOthers,
		"CutSuspectGoesBackUncharged":            cutSuspectGoesBackUncharged,
	}
}

// giveBack hands everything in the queue out and takes it back, as the end of a process does, so many times.
func (s *scene) giveBack(queue string, times int) {
	s.Helper()
	d, err := s.server.Inspect(s.Context(), queue)
	s.check(err)
	for range times {
		p, err := s.server.Pull(s.Context(), queue)
		s.check(err)
		for range d.Ready {
			_, ok, err := p.Get(s.Context())
			s.check(err)
			if !ok {
				s.Fatalf("%s holds fewer than %d", queue, d.Ready)
			}
		}
		s.check(p.Close())
		s.depth(queue, d.Ready)
	}
}

func numbered(n int) broker.Envelope {
	return broker.Envelope{ID: strconv.Itoa(n), Body: []byte(`{"n":` + strconv.Itoa(n) + `}`)}
}

// census counts the handlers that run, and the most that ever did.
type census struct{ now, most atomic.Int64 }

func (c *census) enter() {
	n := c.now.Add(1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
}

func (c *census) leave() { c.now.Add(-1) }

func messageThatCameBackTwiceIsHandledAlone(s *scene) {
	var running census
	handled := make(chan int, 10)
	q := broker.One(s.connection, "main", func(_ context.Context, in *anything) error {
		running.enter()
		defer running.leave()
		time.Sleep(tick)
		handled <- in.N
		return nil
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	for n := range 8 {
		s.publish(q.Name, numbered(n))
	}
	s.giveBack(q.Name, 2)

	cancel, wait := s.run(q, func(o *broker.Options) { o.Workers = 4 })
	for range 8 {
		receive(s, handled)
	}
	if n := running.most.Load(); n != 1 {
		s.Errorf("%d ran at once", n)
	}
	cancel()
	wait()
	s.empty(q)
}

// empty waits until nothing is left but what was handled.
func (s *scene) empty(q broker.Queue) {
	s.Helper()
	f := s.family(q)
	for _, queue := range []string{f.Name, f.Suspect(), f.Dead()} {
		s.depth(queue, 0)
	}
}

func messageThatCameBackOnceIsNoSuspect(s *scene) {
	var running census
	both, finish := make(chan struct{}, 2), make(chan struct{})
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		running.enter()
		both <- struct{}{}
		<-finish
		return nil
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	s.publish(q.Name, numbered(1))
	s.publish(q.Name, numbered(2))
	s.giveBack(q.Name, 1)

	cancel, wait := s.run(q)
	receive(s, both)
	receive(s, both)
	close(finish)
	cancel()
	wait()
	s.empty(q)
}

func suspectThatEndedThreeProcessesIsDead(s *scene) {
	dead := make(chan []string, 1)
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		s.Error("it was handled")
		return nil
	}, broker.Retry(time.Hour), broker.OnDead(func(_ context.Context, ids []string) error {
		dead <- ids
		return nil
	}))
	f := s.family(q)
	s.check(s.server.Declare(s.Context(), f))
	s.publish(f.Suspect(), numbered(1))
	s.giveBack(f.Suspect(), 3)
	s.run(q)

	if ids := receive(s, dead); len(ids) != 1 || ids[0] != "1" {
		s.Errorf("told of %v", ids)
	}
	if d := s.take(f.Dead()); d.Headers[broker.HeaderReason] != "crash" || d.ID != "1" || d.Attempts() != 1 {
		s.Errorf("got %v", d.Headers)
	}
	s.depth(f.Suspect(), 0)
}

func noOtherHandlerRunsBesideASuspect(s *scene) {
	var running census
	const suspect = 1
	handled := make(chan int, 100)
	q := broker.One(s.connection, "main", func(_ context.Context, in *anything) error {
		running.enter()
		defer running.leave()
		time.Sleep(tick)
		if n := running.now.Load(); in.N == suspect && n != 1 {
			s.Errorf("%d ran beside a suspect", n-1)
		}
		handled <- in.N
		return nil
	})
	s.run(q, func(o *broker.Options) { o.Workers = 4 })
	for n := range 50 {
		s.publish(q.Name, broker.Envelope{ID: strconv.Itoa(n), Body: []byte(`{}`)})
		if n%10 == 0 {
			s.publish(s.family(q).Suspect(), broker.Envelope{ID: "suspect " + strconv.Itoa(n), Body: []byte(`{"n":1}`)})
		}
	}

	suspects := 0
	for range 55 {
		suspects += receive(s, handled)
	}
	if suspects != 5*suspect {
		s.Errorf("%d suspects were handled", suspects)
	}
	if running.most.Load() < 2 {
		s.Error("the others did not run side by side")
	}
}

func suspectThatFailsIsTriedAgainLater(s *scene) {
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return errors.New("not yet") },
		broker.Retry(time.Hour))
	f := s.family(q)
	s.check(s.server.Declare(s.Context(), f))
	s.publish(f.Suspect(), numbered(1))
	s.giveBack(f.Suspect(), 2)
	s.run(q)

	if d := s.take(f.Retry(time.Hour)); d.Attempts() != 1 || d.ID != "1" {
		s.Errorf("got %s, headers %v", d.ID, d.Headers)
	}
	s.depth(f.Suspect(), 0)
}

func suspectOutlivesAFullRound(s *scene) {
	e := newEffects(s)
	q := broker.Batch(s.connection, "main", e.noteAll)
	f := s.family(q)
	s.check(s.server.Declare(s.Context(), f))
	var ids []string
	for n := range 70 {
		s.publish(f.Suspect(), numbered(n))
		ids = append(ids, strconv.Itoa(n))
	}
	s.run(q)
	e.want(ids...)
	s.empty(q)
}

func outage() error { return &pgconn.PgError{Code: "57P01"} }

func holdingHandlerDoesNotStopTheLane(s *scene) {
	held, handled := make(chan struct{}, 1000), make(chan int, 10)
	queues := []broker.Queue{broker.One(s.connection, "holding", func(context.Context, *anything) error {
		held <- struct{}{}
		return outage()
	})}
	for _, name := range []string{"one", "two", "three"} {
		queues = append(queues, broker.One(s.connection, name, func(_ context.Context, in *anything) error {
			handled <- in.N
			return nil
		}))
	}
	s.run(queues[0], func(o *broker.Options) { o.Queues, o.Grace = queues, time.Second })
	s.publish(queues[0].Name, numbered(0))
	receive(s, held)

	for n, q := range queues[1:] {
		s.publish(s.family(q).Suspect(), numbered(n))
		if got := receive(s, handled); got != n {
			s.Errorf("got %d, want %d", got, n)
		}
	}
}

func heldSuspectDoesNotStopOthers(s *scene) {
	held, handled := make(chan struct{}, 1000), make(chan int, 10)
	q := broker.One(s.connection, "main", func(_ context.Context, in *anything) error {
		if in.N == 1 {
			held <- struct{}{}
			return outage()
		}
		handled <- in.N
		return nil
	}, broker.Retry())
	cancel, wait := s.run(q)
	s.publish(s.family(q).Suspect(), numbered(1))
	receive(s, held)
	s.publish(q.Name, numbered(2))
	receive(s, handled)

	cancel()
	wait()
	s.uncharged(q)
}

// uncharged looks for message 1 among the suspects, as if it had never been handed out.
func (s *scene) uncharged(q broker.Queue) {
	s.Helper()
	if d := s.take(s.family(q).Suspect()); d.ID != "1" || d.Returns != 0 || d.Attempts() != 0 {
		s.Errorf("got %s after %d returns and %d attempts", d.ID, d.Returns, d.Attempts())
	}
	s.empty(q)
}

func cutSuspectGoesBackUncharged(s *scene) {
	began := make(chan struct{})
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		close(began)
		<-ctx.Done()
		return broker.Permanent(errors.New("cut off"))
	})
	cancel, wait := s.run(q, func(o *broker.Options) { o.Grace = 50 * time.Millisecond })
	s.publish(s.family(q).Suspect(), numbered(1))
	receive(s, began)

	cancel()
	wait()
	s.uncharged(q)
}

// Without retry delays the first charge would be death.
func databaseOutageChargesNoSuspect(s *scene) {
	server := s.ownDatabase()
	q, handled := reporting(s, broker.Retry())
	log := new(journal)
	cancel, wait := s.run(q, s.listen(log))
	server.Stop()
	s.publish(s.family(q).Suspect(), numbered(1))
	s.until(func() bool { return log.holds("the database does not serve") })

	server.Start()
	if n := receive(s, handled); n != 1 {
		s.Errorf("got %d", n)
	}
	cancel()
	wait()
	s.empty(q)
}
