package broker

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const scrapeTime = 2 * time.Second // for all brokers together

// collector asks brokers at every scrape.
type collector struct {
	drivers  map[Connection]Driver
	families map[Connection][]Family

	messages, consumers, connected, blocked, reconnects *prometheus.Desc
}

// NewCollector tells how deep the families' queues are and whether the brokers serve. A scrape touches no message;
// after 2 s it leaves out what no broker has answered.
func NewCollector(drivers map[Connection]Driver, families map[Connection][]Family) prometheus.Collector {
	queue, connection := []string{"queue"}, []string{"connection"}
	return &collector{
		drivers: drivers, families: families,
		messages:   prometheus.NewDesc("app_queue_messages", "Messages that wait in a queue.", queue, nil),
		consumers:  prometheus.NewDesc("app_queue_consumers", "Consumers of a queue, of all processes.", queue, nil),
		connected:  prometheus.NewDesc("app_broker_connected", "1 while every connection to the broker is up.", connection, nil),
		blocked:    prometheus.NewDesc("app_broker_blocked", "1 while the broker takes no messages.", connection, nil),
		reconnects: prometheus.NewDesc("app_broker_reconnects_total", "Connections that were made again after a loss.", connection, nil),
	}
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.messages, c.consumers, c.connected, c.blocked, c.reconnects} {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()

	var all sync.WaitGroup
	for connection, driver := range c.drivers {
		all.Go(func() {
			state := driver.State()
			name := string(connection)
			to <- prometheus.MustNewConstMetric(c.connected, prometheus.GaugeValue, truth(state.Connected), name)
			to <- prometheus.MustNewConstMetric(c.blocked, prometheus.GaugeValue, truth(state.Blocked != ""), name)
			to <- prometheus.MustNewConstMetric(c.reconnects, prometheus.CounterValue, float64(state.Reconnects), name)
			if state.Connected {
				c.inspect(ctx, driver, c.families[connection], to)
			}
		})
	}
	all.Wait()
}

func (c *collector) inspect(ctx context.Context, driver Driver, families []Family, to chan<- prometheus.Metric) {
	for _, queue := range QueueNames(families) {
		d, err := driver.Inspect(ctx, queue)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil: // it is not there: so are its figures
			continue
		}
		to <- prometheus.MustNewConstMetric(c.messages, prometheus.GaugeValue, float64(d.Ready), queue)
		to <- prometheus.MustNewConstMetric(c.consumers, prometheus.GaugeValue, float64(d.Consumers), queue)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
