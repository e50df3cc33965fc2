package cmd

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/schedule"
)

// families are those of the whole table, whichever of its queues a process consumes.
func (d *Deps) families() map[broker.Connection][]broker.Family {
	return broker.Families(amqp.Queues(d.DB), d.Settings.AMQPRetryDelays)
}

// newGoCollector tells of pauses, goroutines and processors besides memory.
func newGoCollector() prometheus.Collector {
	return collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
		collectors.MetricsGC, collectors.MetricsScheduler))
}

// newBuildInfo is always 1: its labels tell which program runs.
func newBuildInfo(v versionInfo) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "app_build_info", Help: "The program that runs, always 1.",
		ConstLabels: prometheus.Labels{"version": v.Version, "commit": v.Commit, "go": v.Go},
	})
	g.Set(1)
	return g
}

// measure adds what every mode tells of the servers that it shares; queues are looked at where the broker is needed.
func (d *Deps) measure(m mode) {
	var families map[broker.Connection][]broker.Family
	if m.needsBroker {
		families = d.families()
	}
	d.Metrics.MustRegister(
		pg.NewCollector(d.DB), broker.NewCollector(d.Brokers, families), outbox.NewCollector(d.DB),
		cron.NewCollector(d.DB, schedule.Jobs(d.DB, d.Settings.Times)),
	)
}
