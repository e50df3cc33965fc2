package api

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meters count requests by the patterns of the table, never by what a client has made up.
type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
}

// newMeters is nil when nobody looks.
func newMeters(r prometheus.Registerer) *meters {
	if r == nil {
		return nil
	}
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "app_http_requests_total", Help: "Requests that were answered; status 499 is a client that left.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "app_http_request_seconds", Help: "How long requests took, bodies included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "app_http_requests_in_flight", Help: "Requests that are being answered.",
		}, []string{"method", "route"}),
	}
	r.MustRegister(m.requests, m.seconds, m.inFlight)
	return m
}

// meter is what one method at one place has of the meters: looking it up for each request would cost a third of the
// middleware.
type meter struct {
	seconds  prometheus.Observer
	inFlight prometheus.Gauge
	requests *prometheus.CounterVec // of this method and route
	answered [500]atomic.Pointer[prometheus.Counter]
}

func (m *meters) of(method, route string) *meter {
	if m == nil {
		return nil
	}
	return &meter{
		seconds:  m.seconds.WithLabelValues(method, route),
		inFlight: m.inFlight.WithLabelValues(method, route),
		requests: m.requests.MustCurryWith(prometheus.Labels{"method": method, "route": route}),
	}
}

func (m *meter) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

func (m *meter) end(status int, took time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	m.seconds.Observe(took.Seconds())
	m.counter(status).Inc()
}

func (m *meter) counter(status int) prometheus.Counter {
	i := status - http.StatusContinue
	if i < 0 || i >= len(m.answered) {
		return m.requests.WithLabelValues("other")
	}
	if known := m.answered[i].Load(); known != nil {
		return *known
	}
	made := m.requests.WithLabelValues(strconv.Itoa(status))
	m.answered[i].Store(&made)
	return made
}
