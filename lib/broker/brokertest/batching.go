package brokertest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/app/lib/broker"
)

func batching() promises {
	return promises{
		"BatchesTakeEverythingOnce":                     batchesTakeEverythingOnce,
		"TwoConsumersOfDuplicatesHaveOneEffectEach":     twoConsumersOfDuplicatesHaveOneEffectEach,
		"FailureInABatchIsChargedToTheCulpritAlone":     failureInABatchIsChargedToTheCulpritAlone,
		"PanicInABatchIsChargedToTheCulpritAlone":       panicInABatchIsChargedToTheCulpritAlone,
		"RefusedRowInABatchIsChargedToTheCulprit":       refusedRowInABatchIsChargedToTheCulprit,
		"MalformedMessageTakesNoBatchWithIt":            malformedMessageTakesNoBatchWithIt,
		"IDOfAnotherBodyTakesNoBatchWithIt":             idOfAnotherBodyTakesNoBatchWithIt,
		"MessageWithoutIDGetsOneInABatch":               messageWithoutIDGetsOneInABatch,
		"ConflictRepeatsTheBatchUncharged":              conflictRepeatsTheBatchUncharged,
		"MessageThatFailedIsTriedAgainByItself":         messageThatFailedIsTriedAgainByItself,
		"DrainFinishesTheBatchAtWorkAndGivesBackOthers": drainFinishesTheBatchAtWorkAndGivesBackOthers,
		"GraceCutsTheBatchAndChargesNothing":            graceCutsTheBatchAndChargesNothing,
		"MessageOfABatchKnowsItsTrace":                  messageOfABatchKnowsItsTrace,
	}
}

// fill publishes messages whose ids are their numbers from 1, and answers the ids.
func (s *scene) fill(queue string, count int) []string {
	s.Helper()
	ids := make([]string, 0, count)
	for n := range count {
		id := strconv.Itoa(n + 1)
		s.publish(queue, broker.Envelope{ID: id, Body: []byte(`{"n":` + id + `}`)})
		ids = append(ids, id)
	}
	return ids
}

// batch is a queue of batches whose handler notes their effects once check has let them pass.
func (e effects) batch(check func(batch []broker.Message[anything]) error, opts ...broker.Option) broker.Queue {
	return broker.Batch(e.connection, "main", func(ctx context.Context, batch []broker.Message[anything]) error {
		if err := e.noteAll(ctx, batch); err != nil {
			return err
		}
		return check(batch)
	}, opts...)
}

func pass([]broker.Message[anything]) error { return nil }

// has tells whether the message of that number is in the batch.
func has(batch []broker.Message[anything], n int) bool {
	return slices.ContainsFunc(batch, func(m broker.Message[anything]) bool { return m.Body.N == n })
}

func batchesTakeEverythingOnce(s *scene) {
	e := newEffects(s)
	var largest atomic.Int64
	q := e.batch(func(batch []broker.Message[anything]) error {
		largest.Store(max(largest.Load(), int64(len(batch))))
		if !slices.IsSorted(idsOf(batch)) {
			s.Errorf("not in the order of ids: %v", idsOf(batch))
		}
		return nil
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 450)
	cancel, wait := s.run(q)

	e.want(ids...)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	if n := largest.Load(); n > 200 || n < 2 {
		s.Errorf("the largest batch had %d messages", n)
	}
}

func twoConsumersOfDuplicatesHaveOneEffectEach(s *scene) {
	e := newEffects(s)
	q := e.batch(pass)
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 150)
	s.fill(q.Name, 150)
	s.fill(q.Name, 150)
	one, oneEnd := s.run(q)
	other, otherEnd := s.run(q)

	s.depth(q.Name, 0)
	e.want(ids...)
	one()
	other()
	oneEnd()
	otherEnd()
	s.depth(s.family(q).Dead(), 0)
	e.want(ids...)
}

// spoiled runs a batch of ten whose third message spoil does not let pass, and wants it alone among the dead.
func spoiled(s *scene, reason string, spoil func(ctx context.Context) error) {
	e := newEffects(s)
	q := broker.Batch(s.connection, "main", func(ctx context.Context, batch []broker.Message[anything]) error {
		if err := e.noteAll(ctx, batch); err != nil {
			return err
		}
		if has(batch, 3) {
			return spoil(ctx)
		}
		return nil
	}, broker.Retry(50*time.Millisecond))
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 10)
	cancel, wait := s.run(q)

	d := s.take(s.family(q).Dead())
	if d.ID != "3" || d.Headers[broker.HeaderReason] != reason {
		s.Errorf("%s is dead: %v", d.ID, d.Headers)
	}
	e.want(slices.Delete(ids, 2, 3)...)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}

func failureInABatchIsChargedToTheCulpritAlone(s *scene) {
	spoiled(s, "exhausted", func(context.Context) error { return errors.New("no") })
}

func panicInABatchIsChargedToTheCulpritAlone(s *scene) {
	spoiled(s, "panic", func(context.Context) error { panic("no") })
}

func refusedRowInABatchIsChargedToTheCulprit(s *scene) {
	spoiled(s, "permanent", func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "SELECT 1/0")
		return err
	})
}

