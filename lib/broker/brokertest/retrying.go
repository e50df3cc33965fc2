package brokertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/app/lib/broker"
)

func retrying() promises {
	return promises{
		"PoisonMessageEndsInDeadQueue":        poisonMessageEndsInDeadQueue,
		"TransientErrorIsTriedAgain":          transientErrorIsTriedAgain,
		"PanicIsTriedAgainAndNamed":           panicIsTriedAgainAndNamed,
		"RetryAfterRoundsUpToATier":           retryAfterRoundsUpToATier,
		"OneTierCanBeUsedAgain":               oneTierCanBeUsedAgain,
		"RetryComesWithinItsTier":             retryComesWithinItsTier,
		"DataThatTheDatabaseRefusesIsDeath":   dataThatTheDatabaseRefusesIsDeath,
		"ConflictIsRepeatedAtOnceUncharged":   conflictIsRepeatedAtOnceUncharged,
		"BrokersNotesOfAnotherLifeAreDropped": brokersNotesOfAnotherLifeAreDropped,
	}
}

func quick() broker.Option { return broker.Retry(100*time.Millisecond, 200*time.Millisecond) }

func poisonMessageEndsInDeadQueue(s *scene) {
	var runs atomic.Int64
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		runs.Add(1)
		return errors.New("never")
	}, quick())
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	d := s.take(s.family(q).Dead())
	if d.Headers[broker.HeaderReason] != "exhausted" || d.Attempts() != 3 || runs.Load() != 3 {
		s.Errorf("%d runs, headers %v", runs.Load(), d.Headers)
	}
}

func transientErrorIsTriedAgain(s *scene) {
	var runs atomic.Int64
	done := make(chan struct{})
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		if runs.Add(1) < 3 {
			return errors.New("not yet")
		}
		close(done)
		return nil
	}, quick())
	cancel, wait := s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	receive(s, done)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}

func panicIsTriedAgainAndNamed(s *scene) {
	var runs atomic.Int64
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		runs.Add(1)
		panic("out of range")
	}, quick())
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	d := s.take(s.family(q).Dead())
	if d.Headers[broker.HeaderReason] != "panic" || d.Headers[broker.HeaderError] != "panic: out of range" || runs.Load() != 3 {
		s.Errorf("%d runs, headers %v", runs.Load(), d.Headers)
	}
}

func retryAfterRoundsUpToATier(s *scene) {
	for name, want := range map[string]struct{ asked, tier, least time.Duration }{
		"below":   {30 * time.Minute, time.Hour, 48 * time.Minute},
		"between": {118 * time.Minute, 2 * time.Hour, 118 * time.Minute},
		"exact":   {2 * time.Hour, 2 * time.Hour, 2 * time.Hour},
		"above":   {9 * time.Hour, 3 * time.Hour, 3 * time.Hour},
	} {
		q := broker.One(s.connection, name, func(context.Context, *anything) error {
			return broker.RetryAfter(want.asked, errors.New("later"))
		}, broker.Retry(3*time.Hour, time.Hour, 2*time.Hour))
		s.run(q)
		s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

		if d := s.take(s.family(q).Retry(want.tier)); d.Expiration < want.least || d.Expiration > want.tier || d.Attempts() != 1 {
			s.Errorf("%s: expires after %s, %d attempts", name, d.Expiration, d.Attempts())
		}
	}
}

// A copied x-death would make the broker drop the message as a cycle the second time.
func oneTierCanBeUsedAgain(s *scene) {
	var runs atomic.Int64
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		runs.Add(1)
		return broker.RetryAfter(110*time.Millisecond, errors.New("later"))
	}, broker.Retry(100*time.Millisecond, 110*time.Millisecond, 120*time.Millisecond))
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	if d := s.take(s.family(q).Dead()); d.Attempts() != 4 || runs.Load() != 4 {
		s.Errorf("%d runs, headers %v", runs.Load(), d.Headers)
	}
}

func retryComesWithinItsTier(s *scene) {
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return errors.New("no") },
		broker.Retry(time.Hour))
	s.run(q)
	for range 10 {
		s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})
		if d := s.take(s.family(q).Retry(time.Hour)); d.Expiration < 48*time.Minute || d.Expiration > time.Hour {
			s.Errorf("expires after %s", d.Expiration)
		}
	}
}

func dataThatTheDatabaseRefusesIsDeath(s *scene) {
	refused := &pgconn.PgError{Severity: "ERROR", Code: "23514", Message: "violates a check"}
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return refused }, broker.Retry(time.Hour))
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	d := s.take(s.family(q).Dead())
	if d.Headers[broker.HeaderReason] != "permanent" || d.Headers[broker.HeaderErrorClass] != "SQLSTATE 23514" {
		s.Errorf("got %v", d.Headers)
	}
}

func conflictIsRepeatedAtOnceUncharged(s *scene) {
	var runs atomic.Int64
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		if runs.Add(1) < 4 {
			return &pgconn.PgError{Code: "40001"}
		}
		return broker.Permanent(errors.New("seen"))
	}, broker.Retry(time.Hour))
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", Body: []byte(`{}`)})

	if d := s.take(s.family(q).Dead()); d.Attempts() != 1 || d.Returns != 0 || runs.Load() != 4 {
		s.Errorf("%d runs, %d returns, headers %v", runs.Load(), d.Returns, d.Headers)
	}
}

func brokersNotesOfAnotherLifeAreDropped(s *scene) {
	q := broker.One(s.connection, "main", func(context.Context, *anything) error { return broker.Permanent(errors.New("no")) })
	s.run(q)
	notes := []string{"x-first-death-queue", "x-last-death-reason", "x-acquired-count", broker.HeaderReason}
	headers := map[string]any{"tenant": "a"}
	for _, name := range notes {
		headers[name] = "elsewhere"
	}
	s.publish(q.Name, broker.Envelope{ID: "1", Headers: headers, Body: []byte(`{}`)})

	d := s.take(s.family(q).Dead())
	for _, name := range notes {
		if d.Headers[name] == "elsewhere" {
			s.Errorf("%s is still there", name)
		}
	}
	if d.Headers["tenant"] != "a" {
		s.Errorf("got %v", d.Headers)
	}
}
