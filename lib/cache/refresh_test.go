package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/cache"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

// processes are ten that share what newCache answers, and fetch from s.
func processes(s *source, newCache func() cache.Cache) (all []*cache.Fresh[int]) {
	for range 10 {
		all = append(all, cache.NewFresh(newCache(), "x", time.Hour, s.fetch))
	}
	return all
}

// ask asks all at once, and expects each to have one of the values.
func ask(t *testing.T, all []*cache.Fresh[int], why string, want ...int) {
	t.Helper()
	var asking sync.WaitGroup
	for _, f := range all {
		asking.Go(func() {
			if got, err := f.Value(quiet(t)); err != nil || got < want[0] || got > want[len(want)-1] {
				t.Errorf("%s: %d, %v", why, got, err)
			}
		})
	}
	asking.Wait()
}

// pass is a time in which each is asked in every second of the first minute, and then in every minute.
func pass(t *testing.T, d time.Duration, all []*cache.Fresh[int]) {
	t.Helper()
	for start := time.Now(); time.Since(start) < d; {
		ask(t, all, "while time passes", 1, 1000)
		if time.Since(start) < time.Minute {
			time.Sleep(time.Second)
		} else {
			time.Sleep(time.Minute)
		}
	}
	synctest.Wait()
}

func TestOneFetchesForAllWhoShareACache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := new(source), cache.NewMemory()
		all := processes(s, func() cache.Cache { return c })
		for n := 1; n < 4; n++ {
			ask(t, all, "they are asked at once", max(1, n-1), n)
			pass(t, time.Minute, all)
			ask(t, all, "one has fetched it, and a minute later all have it", n)
			if got := int(s.asked.Load()); got != n {
				t.Errorf("it was fetched %d times, not %d", got, n)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestOneFetchesForAllWhoShareARedis(t *testing.T) {
	t.Parallel()
	s, server := new(source), testenv.NewRedis(t)
	all := processes(s, func() cache.Cache { return open(t, server.URL()) })
	ask(t, all, "they are asked at once", 1)
	if n := s.asked.Load(); n != 1 {
		t.Errorf("it was fetched %d times", n)
	}
}

// mortal keeps nothing, and gives nothing back, as soon as its process is dead.
type mortal struct {
	cache.Cache
	dead bool
}

func (m *mortal) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	if !m.dead {
		m.Cache.Set(ctx, key, value, ttl)
	}
}

// fatal ends m's process.
func (m *mortal) fatal(ctx context.Context) (int, error) {
	m.dead = true
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestOthersGoOnWhenWhoFetchesDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := new(source), cache.NewMemory()
		m := &mortal{Cache: c}
		all := processes(s, func() cache.Cache { return c })
		dies := func() {
			m.dead = false
			go cache.NewFresh(m, "x", time.Hour, m.fatal).Value(quiet(t)) //nolint:errcheck // it is dead
			synctest.Wait()
		}
		dies()
		start := time.Now()
		ask(t, all[:1], "who has nothing fetches in the end", 1)
		if waited := time.Since(start); waited > 40*time.Second {
			t.Errorf("it came after %v", waited)
		}
		time.Sleep(time.Hour)
		ask(t, all, "it comes from the cache, or is stale", 1)
		pass(t, 15*time.Minute, all)
		ask(t, all, "it was refreshed", 2)
	})
}

func TestSlowLeaderIsNotRelievedByWhoFetchesBesideIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cache.NewMemory()
		slow := cache.NewFresh(c, "x", time.Hour, func(context.Context) (int, error) {
			time.Sleep(5 * time.Minute)
			return 1, nil
		})
		beside := cache.NewFresh(c, "x", time.Hour, func(context.Context) (int, error) { return 0, errors.New("down") })
		asked := make(chan error)
		go func() {
			_, err := slow.Value(quiet(t))
			asked <- err
		}()
		synctest.Wait()

		if got, err := beside.Value(quiet(t)); err == nil {
			t.Errorf("%d came from nowhere", got)
		}
		if c.Add(t.Context(), "x leader", nil, time.Hour) {
			t.Error("another may lead while the leader fetches")
		}
		if err := <-asked; err != nil {
			t.Error(err)
		}
	})
}

func TestRefreshesInVainBecomeRare(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{
		"down": errors.New("down"), "half": &cache.Incomplete{Cause: errors.New("half")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, c := new(source), cache.NewMemory()
				all := processes(s, func() cache.Cache { return c })
				ask(t, all, "the first", 1)
				time.Sleep(time.Hour)
				s.failWith(fail)
				pass(t, 24*time.Hour, all)
				if n := s.asked.Load(); n < 24 || n > 90 {
					t.Errorf("it was fetched %d times in a day", n)
				}
				ask(t, all, "the value stays", 1)

				s.failWith(nil)
				before := int(s.asked.Load())
				pass(t, 2*time.Hour, all)
				ask(t, all, "it is refreshed within two hours", before+1, before+2)
			})
		})
	}
}

func TestRefreshThatWentWrongIsLoggedByWhoeverNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{fail: errors.New("down")}
		f, log := cache.NewFresh(cache.NewMemory(), "x", time.Hour, s.fetch), new(strings.Builder)
		ctx := telemetry.WithLogger(t.Context(), slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
		ask := func(ctx context.Context, lines int, why string) {
			t.Helper()
			log.Reset()
			_, _ = f.Value(ctx)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if n := strings.Count(log.String(), "\n"); n != lines {
				t.Errorf("%s: logged %s", why, log)
			}
		}
		ask(ctx, 0, "who waits is told")
		soon, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		ask(soon, 1, "nobody waits any more")
		s.failWith(&cache.Incomplete{Cause: errors.New("half")})
		ask(ctx, 1, "who waits has a value")
		s.failWith(nil)
		time.Sleep(time.Minute)
		ask(ctx, 0, "it went well")
		s.failWith(errors.New("down"))
		time.Sleep(time.Hour)
		ask(ctx, 1, "the value is there, so nobody is told")
	})
}
