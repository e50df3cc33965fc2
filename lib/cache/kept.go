package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"example.com/app/lib/telemetry"
)

// kept is a value and when it was fetched.
type kept[T any] struct {
	Value T         `json:"value"`
	At    time.Time `json:"at"`

	incomplete bool // such a one stays in this process
}

// recall answers what the cache has when that is better than what is here. It may be stale: then the next who asks has it
// refreshed.
func (f *Fresh[T]) recall(ctx context.Context) *kept[T] {
	raw, ok := f.cache.Get(ctx, f.name)
	if !ok {
		return nil
	}
	k := new(kept[T])
	if err := json.Unmarshal(raw, k); err != nil || !k.writes(raw) || k.At.After(time.Now().Add(again)) {
		telemetry.Logger(ctx).Info("what is in the cache was written by another version, or another clock: it is not used", "of", f.name)
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil || f.last.incomplete || k.At.After(f.last.At) {
		return k
	}
	return nil
}

// writes tells that raw has neither more nor less than this version of the program knows of.
func (k *kept[T]) writes(raw []byte) bool {
	own, err := json.Marshal(k)
	return err == nil && bytes.Equal(own, raw)
}

func (f *Fresh[T]) share(ctx context.Context, k *kept[T]) {
	raw, err := json.Marshal(k)
	if err != nil {
		telemetry.Logger(ctx).Warn("a value cannot be kept in the cache", "of", f.name, "error", err)
		return
	}
	f.cache.Set(ctx, f.name, raw, stays)
}
