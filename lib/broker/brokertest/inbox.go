package brokertest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/telemetry"
)

func inbox() promises {
	return promises{
		"MessageThatComesTwiceHasOneEffect":        messageThatComesTwiceHasOneEffect,
		"FailedHandlingLeavesNoEffect":             failedHandlingLeavesNoEffect,
		"IDOfAnotherBodyIsDeath":                   idOfAnotherBodyIsDeath,
		"EveryQueueHasAnInboxOfItsOwn":             everyQueueHasAnInboxOfItsOwn,
		"IDThatIsNoTextIsDeath":                    idThatIsNoTextIsDeath,
		"HandlerKnowsTheTraceOfItsMessage":         handlerKnowsTheTraceOfItsMessage,
		"DeathIsToldOnceTheMessageIsAmongTheDead":  deathIsToldOnceTheMessageIsAmongTheDead,
		"DeathThatCannotBeToldIsADeathAllTheSame":  deathThatCannotBeToldIsADeathAllTheSame,
		"MessageThatWentBackIsHandledDespiteDeath": messageThatWentBackIsHandledDespiteDeath,
	}
}

func body(text string) broker.Envelope { return broker.Envelope{ID: "1", Body: []byte(text)} }

func messageThatComesTwiceHasOneEffect(s *scene) {
	e := newEffects(s)
	last := make(chan struct{})
	q := broker.One(s.connection, "main", func(ctx context.Context, in *anything) error {
		if in.N == 2 {
			close(last)
		}
		return e.note(ctx, strconv.Itoa(in.N))
	})
	cancel, wait := s.run(q, func(o *broker.Options) { o.Workers = 1 })
	for range 10 {
		s.publish(q.Name, body(`{"n":1}`))
	}
	s.publish(q.Name, broker.Envelope{ID: "2", Body: []byte(`{"n":2}`)})

	receive(s, last)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	e.want("1", "2")
}

func failedHandlingLeavesNoEffect(s *scene) {
	e := newEffects(s)
	var runs atomic.Int64
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		if err := e.note(ctx, "1"); err != nil || runs.Add(1) == 3 {
			return err
		}
		return errors.New("after the effect")
	}, quick())
	s.run(q)
	s.publish(q.Name, body(`{}`))

	e.want("1")
	if n := runs.Load(); n != 3 {
		s.Errorf("%d runs", n)
	}
}

func idOfAnotherBodyIsDeath(s *scene) {
	q, handled := reporting(s, broker.Retry(time.Hour))
	s.run(q)
	s.publish(q.Name, body(`{"n":1}`))
	receive(s, handled)
	s.publish(q.Name, body(`{"n":2}`))

	d := s.take(s.family(q).Dead())
	if d.Headers[broker.HeaderReason] != "id-reused" || string(d.Body) != `{"n":2}` || d.ID != "1" || len(handled) > 0 {
		s.Errorf("got %s: %v", d.Body, d.Headers)
	}
}

func everyQueueHasAnInboxOfItsOwn(s *scene) {
	main, handled := reporting(s)
	audited := make(chan int, 1)
	audit := broker.One(s.connection, "audit", func(_ context.Context, in *anything) error {
		audited <- in.N
		return nil
	})
	s.run(main)
	s.run(audit)
	s.publish(main.Name, body(`{"n":1}`))
	s.publish(audit.Name, body(`{"n":2}`))
	if a, b := receive(s, handled), receive(s, audited); a != 1 || b != 2 {
		s.Errorf("got %d and %d", a, b)
	}
}

// The database could not keep it.
func idThatIsNoTextIsDeath(s *scene) {
	q, handled := reporting(s, broker.Retry(time.Hour), broker.OnDead(func(_ context.Context, ids []string) error {
		s.Errorf("told of %q", ids)
		return nil
	}))
	s.run(q)
	for _, id := range []string{"a\x00b", "a\xffb"} {
		s.publish(q.Name, broker.Envelope{ID: id, Body: []byte(`{"n":1}`)})
		d := s.take(s.family(q).Dead())
		if d.Headers[broker.HeaderReason] != "malformed" || d.ID != id {
			s.Errorf("got %q: %v", d.ID, d.Headers)
		}
	}
	if len(handled) > 0 {
		s.Error("it was handled")
	}
}

func handlerKnowsTheTraceOfItsMessage(s *scene) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traces := make(chan telemetry.Trace, 1)
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		traces <- telemetry.TraceOf(ctx)
		return nil
	})
	s.run(q)
	for _, c := range []struct {
		e           broker.Envelope
		correlation string
		begins      bool // a trace of its own
	}{
		{broker.Envelope{ID: "1", CorrelationID: "c", Headers: map[string]any{"traceparent": parent}}, "c", false},
		{broker.Envelope{ID: "2"}, "2", true},
		{broker.Envelope{ID: "3", CorrelationID: "\xff", Headers: map[string]any{"traceparent": "a\x00b"}}, "3", true},
		{broker.Envelope{ID: "4", Headers: map[string]any{"traceparent": int64(1)}}, "4", true},
	} {
		c.e.Body = []byte(`{}`)
		s.publish(q.Name, c.e)
		got := receive(s, traces)
		if got.CorrelationID != c.correlation || !telemetry.ValidTraceparent(got.Traceparent) || (got.Traceparent != parent) != c.begins {
			s.Errorf("message %s has %+v", c.e.ID, got)
		}
	}
}

func deathIsToldOnceTheMessageIsAmongTheDead(s *scene) {
	told, heard := make(chan []string, 1), make(chan struct{})
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		return broker.Permanent(errors.New("no"))
	}, broker.OnDead(func(ctx context.Context, ids []string) error {
		told <- ids
		<-heard
		return ctx.Err()
	}))
	cancel, wait := s.run(q)
	s.publish(q.Name, body(`{}`))

	if ids := receive(s, told); len(ids) != 1 || ids[0] != "1" {
		s.Errorf("told of %v", ids)
	}
	s.depth(s.family(q).Dead(), 1)
	close(heard)
	cancel()
	wait()
	s.depth(q.Name, 0)
}

func deathThatCannotBeToldIsADeathAllTheSame(s *scene) {
	for name, tell := range map[string]func(context.Context, []string) error{
		"error": func(context.Context, []string) error { return errors.New("deaf") },
		"panic": func(context.Context, []string) error { panic("deaf") },
	} {
		log := new(journal)
		q := broker.One(s.connection, name, func(context.Context, *anything) error {
			return broker.Permanent(errors.New("no"))
		}, broker.OnDead(tell))
		cancel, wait := s.run(q, s.listen(log))
		s.publish(q.Name, body(`{}`))
		s.until(func() bool { return log.holds("deaf") })
		cancel()
		wait()
		s.depth(q.Name, 0)
		s.depth(s.family(q).Dead(), 1)
		if n := log.count("deaf"); n != 1 {
			s.Errorf("%s: told %d times", name, n)
		}
	}
}

func messageThatWentBackIsHandledDespiteDeath(s *scene) {
	e := newEffects(s)
	var mended atomic.Bool
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error {
		if !mended.Load() {
			return broker.Permanent(errors.New("not yet"))
		}
		return e.note(ctx, "1")
	})
	s.run(q)
	s.publish(q.Name, body(`{}`))
	dead := s.take(s.family(q).Dead())

	mended.Store(true)
	s.publish(q.Name, broker.Replayed(dead))
	e.want("1")
}
