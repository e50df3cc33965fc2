package cron_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"example.com/app/lib/cron"
)

func TestEachTickRunsOnceOnThreeReplicas(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	for _, host := range []string{"a", "b", "c"} {
		b.start(b.scheduler(host, short, cron.Job{
			Name: "count", Schedule: schedule(t, "@every 1s"), Task: b.counting(host, 1), Missed: cron.All(60),
		}))
	}

	b.await(10, "SELECT count(*) FROM schedule_run")
	b.want(0, "SELECT count(*) FROM schedule_run WHERE outcome IN ('failed', 'lost')")
	b.want(0, gaps)
	b.want(0, "SELECT count(*) FROM schedule_run WHERE scheduled_at <> date_trunc('second', scheduled_at) OR started_at < scheduled_at")
	b.want(0, `SELECT abs((SELECT count(*) FROM work) - (SELECT count(*) FROM schedule_run WHERE outcome = 'done'))`)
}

const gaps = "SELECT extract(epoch FROM max(scheduled_at) - min(scheduled_at))::int + 1 - count(*) FROM schedule_run"

func TestMissedTicksAreMadeUpForAsTheJobSays(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		missed cron.Missed
		runs   int
	}{"skip": {0, 0}, "once": {cron.Once, 1}, "all": {cron.All(60), 30}, "all up to a bound": {cron.All(7), 7}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			b.lastRan(31)
			for _, host := range []string{"a", "b", "c"} {
				b.start(b.scheduler(host, short, mark(t), cron.Job{
					Name: "count", Schedule: schedule(t, seldom), Task: b.counting(host, 1), Missed: c.missed,
				}))
			}

			b.await(1, "SELECT count(*) FROM schedule_run WHERE job = 'mark' AND outcome = 'done'")
			b.await(c.runs+1, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND outcome = 'done'")
			b.want(c.runs, "SELECT count(*) FROM work")
			b.want(c.runs+1, "SELECT count(*) FROM schedule_run WHERE job = 'count'")
			b.want(0, `SELECT count(*) FROM schedule_run WHERE job = 'count' AND host <> 'before' AND scheduled_at <=
				(SELECT min(scheduled_at) + (30 - $1::int) * interval '240 hours' FROM schedule_run)`, c.runs)
			b.want(0, `SELECT count(*) FROM schedule_run a JOIN schedule_run b USING (job)
				WHERE a.scheduled_at < b.scheduled_at AND a.started_at >= b.started_at`)
		})
	}
}

// mark is a job whose first tick tells that the schedulers have been at work for a while.
func mark(t *testing.T) cron.Job {
	return cron.Job{Name: "mark", Schedule: schedule(t, "@every 2s"), Task: cron.Chunks(
		func(context.Context) (int, error) { return 0, nil },
		func(context.Context, int) (int, bool, error) { return 0, false, nil })}
}

func TestTickThatMeetsAnUnfinishedRunIsSkipped(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	free := make(chan struct{})
	wait := func(context.Context, int) error { <-free; return nil }
	for _, host := range []string{"a", "b"} {
		b.start(b.scheduler(host, long, cron.Job{
			Name: "count", Schedule: schedule(t, "@every 1s"), Task: b.counting(host, 1, wait),
		}))
	}

	b.await(3, "SELECT count(*) FROM schedule_run WHERE outcome = 'skipped'")
	b.want(1, "SELECT count(*) FROM schedule_run WHERE outcome = 'running'")
	b.want(0, "SELECT count(*) FROM schedule_run WHERE outcome = 'skipped' AND error NOT LIKE 'run % on % had not ended'")
	close(free)
	b.await(3, "SELECT count(*) FROM schedule_run WHERE outcome = 'done'")
}

