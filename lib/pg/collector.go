package pg

import (
	"github.com/prometheus/client_golang/prometheus"
)

// collector reads the pools at every scrape.
type collector struct {
	db                                          *DB
	connections, most, waits, waited, fallbacks *prometheus.Desc
}

// NewCollector tells how each pool's connections are used, how often and how long somebody waited for one, how often the
// primary was asked in the replica's place, and how many calls shared a statement.
func NewCollector(db *DB) prometheus.Collector {
	pool := []string{"pool"}
	return &collector{
		db:          db,
		connections: prometheus.NewDesc("app_db_pool_connections", "Connections of the pool.", []string{"pool", "state"}, nil),
		most:        prometheus.NewDesc("app_db_pool_connections_max", "Connections that the pool may have.", pool, nil),
		waits:       prometheus.NewDesc("app_db_pool_waits_total", "How often somebody had to wait for a connection.", pool, nil),
		waited:      prometheus.NewDesc("app_db_pool_wait_seconds_total", "How long they waited, all together.", pool, nil),
		fallbacks:   prometheus.NewDesc("app_db_replica_fallbacks_total", "Reads that the primary answered in the replica's place.", nil, nil),
	}
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connections, c.most, c.waits, c.waited, c.fallbacks} {
		to <- d
	}
	c.db.batchRows.Describe(to)
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, p := range c.db.Pools() {
		c.collect(p, to)
	}
	if r := c.db.replica; r != nil {
		to <- prometheus.MustNewConstMetric(c.fallbacks, prometheus.CounterValue, float64(r.fallbacks.Load()))
	}
	c.db.batchRows.Collect(to)
}

func (c *collector) collect(p Pool, to chan<- prometheus.Metric) {
	s := p.pool.Stat()
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, state ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, append([]string{p.Name}, state...)...)
	}
	tell(c.connections, prometheus.GaugeValue, float64(s.AcquiredConns()), "used")
	tell(c.connections, prometheus.GaugeValue, float64(s.IdleConns()), "idle")
	tell(c.connections, prometheus.GaugeValue, float64(s.ConstructingConns()), "opening")
	tell(c.most, prometheus.GaugeValue, float64(s.MaxConns()))
	tell(c.waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()))
	tell(c.waited, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds())
}
