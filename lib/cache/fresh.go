package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Fresh is a value that is fetched again when it is older than its TTL, and handed out as it is meanwhile.
type Fresh[T any] struct {
	name  string // in errors, the log and the cache
	cache Cache
	fetch func(context.Context) (T, error)
	ttl   atomic.Int64

	mu      sync.Mutex
	last    *kept[T]      // nil before the first
	pause   time.Duration // after the last refresh, when it was in vain
	due     time.Time     // not refreshed before
	running *refresh[T]
}

// Incomplete comes from a fetch beside a value that lacks something.
type Incomplete struct{ Cause error }

func (i *Incomplete) Error() string { return "something is missing: " + i.Cause.Error() }

// Unwrap is the cause.
func (i *Incomplete) Unwrap() error { return i.Cause }

// NewFresh fetches nothing before somebody asks.
//
// When fetch answers an *Incomplete, its value is used until a complete one comes, and never replaces one. Any other error
// leaves the value as it is. After either it is fetched again in a minute, and after twice as long each further time, until
// the pause is an hour or the TTL.
//
// Of all who share c one fetches at a time, and the others have what it has fetched. If it dies, they go on with what they
// have for ten minutes at most; who has nothing waits for half a minute, and fetches too.
//
// The value lies in c as JSON: what was read from it must be written in the same bytes again. If it is not, another version
// of the program has written it, and it is not used.
func NewFresh[T any](c Cache, name string, ttl time.Duration, fetch func(context.Context) (T, error)) *Fresh[T] {
	f := &Fresh[T]{name: name, cache: c, fetch: fetch}
	f.SetTTL(ttl)
	return f
}

// SetTTL says how long a value counts as fresh, from its own age on.
func (f *Fresh[T]) SetTTL(ttl time.Duration) { f.ttl.Store(int64(ttl)) }

// Value waits only where there is no value yet, and then until ctx ends: the refresh goes on for those who come later.
// It keeps ctx's logger and trace, and takes ten minutes at most.
func (f *Fresh[T]) Value(ctx context.Context) (T, error) {
	kept, r := f.look(ctx)
	if kept != nil {
		return kept.Value, nil
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		f.leave(r)
		var none T
		return none, fmt.Errorf("wait for %s: %w", f.name, ctx.Err())
	}
}

// look answers what is there, or else the refresh to wait for.
func (f *Fresh[T]) look(ctx context.Context) (*kept[T], *refresh[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if f.running == nil && f.stale() {
		f.running = &refresh[T]{done: make(chan struct{}), first: f.last == nil}
		go f.refresh(context.WithoutCancel(ctx), f.running)
	}
	if f.last == nil {
		f.running.waiting++
	}
	return f.last, f.running
}

func (f *Fresh[T]) stale() bool {
	k, now := f.last, time.Now()
	return k == nil || !now.Before(f.due) && (k.Incomplete || now.Sub(k.At) >= time.Duration(f.ttl.Load()))
}

func (f *Fresh[T]) leave(r *refresh[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.waiting--
}
