package auth_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/app/lib/auth"
	"example.com/app/lib/cache"
	"example.com/app/lib/testenv"
)

// tally is one at a time that passes as the test says.
type tally struct {
	auth.Tally
	t   *testing.T
	now time.Time
}

// inEach runs a test on each kind of tally, empty.
func inEach(t *testing.T, test func(t *testing.T, c *tally)) {
	t.Parallel()
	for name, empty := range map[string]func(t *testing.T) auth.Tally{
		"memory": func(*testing.T) auth.Tally { return auth.NewMemory() },
		"redis":  func(t *testing.T) auth.Tally { t.Helper(); return shared(t, testenv.NewRedis(t), 20*time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &tally{empty(t), t, time.Now().Truncate(time.Second)})
		})
	}
}

func shared(t *testing.T, server *testenv.Redis, patience time.Duration) *cache.Redis {
	t.Helper()
	r, err := cache.OpenRedis(cache.Options{URL: server.URL(), Patience: patience, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// strikes expects each of so many attempts under marks to wait that long.
func (c *tally) strikes(n int, want time.Duration, marks ...auth.Mark) {
	c.t.Helper()
	for i := range n {
		if wait, err := c.Strike(c.t.Context(), c.now, marks...); err != nil || wait != want {
			c.t.Errorf("attempt %d of %d under %v: %v, %v; want %v", i+1, n, marks, wait, err, want)
		}
	}
}

func (c *tally) does(what func(context.Context, ...auth.Mark) error, marks ...auth.Mark) {
	c.t.Helper()
	if err := what(c.t.Context(), marks...); err != nil {
		c.t.Error(err)
	}
}

var (
	five  = auth.Mark{Key: "five", Free: 5, Fade: 10 * time.Minute}
	two   = auth.Mark{Key: "two", Free: 2, Fade: time.Minute}
	other = auth.Mark{Key: "other", Free: 5, Fade: 10 * time.Minute}
)

func TestTallyDoublesTheWaitAfterTheFreeFailures(t *testing.T) {
	inEach(t, func(_ *testing.T, c *tally) {
		c.strikes(5, 0, five)
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256} {
			c.strikes(2, seconds*time.Second, five)
			c.now = c.now.Add(seconds*time.Second - time.Millisecond)
			c.strikes(1, time.Millisecond, five)
			c.now = c.now.Add(time.Millisecond)
			c.strikes(1, 0, five)
		}
		c.strikes(5, 0, other)
	})
}

func TestTallyForgivesInTime(t *testing.T) {
	inEach(t, func(_ *testing.T, c *tally) {
		c.strikes(5, 0, five)
		for _, free := range []int{1, 2, 5} {
			c.now = c.now.Add(time.Duration(free) * five.Fade)
			c.strikes(free, 0, five)
			c.strikes(1, time.Second, five)
		}
		c.now = c.now.Add(24 * time.Hour)
		c.strikes(5, 0, five)
		c.strikes(1, time.Second, five)
	})
}

func TestTallyCountsUnderAllMarksOrNone(t *testing.T) {
	inEach(t, func(_ *testing.T, c *tally) {
		c.strikes(2, 0, five, two, other)
		c.strikes(9, time.Second, five, two, other)
		c.strikes(3, 0, five, other)
		c.strikes(1, time.Second, five, other)
		c.now = c.now.Add(2 * two.Fade)
		c.strikes(2, 0, two)
		c.strikes(1, time.Second, two)
	})
}

func TestTallyTakesBack(t *testing.T) {
	inEach(t, func(_ *testing.T, c *tally) {
		c.does(c.Forgive, five, two)
		c.does(c.Forget, five, two)
		for range 20 {
			c.strikes(1, 0, five, two)
			c.does(c.Forgive, five, two)
		}
		c.strikes(5, 0, five)
		c.strikes(1, time.Second, five)
		c.does(c.Forgive, five, two)
		c.strikes(1, 0, five)
		c.strikes(1, time.Second, five)
		c.does(c.Forget, five)
		c.strikes(5, 0, five)
		c.strikes(1, time.Second, five)
		c.strikes(2, 0, two)
	})
}

func TestTallyLetsNothingSlipThroughSideBySide(t *testing.T) {
	inEach(t, func(t *testing.T, c *tally) {
		var through atomic.Int64
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				wait, err := c.Strike(t.Context(), c.now, five, auth.Mark{Key: strconv.Itoa(i), Free: 1, Fade: time.Hour})
				if err != nil {
					t.Error(err)
				}
				if wait == 0 {
					through.Add(1)
				}
			})
		}
		all.Wait()
		if through.Load() != 5 {
			t.Errorf("%d came through", through.Load())
		}
	})
}
