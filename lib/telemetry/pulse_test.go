package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/telemetry"
)

func TestQuantileIsTheBoundOfItsBucket(t *testing.T) {
	t.Parallel()
	buckets := []float64{math.Inf(-1), 0, 0.001, 0.01, 0.1, math.Inf(1)}
	for name, c := range map[string]struct {
		counts []uint64
		q      float64
		want   time.Duration
	}{
		"nothing":       {[]uint64{0, 0, 0, 0, 0}, 1, 0},
		"one":           {[]uint64{0, 1, 0, 0, 0}, .99, time.Millisecond},
		"p99 of 100":    {[]uint64{0, 99, 1, 0, 0}, .99, time.Millisecond},
		"max of 100":    {[]uint64{0, 99, 1, 0, 0}, 1, 10 * time.Millisecond},
		"p99 of 99":     {[]uint64{0, 98, 1, 0, 0}, .99, 10 * time.Millisecond},
		"beyond bounds": {[]uint64{0, 0, 0, 0, 7}, 1, 100 * time.Millisecond},
	} {
		if got := telemetry.Quantile(buckets, c.counts, c.q); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLongWaitForAProcessorIsToldOfOnceAMinute(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	registry := prometheus.NewRegistry()
	pulse := telemetry.NewPulse(registry, slog.New(slog.NewTextHandler(&out, nil)))
	buckets, calm, busy := []float64{0, .01, .1, .2}, []uint64{1000, 1, 0}, []uint64{1000, 1, 1}

	start := time.Now()
	for _, c := range []struct {
		second time.Duration
		counts []uint64
		lines  int
	}{{0, calm, 0}, {5, busy, 1}, {64, busy, 1}, {65, busy, 2}, {130, calm, 2}} {
		pulse.Note(buckets, c.counts, start.Add(c.second*time.Second))
		if said := out.String(); strings.Count(said, "latency_ms=200 goroutines=") != c.lines {
			t.Errorf("after %d s the log holds %s", c.second, said)
		}
	}
	if p99, longest := gauge(t, registry, "0.99"), gauge(t, registry, "1"); p99 != .01 || longest != .1 {
		t.Errorf("the gauges show %g and %g", p99, longest)
	}
}

func TestPulseLooksAtTheRuntimeUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	pulse := telemetry.NewPulse(registry, slog.New(slog.DiscardHandler))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 11*time.Second)
		defer stop()
		var others sync.WaitGroup
		for range 100 {
			others.Go(func() {
				for ctx.Err() == nil {
					time.Sleep(100 * time.Millisecond) // and then for a processor
				}
			})
		}
		if err := pulse.Run(ctx); err != nil {
			t.Error(err)
		}
		others.Wait()
	})
	if gauge(t, registry, "1") <= 0 {
		t.Error("nothing waited for a processor")
	}
}

func gauge(t *testing.T, r *prometheus.Registry, quantile string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "app_sched_latency_seconds" && m.GetLabel()[0].GetValue() == quantile {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatal("there is no such gauge")
	return 0
}
