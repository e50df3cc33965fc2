package cache_test

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/cache"
	"example.com/app/lib/testenv"
)

// open is a patient client of a Redis, which logs nowhere.
func open(t *testing.T, url string) *cache.Redis {
	t.Helper()
	return openWith(t, cache.Options{
		URL: url, Name: "test", Prefix: "app:", Patience: 20 * time.Second, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
}

func openWith(t *testing.T, o cache.Options) *cache.Redis {
	t.Helper()
	r, err := cache.OpenRedis(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// inEvery runs a test on each kind of cache, empty.
func inEvery(t *testing.T, test func(t *testing.T, c cache.Cache)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, cache.NewMemory())
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, testenv.NewRedis(t).URL()))
	})
}

func TestCacheAnswersWhatWasSetLast(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx := t.Context()
		if v, ok := c.Get(ctx, "a"); ok {
			t.Errorf("an empty cache has %q", v)
		}
		for key, value := range map[string]string{"a": "1", "b": "\x00\xff\r\n", "": "no name", "none": "", "a b:\n*": "any key"} {
			c.Set(ctx, key, []byte("before"), time.Hour)
			c.Set(ctx, key, []byte(value), time.Hour)
			if v, ok := c.Get(ctx, key); !ok || v == nil || string(v) != value {
				t.Errorf("%q: %q, %t", key, v, ok)
			}
		}
	})
}

func TestWhatIsThereIsNotAdded(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx := t.Context()
		c.Set(ctx, "set", nil, time.Hour)
		for key, want := range map[string]bool{"set": false, "new": true} {
			if added := c.Add(ctx, key, []byte("1"), time.Hour); added != want {
				t.Errorf("%s: %t", key, added)
			}
			if v, _ := c.Get(ctx, key); string(v) == "1" != want {
				t.Errorf("%s: it is %q", key, v)
			}
		}
		if !c.Add(ctx, "short", nil, 50*time.Millisecond) || !c.Add(ctx, "no time", nil, 0) || !c.Add(ctx, "no time", nil, 0) {
			t.Error("what is not there was not added")
		}
		for deadline := time.Now().Add(10 * time.Second); !c.Add(ctx, "short", nil, time.Hour); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("what is past its TTL is still there")
			}
		}
	})
}

func TestCacheForgetsWhatIsPastItsTTL(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx := t.Context()
		c.Set(ctx, "long", []byte("1"), time.Hour)
		c.Set(ctx, "short", []byte("1"), 50*time.Millisecond)
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if _, ok := c.Get(ctx, "short"); !ok {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("it is still there")
			}
		}
		if _, ok := c.Get(ctx, "long"); !ok {
			t.Error("it went too early")
		}
	})
}

func TestCacheForgetsWhatItHadWhenItDoesNotTakeWhatIsNew(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx := t.Context()
		for name, set := range map[string]func(key string){
			"no time":       func(key string) { c.Set(ctx, key, []byte("new"), 0) },
			"negative time": func(key string) { c.Set(ctx, key, []byte("new"), -1) },
			"too short":     func(key string) { c.Set(ctx, key, []byte("new"), time.Microsecond) },
			"too large":     func(key string) { c.Set(ctx, key, make([]byte, cache.MaxBytes+1), time.Hour) },
		} {
			c.Set(ctx, name, []byte("old"), time.Hour)
			set(name)
			if v, ok := c.Get(ctx, name); ok {
				t.Errorf("%s: there are %d bytes", name, len(v))
			}
		}
		c.Set(ctx, "large", make([]byte, cache.MaxBytes), time.Hour)
		if v, _ := c.Get(ctx, "large"); len(v) != cache.MaxBytes {
			t.Errorf("the largest value has %d bytes", len(v))
		}
	})
}

func TestCacheSharesNoBytesWithItsCallers(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx, given := t.Context(), []byte("value")
		c.Set(ctx, "a", given, time.Hour)
		clear(given)
		got, _ := c.Get(ctx, "a")
		clear(got)
		if got, _ = c.Get(ctx, "a"); string(got) != "value" {
			t.Errorf("it has become %q", got)
		}
	})
}

func TestCacheServesManyAtOnce(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				key := strconv.Itoa(i % 4)
				value := bytes.Repeat([]byte(key), 1000)
				for range 50 {
					c.Set(t.Context(), key, value, time.Hour)
					if got, ok := c.Get(t.Context(), key); !ok || !bytes.Equal(got, value) {
						t.Errorf("%s: %t, %d bytes", key, ok, len(got))
					}
				}
			})
		}
		all.Wait()
	})
}

func TestWhoeverHasLeftIsStillServed(t *testing.T) {
	inEvery(t, func(t *testing.T, c cache.Cache) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		c.Set(ctx, "a", []byte("1"), time.Hour)
		if _, ok := c.Get(ctx, "a"); !ok {
			t.Error("it is not there")
		}
	})
}

func TestMemoryIsBoundedAndForgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	c, ctx := cache.NewMemory(), t.Context()
	c.Set(ctx, "asked", []byte("1"), time.Hour)
	c.Set(ctx, "left", []byte("1"), time.Hour)
	for i := range 20 {
		c.Set(ctx, strconv.Itoa(i), make([]byte, cache.MaxBytes/2), time.Hour)
		if _, ok := c.Get(ctx, "asked"); !ok {
			t.Fatal("it forgot what is asked for")
		}
	}
	kept := 0
	for i := range 20 {
		if _, ok := c.Get(ctx, strconv.Itoa(i)); ok {
			kept++
		}
	}
	if _, ok := c.Get(ctx, "left"); ok || kept != 15 {
		t.Errorf("it kept %d values of 4 MiB, and what nobody asks for: %t", kept, ok)
	}
}
