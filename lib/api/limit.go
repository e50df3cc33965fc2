package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// remembered bounds what a limiter knows of: 11 MB of clients, as measured. Who is forgotten may begin anew.
const remembered = 1 << 16

// Bucket takes a token out of a bucket that processes share: one token takes each to come, a full bucket all. It answers how
// long to wait for one, or an error, soon, when this process is on its own.
type Bucket func(ctx context.Context, name string, each, all time.Duration) (wait time.Duration, err error)

// limiter is a token bucket for each key, kept as the one time at which the bucket is full again (GCRA, the generic cell
// rate algorithm of ITU-T I.371).
type limiter[K comparable] struct {
	name      string
	shared    Bucket        // nil: this process counts alone
	each, all time.Duration // what one token and a full bucket take to come

	mu   sync.Mutex
	full *simplelru.LRU[K, time.Time]
}

func newLimiter[K comparable](name string, r Rate, shared Bucket) *limiter[K] {
	full, err := simplelru.NewLRU[K, time.Time](remembered, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &limiter[K]{
		name: "rate " + r.String() + " " + name + " ", shared: shared, each: r.Per / time.Duration(r.Requests), all: r.Per, full: full,
	}
}

// take answers 0, or how long to wait until there is a token. A nil limiter has enough of them.
func (l *limiter[K]) take(ctx context.Context, key K) time.Duration {
	if l == nil {
		return 0
	}
	if l.shared != nil {
		if wait, err := l.shared(ctx, l.name+fmt.Sprint(key), l.each, l.all); err == nil {
			return wait
		}
	}
	return l.own(key)
}

// own counts in this process.
func (l *limiter[K]) own(key K) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()

	now := time.Now()
	full, _ := l.full.Get(key)
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.each)
	if wait := full.Sub(now) - l.all; wait > 0 {
		return wait
	}
	l.full.Add(key, full)
	return 0
}

// network is what one client has to itself: an address, or a /64 of IPv6, of which hosts are given a whole one.
func network(client netip.Addr) netip.Addr {
	if !client.Is6() {
		return client
	}
	n, err := client.Prefix(64)
	if err != nil {
		return client // it has 128 bits
	}
	return n.Addr()
}

// limited refuses a client that asks too often. Probes and pages are free, and so is asking what a path takes.
func (v *visit) limited(method string) error {
	if v.policy.clients == nil || v.call.quiet || method == http.MethodOptions {
		return nil
	}
	if wait := v.policy.clients.take(v, network(v.client)); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// identify tells the access line who asks, and refuses a user who asks too often, from wherever.
func (v *visit) identify(user int64) error {
	v.user = user
	if wait := v.policy.users.take(v, user); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) *refusal {
	return &refusal{
		status: http.StatusTooManyRequests, code: codeTooMany, detail: "too many requests: wait for as long as Retry-After says",
		header: retryAfter(wait),
	}
}