// The database's clock decides: a host whose clock is a minute off names the ticks that come there, all of them and no others.
func TestHostWithAWrongClockClaimsWhatIsDueAtTheDatabase(t *testing.T) {
	t.Parallel()

	for name, skew := range map[string]string{"ahead": "-60 s", "behind": "60 s"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			url := b.skewed(skew)
			begin := b.number("SELECT extract(epoch FROM skewed.clock_timestamp())::int - 1")
			b.start(b.schedulerAt(url, "a", short, quiet(), mark(t), cron.Job{
				Name: "count", Schedule: schedule(t, "@every 1s"), Task: b.counting("a", 1), Missed: cron.All(60),
			}))

			b.await(5, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND outcome = 'done'")
			b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'mark' AND outcome = 'done'")
			b.want(0, "SELECT count(*) FROM schedule_run WHERE started_at < scheduled_at")
			b.want(0, "SELECT count(*) FROM schedule_run WHERE extract(epoch FROM scheduled_at) < $1", begin)
			b.want(0, gaps+" WHERE job = 'count'")
		})
	}
}

// Three hours pass between two looks, as when a machine was suspended: the last ticks in them are missed.
func TestLateTickIsLetPassUnlessTheJobMakesUpForIt(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		missed       cron.Missed
		runs, passed int
	}{"skip": {0, 0, 1}, "once": {cron.Once, 1, 0}, "all": {cron.All(2), 2, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := newBench(t)
			url := b.skewed("0 s")
			hour := time.Now().UTC().Truncate(time.Hour)
			next := hour.Add(time.Hour)
			log := newJournal()
			b.start(b.schedulerAt(url, "a", short, log.logger(), mark(t), cron.Job{
				Name: "count", Schedule: schedule(t, fmt.Sprintf("* * %d,%d * * *", hour.Hour(), next.Hour())),
				Task: b.counting("a", 1), Missed: c.missed,
			}))
			b.await(1, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND outcome = 'done'")

			b.skewed("3 h")
			b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'mark' AND outcome = 'done' AND scheduled_at > now() + interval '2 h'")
			const madeUp = "SELECT count(*) FROM schedule_run WHERE job = 'count' AND started_at > scheduled_at + interval '1 h'"
			b.await(c.runs, madeUp)
			b.want(c.runs, madeUp)
			missed := "tick=" + next.Add(time.Hour-time.Second).Format("2006-01-02T15:04:05.000Z")
			if passed := log.count(`level=WARN msg="tick let pass, it is late" job=count ` + missed); passed != c.passed {
				t.Errorf("let pass %d times, want %d", passed, c.passed)
			}

			b.skewed("24 h")
			b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'count' AND outcome = 'done' AND scheduled_at > now() + interval '23 h'")
		})
	}
}

// skewed sets the clock of a database whose address it returns, against the host's.
func (b bench) skewed(by string) (url string) {
	b.Helper()

	b.exec("CREATE SCHEMA IF NOT EXISTS skewed")
	b.exec(`CREATE OR REPLACE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql
		AS $$ SELECT pg_catalog.clock_timestamp() + interval '` + by + `' $$`)
	return with(b, b.url, "search_path", "skewed,pg_catalog,public")
}

func with(t testing.TB, address, name, value string) string {
	t.Helper()

	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestJobThatIsOffRunsNoTick(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	b.start(b.scheduler("a", short, mark(t), cron.Job{Name: "count", Task: b.counting("a", 1)}))

	b.await(2, "SELECT count(*) FROM schedule_run WHERE job = 'mark'")
	b.want(0, "SELECT count(*) FROM schedule_run WHERE job = 'count'")
}

func TestJobsNeedANameOfTheirOwnAndATask(t *testing.T) {
	t.Parallel()

	task := counting(nil, "", 1)
	for name, jobs := range map[string][]cron.Job{
		"no name": {{Task: task}}, "no task": {{Name: "count"}}, "twice": {{Name: "count", Task: task}, {Name: "count", Task: task}},
	} {
		if _, err := cron.New(cron.Options{Jobs: jobs}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
