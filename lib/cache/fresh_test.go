package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/cache"
	"example.com/app/lib/telemetry"
)

// source counts how often it is asked, and answers what it is told to, after a second.
type source struct {
	asked atomic.Int32

	mu   sync.Mutex
	fail error // beside the answer
}

func (s *source) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *source) fetch(ctx context.Context) (int, error) {
	n := int(s.asked.Add(1))
	select {
	case <-time.After(time.Second):
		s.mu.Lock()
		defer s.mu.Unlock()
		return n, s.fail
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func quiet(t *testing.T) context.Context {
	return telemetry.WithLogger(t.Context(), slog.New(slog.DiscardHandler))
}

// expect asks and then lets a refresh that this began come to its end.
func expect(t *testing.T, f *cache.Fresh[int], want int, why string) {
	t.Helper()
	if got, err := f.Value(quiet(t)); got != want || err != nil {
		t.Errorf("%s: %d, %v", why, got, err)
	}
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestOneRefreshServesAllWhoAskMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch)
		var clients sync.WaitGroup
		for range 200 {
			clients.Go(func() {
				if got, err := f.Value(quiet(t)); got != 1 || err != nil {
					t.Errorf("%d, %v", got, err)
				}
			})
		}
		clients.Wait()
		expect(t, f, 1, "it is fresh")
		if s.asked.Load() != 1 {
			t.Errorf("it was fetched %d times", s.asked.Load())
		}
	})
}

func TestWhoeverLeavesDoesNotStopTheRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch)
		ctx, leave := context.WithTimeout(quiet(t), time.Millisecond)
		defer leave()
		if _, err := f.Value(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		expect(t, f, 1, "the refresh went on")
	})
}

func TestStaleValueIsServedWhileItIsRefreshed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, new(source).fetch)
		expect(t, f, 1, "the first")
		time.Sleep(time.Hour)
		expect(t, f, 1, "it is stale and there")
		expect(t, f, 2, "it was refreshed")
		f.SetTTL(time.Second)
		time.Sleep(time.Second)
		expect(t, f, 2, "it became stale by a shorter TTL")
		expect(t, f, 3, "it was refreshed")
	})
}

func TestRefreshThatFailsLeavesTheValueAndComesAgainInAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch)
		expect(t, f, 1, "the first")
		s.failWith(errors.New("down"))
		time.Sleep(time.Hour)
		for range 50 {
			expect(t, f, 1, "the source is down")
		}
		if n := s.asked.Load(); n != 2 {
			t.Errorf("it was fetched %d times within a minute", n)
		}
		s.failWith(nil)
		time.Sleep(time.Minute)
		expect(t, f, 1, "it is tried once more")
		expect(t, f, 3, "the source is up")
	})
}

func TestIncompleteValueNeverReplacesACompleteOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{fail: &cache.Incomplete{Cause: errors.New("half")}}
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch)
		expect(t, f, 1, "better than nothing")
		time.Sleep(time.Minute)
		expect(t, f, 1, "it is fetched again after a minute")
		s.failWith(nil)
		time.Sleep(2 * time.Minute)
		expect(t, f, 2, "another replaced it")
		expect(t, f, 3, "a complete one replaced that")
		s.failWith(&cache.Incomplete{Cause: errors.New("half")})
		time.Sleep(time.Hour)
		expect(t, f, 3, "it is stale")
		expect(t, f, 3, "an incomplete one came")
	})
}

func TestFailureIsToldToAllWhoWaitAndTheNextTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		s := &source{fail: down}
		f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch)
		if _, err := f.Value(quiet(t)); !errors.Is(err, down) {
			t.Errorf("%v", err)
		}
		s.failWith(nil)
		expect(t, f, 2, "the next asks")
	})
}

func TestPanicOfARefreshEndsInAnErrorThatShowsWhoPanicked(t *testing.T) {
	t.Parallel()
	f := cache.NewFresh(cache.NewMemory(), "x", time.Hour, func(context.Context) (int, error) { panic("ouch") })
	_, err := f.Value(quiet(t))
	if p, ok := errors.AsType[*telemetry.PanicError](err); !ok || !strings.Contains(p.Error(), "ouch") || !strings.Contains(p.Stack(), "fresh_test.go") {
		t.Errorf("%v", err)
	}
}

func TestValueIsTakenFromTheCacheBeforeItIsFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s, other := cache.NewMemory(), new(source), new(source)
		f, g := cache.NewFresh(c, "x", time.Hour, s.fetch), cache.NewFresh(c, "x", time.Hour, other.fetch)
		expect(t, f, 1, "the first")
		expect(t, g, 1, "it is in the cache")
		if other.asked.Load() != 0 {
			t.Error("what another has fetched was fetched again")
		}
		time.Sleep(time.Hour)
		expect(t, f, 1, "it is stale")
		expect(t, f, 2, "it was refreshed")
		expect(t, g, 1, "it is stale here")
		expect(t, g, 2, "another has refreshed it")
		if other.asked.Load() != 0 {
			t.Error("what another has refreshed was fetched again")
		}

		time.Sleep(2 * time.Hour)
		late := cache.NewFresh(c, "x", time.Hour, other.fetch)
		other.asked.Store(6)
		expect(t, late, 2, "stale is better than a wait")
		expect(t, late, 2, "it is refreshed")
		expect(t, late, 7, "it was refreshed")
	})
}

func TestIncompleteValueIsSharedUntilItIsFetchedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := cache.NewMemory(), &source{fail: &cache.Incomplete{Cause: errors.New("half")}}
		f, g := cache.NewFresh(c, "x", time.Hour, s.fetch), cache.NewFresh(c, "x", time.Hour, s.fetch)
		expect(t, f, 1, "better than nothing")
		expect(t, g, 1, "another has fetched it")
		s.failWith(nil)
		time.Sleep(time.Minute)
		expect(t, g, 1, "it lacks something")
		expect(t, g, 2, "a complete one was fetched")
		expect(t, f, 1, "it lacks something here, too")
		expect(t, f, 2, "a complete one was in the cache")
	})
}

func TestWhatAnotherVersionHasWrittenIsFetchedAnew(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "null", "{}", `{"value":`, `{"value":"x","at":"2026-01-02T00:00:00Z"}`, `{"value":5,"at":"9999-01-02T00:00:00Z"}`,
		`{"value":5,"more":1,"at":"2026-01-02T00:00:00Z"}`, `{"at":"2026-01-02T00:00:00Z"}`,
	} {
		c := cache.NewMemory()
		c.Set(t.Context(), "x", []byte(raw), time.Hour)
		f := cache.NewFresh(c, "x", time.Hour, func(context.Context) (int, error) { return 1, nil })
		if got, err := f.Value(quiet(t)); got != 1 || err != nil {
			t.Errorf("%s: %d, %v", raw, got, err)
		}
	}
}
