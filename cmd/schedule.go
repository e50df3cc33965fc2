package cmd

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/cron"
	"example.com/app/lib/ops"
	"example.com/app/schedule"
)

func scheduleCommand(f *flags) *cobra.Command {
	c := &cobra.Command{
		Use:     "schedule",
		Short:   "Run the jobs at their time; any number of replicas, each tick runs once",
		Example: "  app schedule\n  app schedule list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.start(c, mode{
				name:        "schedule",
				portSetting: "SCHEDULE_PORT",
				port:        func(s Settings) int { return s.SchedulePort },
				parts:       schedulerParts,
			})
		},
	}
	c.AddCommand(scheduleListCommand(f), scheduleRunCommand(f), scheduleHistoryCommand(f))
	return c
}

func schedulerParts(_ context.Context, d *Deps, _ *ops.Probes) ([]part, error) {
	s, err := newScheduler(d)
	if err != nil {
		return nil, err
	}
	return []part{{run: s.Run, reload: func(to Settings) {
		s.Reschedule(schedulesOf(schedule.Jobs(d.DB, to.Times)))
	}}}, nil
}

func newScheduler(d *Deps) (*cron.Scheduler, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	return cron.New(cron.Options{
		DB:    d.DB,
		Jobs:  schedule.Jobs(d.DB, d.Settings.Times),
		Host:  host,
		Grace: d.Settings.ShutdownTimeout,
		Log:   d.Log,

		Metrics: d.Metrics,
		Tracer:  d.Tracer,
	})
}

// withScheduler opens the database alone: these commands neither wait for ticks nor answer probes.
func (f *flags) withScheduler(c *cobra.Command, do func(s *cron.Scheduler) error) error {
	return f.withDatabase(c, "schedule", func(d *Deps) error {
		s, err := newScheduler(d)
		if err != nil {
			return err
		}
		return do(s)
	})
}

func scheduleListCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Show the jobs with their next and last run",
		Example: "  app schedule list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withScheduler(c, func(s *cron.Scheduler) error {
				list, err := s.List(c.Context())
				if err != nil {
					return err
				}
				return show(c, []string{"JOB", "SCHEDULE", "NEXT", "LAST", "OUTCOME"}, list, plannedCells)
			})
		},
	}
}

func plannedCells(p cron.Planned) []any {
	last, outcome := "-", "-"
	if p.Last != nil {
		last, outcome = stamp(&p.Last.ScheduledAt), string(p.Last.Outcome)
	}
	return []any{p.Job, p.Schedule, stamp(p.Next), last, outcome}
}

func scheduleRunCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "run JOB",
		Short:   "Run a job now, also one that is switched off, and wait for its end",
		Example: "  app schedule run rename_students",
		Args:    exactly("JOB"),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withScheduler(c, func(s *cron.Scheduler) error {
				return s.RunNow(c.Context(), args[0])
			})
		},
	}
}

func scheduleHistoryCommand(f *flags) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:     "history [JOB]",
		Short:   "Show past runs, the newest first",
		Example: "  app schedule history\n  app schedule history rename_students --limit 5",
		Args: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return fmt.Errorf("--limit is %d: want at least 1", limit)
			}
			return cobra.MaximumNArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return f.withScheduler(c, func(s *cron.Scheduler) error {
				runs, err := s.History(c.Context(), append(args, "")[0], limit)
				if err != nil {
					return err
				}
				return show(c, []string{"JOB", "SCHEDULED", "STARTED", "FINISHED", "HOST", "OUTCOME", "POSITION", "ERROR"}, runs, runCells)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 20, "how many runs")
	return c
}

func runCells(r cron.Run) []any {
	return []any{r.Job, stamp(&r.ScheduledAt), stamp(&r.StartedAt), stamp(r.FinishedAt), r.Host, r.Outcome, string(r.Position), r.Error}
}

// stamp is an instant for people, in UTC.
func stamp(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
