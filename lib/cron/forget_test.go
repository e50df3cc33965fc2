package cron_test

import (
	"testing"
	"time"

	"example.com/app/lib/cron"
)

const addRuns = `
	INSERT INTO schedule_run (job, scheduled_at, manual, started_at, finished_at, host, outcome, lease_until)
	SELECT job, now() - age, manual, now() - age, CASE outcome WHEN 'running' THEN NULL ELSE now() - age END, 'h', outcome, now()
	FROM (VALUES `

func TestForgetKeepsTheNewestTickAndTheNewestRunByHand(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.exec(addRuns + `
		('a', interval '9 days', false, 'done'), ('a', '8 days', true, 'done'), ('a', '7 days', false, 'failed'), ('a', '6 days', true, 'done'), ('a', '5 days', true, 'done'),
		('b', interval '9 days', false, 'done'), ('b', '1 hour', false, 'done'),
		('c', interval '9 days', true, 'done'), ('c', '8 days', true, 'running')
	) AS runs (job, age, manual, outcome)`)

	n, err := cron.Forget(t.Context(), b.db, 24*time.Hour, 100)
	if err != nil {
		t.Fatal(err)
	}
	if n != 5 {
		t.Errorf("%d runs are forgotten, want 5", n)
	}
	b.want(2, "SELECT count(*) FROM schedule_run WHERE job = 'a'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'a' AND NOT manual AND outcome = 'failed'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'a' AND manual AND scheduled_at > now() - interval '6 days'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'b' AND scheduled_at > now() - interval '2 hours'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'b'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE job = 'c'")
}

func TestForgetHeedsItsLimit(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.exec(addRuns + `('a', interval '9 days', false, 'done'), ('a', '8 days', false, 'done'), ('a', '7 days', false, 'done')
	) AS runs (job, age, manual, outcome)`)
	for _, want := range []int64{1, 1, 0} {
		if n, err := cron.Forget(t.Context(), b.db, 24*time.Hour, 1); n != want || err != nil {
			t.Errorf("%d runs are forgotten, want %d: %v", n, want, err)
		}
	}
}
