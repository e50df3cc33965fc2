package cpu_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/app/lib/cpu"
)

const room = 2 * (1 + 16) // of a pool of two: what runs, and what waits behind it

// second is a piece of work that takes a second.
func second() error {
	time.Sleep(time.Second)
	return nil
}

// fill has as much running and waiting in a pool of two as it takes.
func fill(t *testing.T, p *cpu.Pool) {
	t.Helper()
	for range room {
		go func() {
			if err := p.Do(t.Context(), second); err != nil {
				t.Error(err)
			}
		}()
	}
	synctest.Wait()
}

func TestPoolRunsNoMoreAtOnceThanItsSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, start := cpu.NewPool(2), time.Now()
		var running atomic.Int32
		for range 10 {
			go func() {
				err := p.Do(t.Context(), func() error {
					if n := running.Add(1); n > 2 {
						t.Errorf("%d run at once", n)
					}
					defer running.Add(-1)
					return second()
				})
				if err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(5*time.Second - time.Nanosecond)
		if n := running.Load(); n != 2 {
			t.Errorf("%d run after %s", n, time.Since(start))
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if n := running.Load(); n != 0 {
			t.Errorf("%d run after %s", n, time.Since(start))
		}
	})
}

func TestFullPoolIsBusyAtOnceUntilSomethingEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, start := cpu.NewPool(2), time.Now()
		fill(t, p)
		if err := p.Do(t.Context(), second); !errors.Is(err, cpu.ErrBusy) || time.Since(start) != 0 {
			t.Errorf("answered %v after %s", err, time.Since(start))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := p.Do(t.Context(), second); err != nil {
			t.Error(err)
		}
	})
}

func TestMetricsTellWhatRunsWaitsAndIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, metrics := cpu.NewPool(2), prometheus.NewRegistry()
		metrics.MustRegister(cpu.NewCollector(p))
		holds := func(lines ...string) {
			t.Helper()
			w := httptest.NewRecorder()
			promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
			for _, line := range append(lines, "app_cpu_pool_pieces_max 2", "app_cpu_pool_refused_total 1") {
				if !strings.Contains(w.Body.String(), line+"\n") {
					t.Errorf("no %s in %s", line, w.Body)
				}
			}
		}

		fill(t, p)
		_ = p.Do(t.Context(), second)
		holds(`app_cpu_pool_pieces{state="running"} 2`, `app_cpu_pool_pieces{state="waiting"} 32`)
		time.Sleep(time.Minute)
		holds(`app_cpu_pool_pieces{state="running"} 0`, `app_cpu_pool_pieces{state="waiting"} 0`)
	})
}

func TestWaitOutlastsAFullPoolAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := cpu.NewPool(2)
		fill(t, p)
		brief, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		ran := false
		if err := p.Wait(brief, func() error { ran = true; return nil }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("who gives up is answered %v; ran: %t", err, ran)
		}

		broken := errors.New("broken")
		if err := p.Wait(t.Context(), func() error { return broken }); !errors.Is(err, broken) {
			t.Errorf("who waits is answered %v", err)
		}
	})
}
