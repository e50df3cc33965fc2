package cache

import (
	"context"
	"errors"
	"time"

	"example.com/app/lib/telemetry"
)

const (
	refreshTimeout = 10 * time.Minute
	retryAfter     = time.Minute // after a refresh in vain; then twice as long each time
	maxRetryAfter  = time.Hour

	pollInterval = time.Second // for who waits for another's value
	maxPolls     = 30          // then it fetches too
	lookAgain    = 5 * time.Second
)

// refresh is one for however many wait.
type refresh[T any] struct {
	done    chan struct{}
	first   bool // there is no value yet
	waiting int
	value   T
	err     error
}

func (f *Fresh[T]) refresh(ctx context.Context, r *refresh[T]) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()

	var k *kept[T]
	err := safely(func() (err error) {
		k, err = f.renew(ctx, r.first)
		return err
	})
	if told := f.settle(r, k, err); err == nil || told {
		return
	}
	log := telemetry.Logger(ctx)
	if p, ok := errors.AsType[*telemetry.PanicError](err); ok {
		log = log.With("stack", p.Stack())
	}
	log.Warn("a refresh did not succeed, or not in full", "of", f.name, "error", err)
}

// renew answers what another has fetched, or fetches it. It answers nothing when there is a value, and another is at it.
func (f *Fresh[T]) renew(ctx context.Context, first bool) (k *kept[T], err error) {
	leads := f.lead(ctx)
	switch {
	case leads:
	case !first:
		return nil, nil
	default:
		if k, leads = f.poll(ctx); k != nil {
			return k, nil
		}
	}
	var rest time.Duration // in which nobody fetches
	if !first {
		rest = f.nextPause()
	}
	if leads { // else the key is another's
		defer func() { f.stepDown(ctx, rest) }()
	}

	if k = f.recall(ctx); k == nil {
		k, err = f.get(ctx)
	}
	if k.complete() {
		rest = 0
	}
	return k, err
}

// lead tells whether this is the one that fetches.
func (f *Fresh[T]) lead(ctx context.Context) bool {
	return f.cache.Add(ctx, f.name+" leader", nil, refreshTimeout)
}

func (f *Fresh[T]) stepDown(ctx context.Context, rest time.Duration) {
	f.cache.Set(ctx, f.name+" leader", nil, rest)
}

// poll waits for another's value. Without one this is to fetch, as the leader or beside one that is slow.
func (f *Fresh[T]) poll(ctx context.Context) (k *kept[T], leads bool) {
	for range maxPolls {
		if k = f.recall(ctx); k != nil {
			return k, false
		}
		time.Sleep(pollInterval)
		if f.lead(ctx) {
			return nil, true
		}
	}
	return nil, false
}

func (f *Fresh[T]) get(ctx context.Context) (*kept[T], error) {
	value, err := f.fetch(ctx)
	_, incomplete := errors.AsType[*Incomplete](err)
	if err != nil && !incomplete {
		return nil, err
	}
	k := &kept[T]{Value: value, At: time.Now(), Incomplete: incomplete}
	f.share(ctx, k)
	telemetry.Logger(ctx).Info("refreshed", "of", f.name)
	return k, err
}

// settle ends a refresh. It tells whether somebody was told of its error.
func (f *Fresh[T]) settle(r *refresh[T], k *kept[T], err error) (told bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer close(r.done)
	f.running = nil
	if k == nil && err == nil {
		f.due = time.Now().Add(lookAgain)
		return false
	}

	if r.first || k.complete() {
		f.pause = 0
	}
	if !k.complete() {
		f.pause = f.nextPause()
	}
	f.due = time.Now().Add(f.pause)

	if k == nil {
		r.err = err
		return r.waiting > 0
	}
	r.value = k.Value
	if k.betters(f.last) {
		f.last = k
	}
	return false
}

// nextPause is for the next refresh that is in vain.
func (f *Fresh[T]) nextPause() time.Duration {
	return min(max(2*f.pause, retryAfter), maxRetryAfter, time.Duration(f.ttl.Load()))
}