func malformedMessageTakesNoBatchWithIt(s *scene) {
	e := newEffects(s)
	q := e.batch(func(batch []broker.Message[anything]) error {
		if has(batch, 0) {
			s.Error("the malformed one was handled")
		}
		return nil
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 3)
	for _, id := range []string{"2a", "a\x00b"} {
		s.publish(q.Name, broker.Envelope{ID: id, Body: []byte(`{"n":"text"}`)})
	}
	s.publish(q.Name, broker.Envelope{ID: "\xff", Body: []byte(`{"n":1}`)})
	s.run(q)

	for range 3 {
		if d := s.take(s.family(q).Dead()); d.Headers[broker.HeaderReason] != "malformed" {
			s.Errorf("%q is dead: %v", d.ID, d.Headers)
		}
	}
	e.want(ids...)
}

func idOfAnotherBodyTakesNoBatchWithIt(s *scene) {
	e := newEffects(s)
	q := e.batch(pass, broker.Retry(time.Hour))
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 5)
	s.fill(q.Name, 5)
	s.publish(q.Name, broker.Envelope{ID: "3", Body: []byte(`{"n":7}`)})
	cancel, wait := s.run(q)

	if d := s.take(s.family(q).Dead()); d.ID != "3" || d.Headers[broker.HeaderReason] != "id-reused" {
		s.Errorf("%s is dead: %v", d.ID, d.Headers)
	}
	e.want(ids...)
	s.publish(q.Name, broker.Envelope{ID: "2", Body: []byte(`{"n":8}`)})
	if d := s.take(s.family(q).Dead()); d.ID != "2" || d.Headers[broker.HeaderReason] != "id-reused" {
		s.Errorf("%s is dead: %v", d.ID, d.Headers)
	}
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}

func messageWithoutIDGetsOneInABatch(s *scene) {
	seen := make(chan string, 2)
	q := broker.Batch(s.connection, "main", func(_ context.Context, batch []broker.Message[anything]) error {
		for _, m := range batch {
			seen <- m.ID
		}
		return nil
	})
	s.run(q)
	s.publish(q.Name, broker.Envelope{Body: []byte(`{}`)})
	s.publish(q.Name, broker.Envelope{Body: []byte(`{}`)})
	if a, b := receive(s, seen), receive(s, seen); a == "" || a == b {
		s.Errorf("got ids %q and %q", a, b)
	}
}

func conflictRepeatsTheBatchUncharged(s *scene) {
	e := newEffects(s)
	var refused atomic.Int64
	q := e.batch(func(batch []broker.Message[anything]) error {
		if len(batch) > 1 && refused.Add(1) <= 3 {
			return &pgconn.PgError{Code: "40P01"}
		}
		return nil
	}, broker.Retry())
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 20)
	cancel, wait := s.run(q)
	e.want(ids...)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
}

// The others are not held up by it, and it holds up nobody.
func messageThatFailedIsTriedAgainByItself(s *scene) {
	e := newEffects(s)
	var failed atomic.Bool
	q := e.batch(func(batch []broker.Message[anything]) error {
		if !has(batch, 3) {
			return nil
		}
		if len(batch) == 1 && !failed.Swap(true) {
			return errors.New("not yet")
		}
		if len(batch) > 1 && failed.Load() {
			s.Error("it came back into a batch")
		}
		if len(batch) > 1 {
			return errors.New("not together")
		}
		return nil
	}, broker.Retry(50*time.Millisecond))
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 5)
	s.run(q)
	e.want(ids...)
	s.depth(s.family(q).Dead(), 0)
}

func drainFinishesTheBatchAtWorkAndGivesBackOthers(s *scene) {
	e := newEffects(s)
	began, finish := make(chan []string, 10), make(chan struct{})
	q := e.batch(func(batch []broker.Message[anything]) error {
		began <- idsOf(batch)
		<-finish
		return nil
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	s.fill(q.Name, 400)
	cancel, wait := s.run(q)
	begun := receive(s, began)

	s.depth(q.Name, 0)
	cancel()
	s.depth(q.Name, 400-len(begun))
	close(finish)
	wait()
	e.want(begun...)
	s.depth(q.Name, 400-len(begun))
	s.depth(s.family(q).Dead(), 0)
}

func graceCutsTheBatchAndChargesNothing(s *scene) {
	e := newEffects(s)
	began := make(chan struct{}, 10)
	q := broker.Batch(s.connection, "main", func(ctx context.Context, batch []broker.Message[anything]) error {
		err := e.noteAll(ctx, batch)
		began <- struct{}{}
		<-ctx.Done()
		return errors.Join(err, broker.Permanent(errors.New("cut off")))
	})
	s.check(s.server.Declare(s.Context(), s.family(q)))
	s.fill(q.Name, 20)
	cancel, wait := s.run(q, func(o *broker.Options) { o.Grace = 50 * time.Millisecond })
	receive(s, began)

	cancel()
	wait()
	s.depth(s.family(q).Dead(), 0)
	s.depth(q.Name, 20)
	e.want()
	if n := s.count("SELECT count(*) FROM inbox WHERE consumer = $1", q.Name); n != 0 {
		s.Errorf("%d are in the inbox", n)
	}
	if d := s.take(q.Name); d.Attempts() != 0 {
		s.Errorf("%d attempts", d.Attempts())
	}
}

func messageOfABatchKnowsItsTrace(s *scene) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	messages := make(chan broker.Message[anything], 2)
	q := broker.Batch(s.connection, "main", func(_ context.Context, batch []broker.Message[anything]) error {
		for _, m := range batch {
			messages <- m
		}
		return nil
	})
	s.run(q)
	s.publish(q.Name, broker.Envelope{ID: "1", CorrelationID: "c", Body: []byte(`{"n":7}`), Headers: map[string]any{"traceparent": parent}})
	if got, want := receive(s, messages), (broker.Message[anything]{ID: "1", CorrelationID: "c", Traceparent: parent, Body: anything{7}}); got != want {
		s.Errorf("got %+v, want %+v", got, want)
	}
	s.publish(q.Name, broker.Envelope{ID: "2", Body: []byte(`{}`)})
	if got := receive(s, messages); got.CorrelationID != "2" || got.Traceparent != "" {
		s.Errorf("got %+v", got)
	}
}
