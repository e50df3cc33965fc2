package cron

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// ending is how this process's work on a run has ended.
type ending string

const (
	endedDone     ending = "done"
	endedFailed   ending = "failed"   // for good
	endedRetried  ending = "retried"  // by an error, and somebody goes on with it
	endedReleased ending = "released" // at a stop, and somebody goes on with it
	endedGone     ending = "gone"     // its lease was not renewed in time, or could not be given back
)

// meter counts what this process did.
type meter struct {
	runs            *prometheus.CounterVec
	took            *prometheus.HistogramVec
	missed, skipped *prometheus.CounterVec
}

func newMeter(r prometheus.Registerer) *meter {
	job := []string{"job"}
	m := &meter{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_job_runs_total", Help: "Runs that this process worked on, by how its work has ended.",
		}, []string{"job", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_job_seconds", Help: "How long this process worked on a run.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 3600},
		}, job),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_job_ticks_missed_total", Help: "Ticks that this process let pass because they were late.",
		}, job),
		skipped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_job_ticks_skipped_total", Help: "Ticks that this process skipped because the run before had not ended.",
		}, job),
	}
	if r != nil {
		r.MustRegister(m.runs, m.took, m.missed, m.skipped)
	}
	return m
}

func (m *meter) ran(job string, e ending, took time.Duration) {
	m.runs.WithLabelValues(job, string(e)).Inc()
	m.took.WithLabelValues(job).Observe(took.Seconds())
}
