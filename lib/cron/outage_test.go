package cron_test

import (
	"context"
	"errors"
	"testing"

	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/lib/testenv"
	"example.com/app/migrations"
)

func TestSchedulerGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	m, err := pg.NewMigrator(server.URL(), migrations.FS, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(errors.Join(err, m.Close()))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	b := bench{TB: t, url: server.URL(), db: open(t, server.URL())}
	b.exec("CREATE TABLE work (item bigint NOT NULL, host text NOT NULL)")
	logs := []*journal{newJournal(), newJournal()}
	for i, host := range []string{"a", "b"} {
		b.start(b.schedulerAt(b.url, host, short, logs[i].logger(), cron.Job{
			Name: "count", Schedule: schedule(t, "@every 1s"), Task: b.counting(host, 1),
		}))
	}
	b.await(2, "SELECT count(*) FROM schedule_run WHERE outcome = 'done'")

	server.Stop()
	for _, log := range logs {
		log.await(t, "jobs cannot reach their table")
	}
	server.Start()
	for _, log := range logs {
		log.await(t, "jobs reach their table again")
	}
	b.db = open(t, b.url)
	before := b.number("SELECT count(*) FROM schedule_run")
	b.await(before+3, "SELECT count(*) FROM schedule_run")
	b.want(0, "SELECT (SELECT count(*) FROM work) - (SELECT count(*) FROM schedule_run WHERE outcome = 'done')")
}

func TestClaimWhoseReplyWasLostIsRecognised(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		statement string
		prepare   func(b bench)
		run       func(b bench, url string)
	}{
		"tick": {"INSERT INTO schedule_run", func(bench) {}, func(b bench, url string) {
			b.start(b.schedulerAt(url, "a", long, quiet(), b.due(b.counting("a", 2))))
		}},
		"by hand": {"INSERT INTO schedule_run", func(bench) {}, func(b bench, url string) {
			s := b.schedulerAt(url, "a", long, quiet(), cron.Job{Name: "count", Task: b.counting("a", 2)})
			if err := s.RunNow(b.Context(), "count"); err != nil {
				b.Error(err)
			}
		}},
		"take-over": {"epoch = epoch + 1", bench.released, func(b bench, url string) {
			b.start(b.schedulerAt(url, "a", long, quiet(), cron.Job{Name: "count", Task: b.counting("a", 2)}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			p, url := newProxy(t, b.url)
			c.prepare(b)
			p.lose(c.statement)
			c.run(b, url)

			b.await(1, "SELECT count(*) FROM schedule_run WHERE host = 'a' AND outcome = 'done' AND takeovers = 0")
			b.want(2, "SELECT count(*) FROM work")
			if p.losing() {
				t.Error("no reply was lost")
			}
		})
	}
}

func TestClaimThatMeetsAShutdownIsReleased(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	p, url := newProxy(t, b.url)
	late := p.delay("INSERT INTO schedule_run")
	ctx, cancel := context.WithCancel(t.Context())
	wait := b.run(ctx, b.schedulerAt(url, "a", long, quiet(), b.due(b.counting("a", 2))))

	released := <-late
	cancel()
	close(released)
	wait()
	b.want(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'running' AND holder IS NULL AND lease_until <= clock_timestamp()")
	b.want(0, "SELECT count(*) FROM work")
}

// released leaves a run that anybody may go on with.
func (b bench) released() {
	b.exec(`INSERT INTO schedule_run (job, scheduled_at, started_at, host, lease_until)
		VALUES ('count', now(), now(), 'before', now())`)
}

func TestRunOfAnUnknownJobIsLeftAloneAndSaidOnce(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.exec(`INSERT INTO schedule_run (job, scheduled_at, started_at, host, lease_until)
		VALUES ('stranger', now(), now(), 'before', now())`)
	log := newJournal()
	b.start(b.schedulerAt(b.url, "a", short, log.logger(), mark(t)))

	b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'mark' AND outcome = 'done'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'stranger' AND outcome = 'running' AND epoch = 1")
	if said := log.count("this binary does not know its job"); said != 1 {
		t.Errorf("said %d times", said)
	}
}
