package outbox

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/pg"
)

const scrape = 2 * time.Second // for the database to answer

// meter counts what this process did, and asks the database for what is still to do.
type meter struct {
	db            *pg.DB
	sent, refused prometheus.Counter
	unsent, lag   *prometheus.Desc
}

func newMeter(db *pg.DB) *meter {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	gauge := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

	return &meter{
		db:      db,
		sent:    counter("app_outbox_sent_total", "Rows of the outbox that this process published, confirmed."),
		refused: counter("app_outbox_refused_total", "Attempts of this process that the broker refused or returned."),
		unsent:  gauge("app_outbox_unsent", "Rows of the outbox that are not published."),
		lag:     gauge("app_outbox_lag_seconds", "Age of the oldest row of the outbox that is not published."),
	}
}

// Describe is for the registry.
func (m *meter) Describe(to chan<- *prometheus.Desc) {
	m.sent.Describe(to)
	m.refused.Describe(to)
	to <- m.unsent
	to <- m.lag
}

// Collect leaves out what the database does not tell within 2 seconds.
func (m *meter) Collect(to chan<- prometheus.Metric) {
	m.sent.Collect(to)
	m.refused.Collect(to)

	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()
	var unsent, lag float64
	err := m.db.QueryRow(ctx, `
		SELECT count(*), greatest(coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0), 0)
		FROM outbox WHERE sent_at IS NULL`).Scan(&unsent, &lag)
	if err == nil {
		to <- prometheus.MustNewConstMetric(m.unsent, prometheus.GaugeValue, unsent)
		to <- prometheus.MustNewConstMetric(m.lag, prometheus.GaugeValue, lag)
	}
}
