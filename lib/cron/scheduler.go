package cron

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Options say what runs where.
type Options struct {
	DB    *pg.DB
	Jobs  []Job
	Host  string        // named in the history, for people
	Lease time.Duration // how long a run waits for a holder that does not answer, or after an error; 0: 30 s
	Grace time.Duration // how long the end of Run may take; 0: 25 s
	Log   *slog.Logger

	Metrics prometheus.Registerer // of one scheduler; nil: nobody looks
	Tracer  *telemetry.Tracer     // a span for each run; nil: none
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
	meter  *meter
	tracer *telemetry.Tracer
	wg     sync.WaitGroup

	tickers []*ticker     // one for each job, in their order
	changed chan struct{} // holds one when a schedule was asked for
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
	s := &Scheduler{
		db:      o.DB,
		jobs:    o.Jobs,
		ledger:  ledger{db: o.DB, host: o.Host, lease: lease, reply: min(lease/3, grace/2)},
		lease:   lease,
		beat:    min(lease/10, time.Second),
		grace:   grace,
		log:     cmp.Or(o.Log, slog.Default()),
		meter:   newMeter(o.Metrics),
		tracer:  o.Tracer,
		changed: make(chan struct{}, 1),
	}
	for _, job := range o.Jobs {
		s.tickers = append(s.tickers, s.newTicker(job))
	}
	return s, nil
}

// Run runs the jobs at their time and takes over what other replicas left, at the cost of one small query a second.
// When ctx ends it stops what runs, releases it for another replica and returns within the grace.
// The database may be away, also at the start: Run goes on when it is back.
func (s *Scheduler) Run(ctx context.Context) error {
	clock, err := gocron.NewScheduler(gocron.WithLocation(time.UTC))
	if err != nil {
		return fmt.Errorf("start the clock of jobs: %w", err)
	}

	s.wg.Go(func() { s.newSweeper().run(ctx) })
	for _, t := range s.tickers {
		s.wg.Go(func() { t.run(ctx) })
	}
	clock.Start()
	s.keepPlanned(ctx, clock)

	err = clock.Shutdown()
	s.wg.Wait()
	return err
}

func (s *Scheduler) keepPlanned(ctx context.Context, clock gocron.Scheduler) {
	for {
		for _, t := range s.tickers {
			if err := t.plan(clock); err != nil {
				s.log.Error("a job's ticks may come late by a minute", "job", t.job.Name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
	}
}

// plan lets gocron wake the ticker at every tick of the schedule that was asked for last.
func (t *ticker) plan(clock gocron.Scheduler) error {
	name, at := t.job.Name, t.asked()
	clock.RemoveByTags(name)
	if at.Off() {
		return nil
	}
	_, err := clock.NewJob(gocron.CronJob(at.String(), true), gocron.NewTask(t.poke),
		gocron.WithName(name), gocron.WithTags(name), gocron.WithCronImplementation(instants{at}))
	return err
}

// instants makes gocron use our own Next.
type instants struct{ Schedule }

// IsValid has nothing to check: the schedule has been read.
func (instants) IsValid(string, *time.Location, time.Time) error { return nil }

// newHolder names one claim, so that it is recognised when its reply was lost.
func newHolder() string { return rand.Text() }
