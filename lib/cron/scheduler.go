package cron

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"example.com/app/lib/pg"
)

// Options say what runs where.
type Options struct {
	DB    *pg.DB
	Jobs  []Job
	Host  string        // named in the history, for people
	Lease time.Duration // how long a run waits for a holder that does not answer, or after an error; 0: 30 s
	Grace time.Duration // how long the end of Run may take; 0: 25 s
	Log   *slog.Logger
}

// Scheduler runs jobs together with every other scheduler on the same database.
type Scheduler struct {
	db     *pg.DB
	jobs   []Job
	ledger ledger
	lease  time.Duration
	beat   time.Duration // between two looks at the table
	grace  time.Duration
	log    *slog.Logger
	wg     sync.WaitGroup
}

// New refuses jobs without a name or a task, and two of one name. It does not touch the database.
func New(o Options) (*Scheduler, error) {
	names := map[string]bool{"": true}
	for _, job := range o.Jobs {
		if names[job.Name] || job.Task.step == nil {
			return nil, fmt.Errorf("add job %q: it needs a name of its own and a task", job.Name)
		}
		names[job.Name] = true
	}

	lease, grace := cmp.Or(o.Lease, 30*time.Second), cmp.Or(o.Grace, 25*time.Second)
	return &Scheduler{
		db:     o.DB,
		jobs:   o.Jobs,
		ledger: ledger{db: o.DB, host: o.Host, lease: lease, reply: min(lease/3, grace/2)},
		lease:  lease,
		beat:   min(lease/10, time.Second),
		grace:  grace,
		log:    cmp.Or(o.Log, slog.Default()),
	}, nil
}

// Run runs the jobs at their time and takes over what other replicas left, at the cost of one small query a second.
// When ctx ends it stops what runs, releases it for another replica and returns within the grace.
// The database may be away, also at the start: Run goes on when it is back.
func (s *Scheduler) Run(ctx context.Context) error {
	clock, err := gocron.NewScheduler(gocron.WithLocation(time.UTC))
	if err != nil {
		return fmt.Errorf("start the clock of jobs: %w", err)
	}
	tickers, err := s.plan(clock)
	if err != nil {
		return errors.Join(err, clock.Shutdown())
	}

	s.wg.Go(func() { s.newSweeper().run(ctx) })
	for _, t := range tickers {
		s.wg.Go(func() { t.run(ctx) })
	}
	clock.Start()

	<-ctx.Done()
	err = clock.Shutdown()
	s.wg.Wait()
	return err
}

// plan lets gocron wake a ticker at every tick of its job.
func (s *Scheduler) plan(clock gocron.Scheduler) ([]*ticker, error) {
	var tickers []*ticker
	for _, job := range s.jobs {
		if job.Schedule.Off() {
			continue
		}

		t := s.newTicker(job)
		_, err := clock.NewJob(gocron.CronJob(job.Schedule.String(), true), gocron.NewTask(t.poke),
			gocron.WithName(job.Name), gocron.WithCronImplementation(instants{job.Schedule}))
		if err != nil {
			return nil, fmt.Errorf("plan job %s: %w", job.Name, err)
		}
		tickers = append(tickers, t)
	}
	return tickers, nil
}

// instants makes gocron use our own Next.
type instants struct{ Schedule }

// IsValid has nothing to check: the schedule has been read.
func (instants) IsValid(string, *time.Location, time.Time) error { return nil }

// newHolder names one claim, so that it is recognised when its reply was lost.
func newHolder() string { return rand.Text() }
