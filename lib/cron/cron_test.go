package cron_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const (
	patience = 60 * time.Second
	short    = 4 * time.Second // a lease that a test can wait for, and a scheduler keeps that is short of a processor
	long     = time.Minute     // a lease that a test would not wait for
)

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		os.Exit(child())
	}
	os.Exit(testenv.Main(m))
}

// bench is one database with the work that was done on it.
type bench struct {
	testing.TB
	url string
	db  *pg.DB
}

func newBench(t testing.TB) bench {
	t.Helper()

	url := pgtest.URL(t)
	b := bench{TB: t, url: url, db: open(t, url)}
	b.exec("CREATE TABLE work (item bigint NOT NULL, host text NOT NULL)")
	return b
}

func open(t testing.TB, url string) *pg.DB {
	t.Helper()

	db, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "test", Max: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return db
}

func (b bench) exec(sql string, args ...any) {
	b.Helper()

	if _, err := b.db.Exec(b.Context(), sql, args...); err != nil {
		b.Fatal(err)
	}
}

func (b bench) number(sql string, args ...any) int {
	b.Helper()

	var n int
	if err := b.db.QueryRow(b.Context(), sql, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// await polls until the query answers at least n.
func (b bench) await(n int, sql string) {
	b.Helper()

	for end := time.Now().Add(patience); b.number(sql) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("still %d, want %d: %s", b.number(sql), n, sql)
		}
	}
}

func (b bench) want(n int, sql string, args ...any) {
	b.Helper()

	if got := b.number(sql, args...); got != n {
		b.Errorf("got %d, want %d: %s", got, n, sql)
	}
}

// scheduler has sessions and a host name of its own.
func (b bench) scheduler(host string, lease time.Duration, jobs ...cron.Job) *cron.Scheduler {
	b.Helper()
	return b.schedulerAt(b.url, host, lease, quiet(), jobs...)
}

func (b bench) schedulerAt(url, host string, lease time.Duration, log *slog.Logger, jobs ...cron.Job) *cron.Scheduler {
	b.Helper()

	s, err := cron.New(cron.Options{DB: open(b, url), Jobs: jobs, Host: host, Lease: lease, Grace: 10 * time.Second, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// start returns how to stop it; the test's end does it, too.
func (b bench) start(s *cron.Scheduler) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	wait := b.run(ctx, s)
	return func() { cancel(); wait() }
}

// run returns how to wait until it has stopped; the test's end does it, too.
func (b bench) run(ctx context.Context, s *cron.Scheduler) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			b.Errorf("run: %v", err)
		}
	})
	b.Cleanup(wg.Wait)
	return wg.Wait
}

// seldom has no tick while a test runs.
const seldom = "@every 240h"

// lastRan leaves a history that ends so many ticks ago.
func (b bench) lastRan(ticks int) {
	b.Helper()

	s := schedule(b, seldom)
	next := s.Next(time.Now())
	b.exec(`INSERT INTO schedule_run (job, scheduled_at, started_at, finished_at, host, outcome, lease_until)
		VALUES ('count', $1, $1, $1, 'before', 'done', $1)`, next.Add(-time.Duration(ticks)*s.Next(next).Sub(next)))
}

// due is a job with one tick, which the first scheduler claims as it starts.
func (b bench) due(task cron.Task) cron.Job {
	b.Helper()

	b.lastRan(2)
	return cron.Job{Name: "count", Schedule: schedule(b, seldom), Task: task, Missed: cron.Once}
}

// counting does one item of work in each of so many chunks.
func (b bench) counting(host string, chunks int, more ...func(ctx context.Context, at int) error) cron.Task {
	return counting(b.db, host, chunks, more...)
}

func counting(db *pg.DB, host string, chunks int, more ...func(ctx context.Context, at int) error) cron.Task {
	return cron.Chunks(
		func(context.Context) (int, error) { return 0, nil },
		func(ctx context.Context, at int) (int, bool, error) {
			if _, err := db.Exec(ctx, "INSERT INTO work VALUES ($1, $2)", at, host); err != nil {
				return 0, false, err
			}
			for _, do := range more {
				if err := do(ctx, at); err != nil {
					return 0, false, err
				}
			}
			return at + 1, at+1 < chunks, nil
		})
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
