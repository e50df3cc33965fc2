package cron

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Outcome is how far a run has come.
type Outcome string

// Skipped ticks met an unfinished run; lost runs were given up after their processes stopped answering too often.
const (
	Running Outcome = "running"
	Done    Outcome = "done"
	Failed  Outcome = "failed"
	Lost    Outcome = "lost"
	Skipped Outcome = "skipped"
)

// Run is an entry of the history. Its times are the database's.
type Run struct {
	ID          int64           `json:"id"`
	Job         string          `json:"job"`
	ScheduledAt time.Time       `json:"scheduled_at"`
	Manual      bool            `json:"manual"`
	StartedAt   time.Time       `json:"started_at"`
	FinishedAt  *time.Time      `json:"finished_at"`
	Host        string          `json:"host"` // the last one
	Outcome     Outcome         `json:"outcome"`
	Error       string          `json:"error,omitempty"` // the last one, also of a run that is to be tried again
	Position    json.RawMessage `json:"position"`
	Takeovers   int             `json:"takeovers"`
	Failures    int             `json:"failures"`
}

// Planned is a job with its times.
type Planned struct {
	Job      string     `json:"job"`
	Schedule string     `json:"schedule"`
	Next     *time.Time `json:"next"` // nil: off
	Last     *Run       `json:"last"` // nil: it never ran
}

// List tells each job's next tick and newest run, in the order of the jobs.
func (s *Scheduler) List(ctx context.Context) ([]Planned, error) {
	runs, err := s.ledger.runs(ctx, `id IN (
		SELECT DISTINCT ON (job) id FROM schedule_run ORDER BY job, scheduled_at DESC)`)
	if err != nil {
		return nil, err
	}

	last := map[string]*Run{}
	for _, run := range runs {
		last[run.Job] = &run
	}

	var list []Planned
	for _, t := range s.tickers {
		at := t.asked()
		p := Planned{Job: t.job.Name, Schedule: at.String(), Last: last[t.job.Name]}
		if next := at.Next(time.Now()); !next.IsZero() {
			p.Next = &next
		}
		list = append(list, p)
	}
	return list, nil
}

// History is the newest runs first, of one job or, for "", of every job that ever was. A name that is no job's and never
// was is an error.
func (s *Scheduler) History(ctx context.Context, job string, limit int) ([]Run, error) {
	runs, err := s.ledger.runs(ctx, "$1 IN ('', job) ORDER BY scheduled_at DESC, id DESC LIMIT $2", job, limit)
	if _, known := s.job(job); err == nil && len(runs) == 0 && job != "" && !known {
		return nil, fmt.Errorf("read the history of job %q: %s", job, s.noJob(job))
	}
	return runs, err
}

func (l ledger) find(ctx context.Context, id int64) (Run, error) {
	runs, err := l.runs(ctx, "id = $1", id)
	if err != nil {
		return Run{}, err
	}
	if len(runs) == 0 {
		return Run{}, fmt.Errorf("find run %d: it is gone from the history", id)
	}
	return runs[0], nil
}

func (l ledger) runs(ctx context.Context, where string, args ...any) ([]Run, error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	rows, err := l.db.Query(ctx, `
		SELECT id, job, scheduled_at, manual, started_at, finished_at, host, outcome, coalesce(error, ''),
			position, takeovers, failures
		FROM schedule_run WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the history of jobs: %w", err)
	}

	runs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Run])
	if err != nil {
		return nil, fmt.Errorf("read the history of jobs: %w", err)
	}
	return runs, nil
}

// verdict is nil for a run that is done.
func (r Run) verdict() error {
	if r.Outcome == Done {
		return nil
	}
	return fmt.Errorf("run job %s: it ended as %s: %s", r.Job, r.Outcome, r.Error)
}
