// Package cache keeps what is expensive to get.
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
)

// Fresh is a value that is fetched again when it is older than its TTL, and handed out as it is meanwhile.
type Fresh[T any] struct {
	name  string // in errors and the log
	fetch func(context.Context) (T, error)
	ttl   atomic.Int64

	mu      sync.Mutex
	shelf   shelf[T]
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
// when the value is complete; one that lacks something is fetched again after a minute.
func NewFresh[T any](name string, ttl time.Duration, fetch func(context.Context) (T, error)) *Fresh[T] {
	f := &Fresh[T]{name: name, fetch: fetch}
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
		return kept.value, nil
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

	k, now := f.shelf.get(), time.Now()
	if f.running == nil && (k == nil || now.Sub(k.at) >= f.lasts(k) && !now.Before(f.due)) {
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
	value, err := f.safely(ctx)
	_, incomplete := errors.AsType[*Incomplete](err)
	log := telemetry.Logger(ctx)
	if err != nil {
		log.Warn("a refresh did not succeed, or not in full", "of", f.name, "error", err)
	} else {
		log.Info("refreshed", "of", f.name)
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	defer close(r.done)
	f.running = nil
	if err != nil {
		f.due = time.Now().Add(min(again, time.Duration(f.ttl.Load())))
	}
	if err != nil && !incomplete {
		r.err = err
		return
	}
	r.value = value
	if had := f.shelf.get(); !incomplete || had == nil || had.incomplete {
		f.shelf.put(&kept[T]{value, time.Now(), incomplete})
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

// shelf holds the last value, in this process.
type shelf[T any] struct{ last *kept[T] }

type kept[T any] struct {
	value      T
	at         time.Time
	incomplete bool
}

func (s *shelf[T]) get() *kept[T]  { return s.last }
func (s *shelf[T]) put(k *kept[T]) { s.last = k }
