package outgoing

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"
)

// meters are those of one upstream.
type meters struct {
	requests *prometheus.CounterVec
	seconds  prometheus.Histogram
	inFlight prometheus.Gauge
}

// newMeters is nil when nobody looks.
func newMeters(o Options, b circuitbreaker.CircuitBreaker[struct{}]) *meters {
	if o.Metrics == nil {
		return nil
	}
	upstream := prometheus.Labels{"upstream": o.Name}
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_outgoing_requests_total", ConstLabels: upstream,
			Help: "Requests to other systems, each retry counted; open is one that was not sent, left a caller who did not wait.",
		}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "app_outgoing_seconds", Help: "How long other systems took to answer, bodies included.", ConstLabels: upstream,
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "app_outgoing_in_flight", Help: "Requests that other systems have not answered yet.", ConstLabels: upstream,
		}),
	}
	o.Metrics.MustRegister(m.requests, m.seconds, m.inFlight)
	for _, state := range []circuitbreaker.State{circuitbreaker.ClosedState, circuitbreaker.HalfOpenState, circuitbreaker.OpenState} {
		o.Metrics.MustRegister(breakerState(o.Name, b, state))
	}
	return m
}

func breakerState(upstream string, b circuitbreaker.CircuitBreaker[struct{}], state circuitbreaker.State) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "app_outgoing_breaker", Help: "1 for the state that the breaker is in: open lets nothing through.",
		ConstLabels: prometheus.Labels{"upstream": upstream, "state": state.String()},
	}, func() float64 {
		if b.State() == state {
			return 1
		}
		return 0
	})
}

// begin answers what is to be called at the end.
func (m *meters) begin() func(outcome string) {
	if m == nil {
		return func(string) {}
	}
	start := time.Now()
	m.inFlight.Inc()
	return func(outcome string) {
		m.inFlight.Dec()
		m.seconds.Observe(time.Since(start).Seconds())
		m.count(outcome)
	}
}

func (m *meters) count(outcome string) {
	if m != nil {
		m.requests.WithLabelValues(outcome).Inc()
	}
}

func outcome(caller context.Context, e *Error) string {
	switch {
	case e == nil:
		return "ok"
	case e.Status == 0 && caller.Err() != nil:
		return "left"
	case errors.Is(e.kind, ErrNotFound):
		return "not_found"
	case errors.Is(e.kind, ErrUnreachable):
		return "unreachable"
	case errors.Is(e.kind, ErrTimeout):
		return "timeout"
	case errors.Is(e.kind, ErrUnavailable):
		return "unavailable"
	case !e.blames():
		return "refused"
	default:
		return "fault"
	}
}
