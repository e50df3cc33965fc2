package pg

import (
	"github.com/prometheus/client_golang/prometheus"
)

// collector reads the pool at every scrape.
type collector struct {
	db                               *DB
	connections, most, waits, waited *prometheus.Desc
}

// NewCollector tells how the pool's connections are used, and how often and how long somebody waited for one.
func NewCollector(db *DB) prometheus.Collector {
	return &collector{
		db:          db,
		connections: prometheus.NewDesc("app_db_pool_connections", "Connections of the pool.", []string{"state"}, nil),
		most:        prometheus.NewDesc("app_db_pool_connections_max", "Connections that the pool may have.", nil, nil),
		waits:       prometheus.NewDesc("app_db_pool_waits_total", "How often somebody had to wait for a connection.", nil, nil),
		waited:      prometheus.NewDesc("app_db_pool_wait_seconds_total", "How long they waited, all together.", nil, nil),
	}
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connections, c.most, c.waits, c.waited} {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.db.pool.Stat()
	gauge := func(d *prometheus.Desc, v int32, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	gauge(c.connections, s.AcquiredConns(), "used")
	gauge(c.connections, s.IdleConns(), "idle")
	gauge(c.connections, s.ConstructingConns(), "opening")
	gauge(c.most, s.MaxConns())
	to <- prometheus.MustNewConstMetric(c.waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()))
	to <- prometheus.MustNewConstMetric(c.waited, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds())
}
