package cache

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meters are nil when nobody looks.
type meters struct {
	commands *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeters(metrics prometheus.Registerer, works func() bool) *meters {
	if metrics == nil {
		return nil
	}
	m := &meters{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_cache_commands_total", Help: "Commands to Redis; open is one that was not sent, since Redis had failed.",
		}, []string{"command", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_cache_seconds", Help: "How long Redis took to answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5},
		}, []string{"command"}),
	}
	gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "app_cache_works", Help: "0 while Redis has failed and this process goes on without it, else 1.",
	}, func() float64 {
		if works() {
			return 1
		}
		return 0
	})
	metrics.MustRegister(m.commands, m.seconds, gauge)
	return m
}

// begin answers what is to be called at the end.
func (m *meters) begin(command string) func(outcome string) {
	if m == nil {
		return func(string) {}
	}
	start := time.Now()
	return func(outcome string) {
		m.seconds.WithLabelValues(command).Observe(time.Since(start).Seconds())
		m.count(command, outcome)
	}
}

func (m *meters) count(command, outcome string) {
	if m != nil {
		m.commands.WithLabelValues(command, outcome).Inc()
	}
}
