package cron_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/app/lib/cron"
)

func TestShutdownReleasesARunForAnotherReplicaAtOnce(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	reached, stopped := make(chan struct{}), make(chan struct{})
	pause := func(_ context.Context, at int) error {
		if at == 2 {
			close(reached)
			<-stopped
		}
		return nil
	}
	job := cron.Job{Name: "count", Task: b.counting("a", 5, pause)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.scheduler("a", long, job).RunNow(ctx, "count") }()

	<-reached
	stop()
	close(stopped)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
	b.want(3, "SELECT count(*) FROM work")

	job.Task = b.counting("b", 5)
	b.start(b.scheduler("b", long, job))
	b.await(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'done' AND takeovers = 0 AND failures = 0 AND host = 'b'")
	b.want(5, "SELECT count(DISTINCT item) FROM work")
	b.want(5, "SELECT count(*) FROM work")
}

func TestChunkThatOutlivesTheGraceIsRolledBackAndDoneElsewhere(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	reached := make(chan struct{})
	hang := func(ctx context.Context, at int) error {
		if at == 1 {
			close(reached)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	s, err := cron.New(cron.Options{
		DB: b.db, Host: "a", Lease: long, Grace: time.Second, Log: quiet(),
		Jobs: []cron.Job{b.due(b.counting("a", 3, hang))},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := b.start(s)
	<-reached
	stop()

	b.want(1, "SELECT count(*) FROM work")
	b.start(b.scheduler("b", long, cron.Job{Name: "count", Task: b.counting("b", 3)}))
	b.await(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'done' AND host = 'b' AND takeovers = 0 AND failures = 0")
	b.want(3, "SELECT count(*) FROM work")
}

func TestChunkIsRefusedOnceTheRunIsSomebodyElses(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]string{
		"epoch":    "UPDATE schedule_run SET epoch = epoch + 1, lease_until = lease_until + interval '1 hour'",
		"position": "UPDATE schedule_run SET position = to_jsonb(position::int + 1), lease_until = lease_until + interval '1 hour'",
		"end":      "UPDATE schedule_run SET outcome = 'lost', finished_at = now()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			log := newJournal()
			started := make(chan struct{})
			signal := func(_ context.Context, at int) error {
				if at == 3 {
					close(started)
				}
				return nil
			}
			b.start(b.schedulerAt(b.url, "a", long, log.logger(), b.due(b.counting("a", 1_000_000, signal))))

			<-started
			b.exec(change)
			log.await(t, "job stopped, another replica goes on with it")
			b.want(b.number("SELECT position::int FROM schedule_run WHERE position IS NOT NULL"),
				"SELECT count(*) + CASE $1 WHEN 'position' THEN 1 ELSE 0 END FROM work", name)
		})
	}
}

func TestHolderThatCannotRenewStopsBeforeItsLeaseEnds(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	p, url := newProxy(t, b.url)
	reached, inTime := make(chan struct{}), make(chan bool, 1)
	wait := func(ctx context.Context, _ int) error {
		close(reached)
		<-ctx.Done()
		inTime <- b.number("SELECT count(*) FROM schedule_run WHERE clock_timestamp() < lease_until") == 1
		return ctx.Err()
	}
	log := newJournal()
	b.start(b.schedulerAt(url, "a", 6*time.Second, log.logger(), b.due(b.counting("a", 1, wait))))

	<-reached
	p.freeze()
	defer p.thaw()
	if !<-inTime {
		t.Error("the holder went on when its lease had ended")
	}
	log.await(t, "job stopped, another replica goes on with it")
}

func TestRunThatFailsThreeTimesIsFailed(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	fault := func(_ context.Context, at int) error {
		if at == 1 {
			panic("no \x00 luck")
		}
		return nil
	}
	job := b.due(b.counting("a", 3, fault))
	for _, host := range []string{"a", "b"} {
		b.start(b.scheduler(host, short, job))
	}

	b.await(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'failed'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE failures = 3 AND takeovers = 0 AND position = '1' AND error LIKE '%no  luck%'")
	b.want(1, "SELECT count(*) FROM work")
}

func TestErrorIsForgottenWhenTheNextTrySucceeds(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	tries := 0
	fault := func(context.Context, int) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	}
	if err := b.scheduler("a", short, cron.Job{Name: "count", Task: b.counting("a", 1, fault)}).RunNow(t.Context(), "count"); err != nil {
		t.Fatal(err)
	}
	b.want(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'done' AND failures = 2 AND error IS NULL")
	b.want(1, "SELECT count(*) FROM work")
}
