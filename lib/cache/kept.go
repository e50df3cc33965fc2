package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"example.com/app/lib/telemetry"
)

// keptFor is how long a value stays in the cache, to be handed out as it is while it is refreshed.
const keptFor = 7 * 24 * time.Hour

// maxAhead is how far the clock of another who shares the cache may be ahead of this one's.
const maxAhead = time.Minute

// kept is a value and when it was fetched.
type kept[T any] struct {
	Value      T         `json:"value"`
	At         time.Time `json:"at"`
	Incomplete bool      `json:"incomplete,omitempty"`
}

func (k *kept[T]) complete() bool { return k != nil && !k.Incomplete }

func (k *kept[T]) betters(other *kept[T]) bool {
	if other == nil || k.Incomplete != other.Incomplete {
		return other == nil || other.Incomplete
	}
	return k.At.After(other.At)
}

// recall answers what the cache has when that is better than what is here. It may be stale: then the next who asks has it
// refreshed.
func (f *Fresh[T]) recall(ctx context.Context) *kept[T] {
	raw, ok := f.cache.Get(ctx, f.name)
	if !ok {
		return nil
	}
	log := telemetry.Logger(ctx).With("of", f.name)
	k := new(kept[T])
	if err := json.Unmarshal(raw, k); err != nil || !k.writes(raw) || k.At.After(time.Now().Add(maxAhead)) {
		log.Info("what is in the cache was written by another version, or another clock: it is not used")
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !k.betters(f.last) {
		return nil
	}
	log.Info("taken from the cache", "since", k.At)
	return k
}

// writes tells whether k is written as raw, so that this version of the program knows all that raw has, and nothing else.
func (k *kept[T]) writes(raw []byte) bool {
	own, err := json.Marshal(k)
	return err == nil && bytes.Equal(own, raw)
}

// share replaces what is in the cache only by what is complete.
func (f *Fresh[T]) share(ctx context.Context, k *kept[T]) {
	raw, err := json.Marshal(k)
	switch {
	case err != nil:
		telemetry.Logger(ctx).Warn("a value cannot be kept in the cache", "of", f.name, "error", err)
	case k.Incomplete:
		f.cache.Add(ctx, f.name, raw, f.nextPause())
	default:
		f.cache.Set(ctx, f.name, raw, keptFor)
	}
}
