package cmd

import (
	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
)

// families are those of the whole table, whichever of its queues a process consumes.
func (d *Deps) families() map[broker.Connection][]broker.Family {
	return broker.Families(amqp.Queues(d.DB), d.Settings.AMQPRetryDelays)
}

// measure adds what every mode tells of the servers that it shares; queues are looked at where the broker is needed.
func (d *Deps) measure(m mode) {
	var families map[broker.Connection][]broker.Family
	if m.needsBroker {
		families = d.families()
	}
	d.Metrics.MustRegister(broker.NewCollector(d.Brokers, families), outbox.NewCollector(d.DB))
}
