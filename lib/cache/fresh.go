package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/app/lib/telemetry"
)

const (
	again   = time.Minute      // until a refresh that went wrong is tried once more
	longest = 10 * time.Minute // for one refresh

	stays = 7 * 24 * time.Hour // a value in the cache, to be handed out as it is while it is refreshed
)

// Fresh is a value that is fetched again when it is older than its TTL, and handed out as it is meanwhile.
type Fresh[T any] struct {
	name  string // in errors, the log and the cache
	cache Cache
	fetch func(context.Context) (T, error)
	ttl   atomic.Int64

	mu      sync.Mutex
	last    *kept[T]  // nil before the first
	due     time.Time // of the next refresh
	running *refresh[T]
}

// refresh is one for however many wait.
type refresh[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// Incomplete comes from a fetch beside a value that lacks something.
type Incomplete struct{ Cause error }

func (i *Incomplete) Error() string { return "something is missing: " + i.Cause.Error() }

// Unwrap is the cause.
func (i *Incomplete) Unwrap() error { return i.Cause }

// NewFresh fetches nothing before somebody asks. An error of fetch leaves the value as it is, and so does an *Incomplete
// when the value is complete; one that lacks something is fetched again after a minute. A complete one is kept in c as JSON,
// too, where it is looked for before it is fetched: so it outlives this process, and others have it.
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
		var none T
		return none, fmt.Errorf("wait for %s: %w", f.name, ctx.Err())
	}
}

// look answers what is there, or else the refresh to wait for.
func (f *Fresh[T]) look(ctx context.Context) (*kept[T], *refresh[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()

	k, now := f.last, time.Now()
	if f.running == nil && (k == nil || now.Sub(k.At) >= f.lasts(k) && !now.Before(f.due)) {
		f.running = &refresh[T]{done: make(chan struct{})}
		go f.refresh(context.WithoutCancel(ctx), f.running)
	}
	return k, f.running
}

func (f *Fresh[T]) lasts(k *kept[T]) time.Duration {
	ttl := time.Duration(f.ttl.Load())
	if k.incomplete {
		return min(ttl, again)
	}
	return ttl
}

func (f *Fresh[T]) refresh(ctx context.Context, r *refresh[T]) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	log := telemetry.Logger(ctx)
	if k := f.recall(ctx); k != nil {
		log.Info("taken from the cache", "of", f.name, "since", k.At)
		f.settle(r, k, nil)
		return
	}

	value, err := f.safely(ctx)
	k := &kept[T]{Value: value, At: time.Now()}
	if err != nil {
		log.Warn("a refresh did not succeed, or not in full", "of", f.name, "error", err)
	} else {
		log.Info("refreshed", "of", f.name)
		f.share(ctx, k)
	}
	f.settle(r, k, err)
}

// settle ends a refresh for all who wait.
func (f *Fresh[T]) settle(r *refresh[T], k *kept[T], err error) {
	_, k.incomplete = errors.AsType[*Incomplete](err)
	f.mu.Lock()
	defer f.mu.Unlock()
	defer close(r.done)
	f.running = nil
	if err != nil {
		f.due = time.Now().Add(min(again, time.Duration(f.ttl.Load())))
	}
	if err != nil && !k.incomplete {
		r.err = err
		return
	}
	r.value = k.Value
	if !k.incomplete || f.last == nil || f.last.incomplete {
		f.last = k
	}
}

// safely makes an error of a panic, which nobody else could: the refresh is nobody's request.
func (f *Fresh[T]) safely(ctx context.Context) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			telemetry.Logger(ctx).Error("a refresh panicked", "of", f.name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("refresh %s: panic: %v", f.name, p)
		}
	}()
	return f.fetch(ctx)
}
