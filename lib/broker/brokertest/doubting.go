package brokertest

import (
	"context"
	"errors"
	"time"

	"example.com/app/lib/broker"
)

// doubting is what must not happen twice where nobody knows whether it has happened.
func doubting() promises {
	return promises{
		"CommitWhoseAnswerIsLostHasOneEffect":        commitWhoseAnswerIsLostHasOneEffect,
		"BatchWhoseAnswerIsLostHasOneEffect":         batchWhoseAnswerIsLostHasOneEffect,
		"InterruptedBatchHasOneEffect":               interruptedBatchHasOneEffect,
		"DatabaseThatStopsAmidABatchChargesNothing":  databaseThatStopsAmidABatchChargesNothing,
		"DeathIsToldAfterAnOutage":                   deathIsToldAfterAnOutage,
		"LockedRowHoldsUpTheMessageThatNeedsItAlone": lockedRowHoldsUpTheMessageThatNeedsItAlone,
	}
}

func commitWhoseAnswerIsLostHasOneEffect(s *scene) {
	p := s.intercept()
	e := newEffects(s)
	q := broker.One(s.connection, "main", func(ctx context.Context, _ *anything) error { return e.note(ctx, "1") }, broker.Retry())
	cancel, wait := s.run(q)
	p.Lose(2)
	s.publish(q.Name, body(`{}`))

	s.until(p.Spent)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	e.want("1")
}

func batchWhoseAnswerIsLostHasOneEffect(s *scene) {
	p := s.intercept()
	e := newEffects(s)
	q := e.batch(pass, broker.Retry())
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 50)
	p.Lose(2)
	cancel, wait := s.run(q)

	s.until(p.Spent)
	e.want(ids...)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	e.want(ids...)
}

func interruptedBatchHasOneEffect(s *scene) {
	e := newEffects(s)
	began, finish := make(chan []string, 10), make(chan struct{})
	q := e.batch(func(batch []broker.Message[anything]) error {
		began <- idsOf(batch)
		<-finish
		return nil
	}, broker.Retry())
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 20)
	cancel, wait := s.run(q)
	receive(s, began)

	s.server.Interrupt()
	s.until(func() bool { return s.server.State().Reconnects > 0 })
	close(finish)
	e.want(ids...)
	s.depth(q.Name, 0)
	cancel()
	wait()
	s.depth(s.family(q).Dead(), 0)
	e.want(ids...)
}

func databaseThatStopsAmidABatchChargesNothing(s *scene) {
	server := s.ownDatabase()
	e := newEffects(s)
	began, finish := make(chan []string, 10), make(chan struct{})
	q := e.batch(func(batch []broker.Message[anything]) error {
		began <- idsOf(batch)
		<-finish
		return nil
	}, broker.Retry())
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 20)
	log := new(journal)
	cancel, wait := s.run(q, s.listen(log))
	receive(s, began)

	server.Stop()
	close(finish)
	s.until(func() bool { return log.holds("the database does not serve") })
	server.Start()
	e.want(ids...)
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 0)
	if log.holds("one by one") {
		s.Error("the batch was taken to pieces")
	}
}

func deathIsToldAfterAnOutage(s *scene) {
	server := s.ownDatabase()
	e := newEffects(s)
	began, finish := make(chan struct{}, 10), make(chan struct{})
	q := broker.One(s.connection, "main", func(context.Context, *anything) error {
		return broker.Permanent(errors.New("no"))
	}, broker.OnDead(func(ctx context.Context, ids []string) error {
		began <- struct{}{}
		<-finish
		return e.note(ctx, ids...)
	}))
	cancel, wait := s.run(q)
	s.publish(q.Name, body(`{}`))
	receive(s, began)

	server.Stop()
	close(finish)
	receive(s, began)
	server.Start()
	e.want("1")
	cancel()
	wait()
	s.depth(q.Name, 0)
	s.depth(s.family(q).Dead(), 1)
}

func lockedRowHoldsUpTheMessageThatNeedsItAlone(s *scene) {
	e := newEffects(s)
	s.check(e.note(s.Context(), "locked"))
	locked, release := make(chan struct{}), make(chan struct{})
	unlocked := make(chan error, 1)
	go func() {
		unlocked <- s.db.InTx(s.Context(), func(ctx context.Context) error {
			_, err := s.db.Exec(ctx, "SELECT FROM "+e.table+" FOR UPDATE")
			close(locked)
			<-release
			return err
		})
	}()
	receive(s, locked)

	q := broker.Batch(s.connection, "main", func(ctx context.Context, batch []broker.Message[anything]) error {
		if has(batch, 3) {
			if _, err := s.db.Exec(ctx, "SET LOCAL lock_timeout = 50"); err != nil {
				return err
			}
			if _, err := s.db.Exec(ctx, "SELECT FROM "+e.table+" WHERE id = 'locked' FOR UPDATE"); err != nil {
				return err
			}
		}
		return e.noteAll(ctx, batch)
	}, broker.Retry())
	s.check(s.server.Declare(s.Context(), s.family(q)))
	ids := s.fill(q.Name, 10)
	s.run(q, func(o *broker.Options) { o.HandlerTimeout = time.Minute })

	e.want(append([]string{"locked"}, append(ids[:2:2], ids[3:]...)...)...)
	close(release)
	s.check(receive(s, unlocked))
	e.want(append(ids, "locked")...)
	s.depth(s.family(q).Dead(), 0)
}
