package cron

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/pg"
)

const scrape = 2 * time.Second // for the database to answer

// collector asks the database at every scrape, since the process that ran a job last may be another one, or gone.
type collector struct {
	db   *pg.DB
	jobs []string
	last *prometheus.Desc
}

// NewCollector tells when each job last succeeded, on whichever host. It leaves out jobs that never did, and
// everything that the database does not tell within 2 seconds.
func NewCollector(db *pg.DB, jobs []Job) prometheus.Collector {
	c := &collector{db: db, last: prometheus.NewDesc("app_job_last_success_timestamp_seconds",
		"When the newest run that succeeded has ended, on any host.", []string{"job"}, nil)}
	for _, job := range jobs {
		c.jobs = append(c.jobs, job.Name)
	}
	return c
}

func (c *collector) Describe(to chan<- *prometheus.Desc) { to <- c.last }

func (c *collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()

	rows, err := c.db.Query(ctx, `
		SELECT name, extract(epoch FROM finished_at)::float8
		FROM unnest($1::text[]) AS name, LATERAL (
			SELECT finished_at FROM schedule_run
			WHERE job = name AND outcome = 'done' ORDER BY scheduled_at DESC LIMIT 1) AS newest`, c.jobs)
	if err != nil {
		return
	}
	var job string
	var at float64
	_, _ = pgx.ForEachRow(rows, []any{&job, &at}, func() error {
		to <- prometheus.MustNewConstMetric(c.last, prometheus.GaugeValue, at, job)
		return nil
	})
}
