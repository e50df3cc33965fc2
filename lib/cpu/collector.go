package cpu

import "github.com/prometheus/client_golang/prometheus"

// collector reads the pool at every scrape.
type collector struct {
	pool                  *Pool
	pieces, most, refused *prometheus.Desc
}

// NewCollector tells how many pieces of work run and wait in p, and how many were answered ErrBusy.
func NewCollector(p *Pool) prometheus.Collector {
	return &collector{
		pool:    p,
		pieces:  prometheus.NewDesc("app_cpu_pool_pieces", "Pieces of long work for the processor.", []string{"state"}, nil),
		most:    prometheus.NewDesc("app_cpu_pool_pieces_max", "Pieces that may run at once.", nil, nil),
		refused: prometheus.NewDesc("app_cpu_pool_refused_total", "Pieces that were refused, since too many waited.", nil, nil),
	}
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.pieces, c.most, c.refused} {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, v int64, state ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, float64(v), state...)
	}
	tell(c.pieces, prometheus.GaugeValue, c.pool.running.Load(), "running")
	tell(c.pieces, prometheus.GaugeValue, c.pool.waiting.Load(), "waiting")
	tell(c.most, prometheus.GaugeValue, c.pool.size)
	tell(c.refused, prometheus.CounterValue, c.pool.refused.Load())
}
