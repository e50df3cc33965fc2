package outbox

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/pg"
)

const scrape = 2 * time.Second // for the database to answer

// meter counts what this process did.
type meter struct {
	sent, refused prometheus.Counter
}

func newMeter(r prometheus.Registerer) *meter {
	m := &meter{
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "app_outbox_sent_total", Help: "Rows of the outbox that this process published, confirmed.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "app_outbox_refused_total", Help: "Attempts of this process that the broker refused or returned.",
		}),
	}
	if r != nil {
		r.MustRegister(m.sent, m.refused)
	}
	return m
}

// collector asks the database at every scrape for what is still to do.
type collector struct {
	db          *pg.DB
	unsent, lag *prometheus.Desc
}

// NewCollector tells how many rows are not published, and the age of the oldest: in every process, since the one
// that should publish them may be away. It leaves out what the database does not tell within 2 seconds.
func NewCollector(db *pg.DB) prometheus.Collector {
	return &collector{
		db:     db,
		unsent: prometheus.NewDesc("app_outbox_unsent", "Rows of the outbox that are not published.", nil, nil),
		lag:    prometheus.NewDesc("app_outbox_lag_seconds", "Age of the oldest row of the outbox that is not published.", nil, nil),
	}
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.unsent
	to <- c.lag
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()

	var unsent, lag float64
	err := c.db.QueryRow(ctx, `
		SELECT count(*), greatest(coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0), 0)
		FROM outbox WHERE sent_at IS NULL`).Scan(&unsent, &lag)
	if err == nil {
		to <- prometheus.MustNewConstMetric(c.unsent, prometheus.GaugeValue, unsent)
		to <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, lag)
	}
}
