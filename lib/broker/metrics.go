package broker

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// outcome is what became of a message that this consumer had.
type outcome string

const (
	outcomeDone      outcome = "done"
	outcomeDuplicate outcome = "duplicate"
	outcomeRetried   outcome = "retried"
	outcomeDead      outcome = "dead"
	outcomeSuspect   outcome = "suspect"
	outcomeGivenBack outcome = "given_back"
)

// metrics are those of all queues of a consumer.
type metrics struct {
	handled  *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
	oldest   *prometheus.GaugeVec
	attempts *prometheus.HistogramVec
	waited   *prometheus.HistogramVec
	took     *prometheus.HistogramVec
}

func newMetrics() *metrics {
	queue := []string{"queue"}
	return &metrics{
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_messages_handled_total", Help: "Messages by what became of them.",
		}, []string{"queue", "outcome"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "app_messages_in_flight", Help: "Messages that are being handled, or held until the database serves.",
		}, queue),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "app_queue_oldest_seconds", Help: "Age of the message that was taken last, when it was taken; of a batch, the greatest.",
		}, queue),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_message_attempts", Help: "The attempt that ended a message, in success or death.",
			Buckets: []float64{1, 2, 3, 4, 5, 6, 8, 10},
		}, queue),
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_message_queue_seconds", Help: "From a message's timestamp, in whole seconds, to when it was taken, unless to be tried again.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 300, 1800, 7200, 43200, 86400},
		}, queue),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_message_seconds", Help: "How long a message was handled and held; of a batch, each has its share.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60, 300},
		}, queue),
	}
}

// register is for a registry that has none of them.
func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	return errors.Join(r.Register(m.handled), r.Register(m.inFlight), r.Register(m.oldest),
		r.Register(m.attempts), r.Register(m.waited), r.Register(m.took))
}

// meter is metrics for one queue.
type meter struct {
	outcomes         map[outcome]prometheus.Counter
	inFlight, oldest prometheus.Gauge
	attempts         prometheus.Observer
	waited, took     prometheus.Observer
}

func (m *metrics) of(queue string) meter {
	outcomes := make(map[outcome]prometheus.Counter)
	for _, o := range []outcome{outcomeDone, outcomeDuplicate, outcomeRetried, outcomeDead, outcomeSuspect, outcomeGivenBack} {
		outcomes[o] = m.handled.WithLabelValues(queue, string(o))
	}
	return meter{
		outcomes: outcomes,
		inFlight: m.inFlight.WithLabelValues(queue),
		oldest:   m.oldest.WithLabelValues(queue),
		attempts: m.attempts.WithLabelValues(queue),
		waited:   m.waited.WithLabelValues(queue),
		took:     m.took.WithLabelValues(queue),
	}
}

// came notes how long messages have waited that are taken together, of those that never failed and have all they need.
func (m meter) came(ds []Delivery) {
	oldest := -1.0
	for _, d := range ds {
		if d.Timestamp.IsZero() || d.Attempts() > 0 || d.ID == "" {
			continue
		}
		age := max(time.Since(d.Timestamp).Seconds(), 0)
		m.waited.Observe(age)
		oldest = max(oldest, age)
	}
	if oldest >= 0 {
		m.oldest.Set(oldest)
	}
}

// begin counts messages whose handling begins.
func (m meter) begin(ds []Delivery) (end func()) {
	began := time.Now()
	m.inFlight.Add(float64(len(ds)))
	return func() {
		m.inFlight.Sub(float64(len(ds)))
		share := time.Since(began).Seconds() / float64(len(ds))
		for range ds {
			m.took.Observe(share)
		}
	}
}

// count notes what became of d.
func (m meter) count(d Delivery, o outcome) {
	m.outcomes[o].Inc()
	switch o {
	case outcomeDone, outcomeDead:
		m.attempts.Observe(float64(d.Attempts() + 1))
	case outcomeDuplicate, outcomeRetried, outcomeSuspect, outcomeGivenBack:
	}
}

// settled is what a message's acknowledgement means.
func (f fate) settled() outcome {
	if f == fateDuplicate {
		return outcomeDuplicate
	}
	return outcomeDone
}
