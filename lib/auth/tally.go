package auth

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	shortest  = time.Second // the wait after the last free failure
	doublings = 8           // of it, one for each further failure: 256 s is the longest
	tallied   = 1 << 16     // keys that are remembered at once
)

// tally counts failures by key. So many are free, and one after the other is forgiven, whatever comes between.
type tally[K comparable] struct {
	free int
	fade time.Duration // until one is forgiven
	keys *simplelru.LRU[K, strikes]
}

// strikes are failures as the time at which the last of them is forgiven, and when the next attempt may come.
type strikes struct{ clean, next time.Time }

func newTally[K comparable](free int, fade time.Duration) tally[K] {
	keys, err := simplelru.NewLRU[K, strikes](tallied, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return tally[K]{free, fade, keys}
}

// wait is not above 0 when an attempt may come.
func (t tally[K]) wait(key K, now time.Time) time.Duration {
	s, _ := t.keys.Get(key)
	return s.next.Sub(now)
}

// strike counts no further than to the longest wait, so that nobody fails in advance.
func (t tally[K]) strike(key K, now time.Time) {
	before, _ := t.keys.Get(key)
	left := min(max(before.clean.Sub(now), 0)+t.fade, t.fade*time.Duration(t.free+doublings))
	s := strikes{clean: now.Add(left)}
	if over := int((left+t.fade-1)/t.fade) - t.free; over >= 0 {
		s.next = now.Add(shortest << over)
	}
	t.keys.Add(key, s)
}

// forgive takes a failure back, and lets the next attempt come.
func (t tally[K]) forgive(key K) {
	if s, ok := t.keys.Peek(key); ok {
		t.keys.Add(key, strikes{clean: s.clean.Add(-t.fade)})
	}
}

func (t tally[K]) forget(key K) { t.keys.Remove(key) }
