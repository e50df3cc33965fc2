package telemetry

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	beat     = 5 * time.Second        // between two looks
	slow     = 100 * time.Millisecond // that a goroutine waited for a processor
	quietFor = time.Minute            // between two warnings
)

const schedLatencies = "/sched/latencies:seconds"

// Pulse looks at how long goroutines that could run had to wait for a processor.
type Pulse struct {
	log      *slog.Logger
	p99, max prometheus.Gauge
	last     []uint64 // counts at the last look
	warned   time.Time
}

// NewPulse keeps the gauges app_sched_latency_seconds{quantile}, of the 5 s before the last look.
func NewPulse(r prometheus.Registerer, log *slog.Logger) *Pulse {
	latency := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "app_sched_latency_seconds", Help: "How long goroutines that could run waited for a processor, in the last 5 seconds.",
	}, []string{"quantile"})
	r.MustRegister(latency)
	return &Pulse{log: log, p99: latency.WithLabelValues("0.99"), max: latency.WithLabelValues("1")}
}

// Run looks every 5 s until ctx ends.
func (p *Pulse) Run(ctx context.Context) error {
	t := time.NewTicker(beat)
	defer t.Stop()

	p.look()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			p.look()
		}
	}
}

func (p *Pulse) look() {
	sample := []metrics.Sample{{Name: schedLatencies}}
	metrics.Read(sample)
	now := sample[0].Value.Float64Histogram()
	p.note(now.Buckets, p.since(now.Counts), time.Now())
}

// since is what was added to the counts; at the first look nothing.
func (p *Pulse) since(now []uint64) []uint64 {
	added := make([]uint64, len(now))
	for i := range p.last {
		added[i] = now[i] - p.last[i]
	}
	p.last = slices.Clone(now)
	return added
}

func (p *Pulse) note(buckets []float64, counts []uint64, now time.Time) {
	longest := quantile(buckets, counts, 1)
	p.p99.Set(quantile(buckets, counts, .99).Seconds())
	p.max.Set(longest.Seconds())

	if longest > slow && now.Sub(p.warned) >= quietFor {
		p.warned = now
		p.log.Warn("goroutines wait for a processor", "latency_ms", Millis(longest),
			"goroutines", runtime.NumGoroutine(), "gomaxprocs", runtime.GOMAXPROCS(0))
	}
}

// quantile is the upper bound of the bucket that holds the q-th of the counts, 0 for none: bucket i is between buckets[i]
// and buckets[i+1]. Where that is infinite it is the lower one.
func quantile(buckets []float64, counts []uint64, q float64) time.Duration {
	var total, seen uint64
	for _, n := range counts {
		total += n
	}
	rank := max(1, uint64(math.Ceil(q*float64(total))))
	for i, n := range counts {
		if seen += n; seen >= rank {
			return time.Duration(finite(buckets[i], buckets[i+1]) * float64(time.Second))
		}
	}
	return 0
}

func finite(lower, upper float64) float64 {
	if math.IsInf(upper, 1) {
		return lower
	}
	return upper
}
