package api

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// remembered bounds what a limiter knows of: 11 MB of clients, as measured. Who is forgotten may begin anew.
const remembered = 1 << 16

// limiter is a token bucket for each key, kept as the one time at which the bucket is full again (GCRA, the generic cell
// rate algorithm of ITU-T I.371).
type limiter[K comparable] struct {
	each, all time.Duration // what one token and a full bucket take to come

	mu   sync.Mutex
	full *simplelru.LRU[K, time.Time]
}

func newLimiter[K comparable](r Rate) *limiter[K] {
	full, err := simplelru.NewLRU[K, time.Time](remembered, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &limiter[K]{each: r.Per / time.Duration(r.Requests), all: r.Per, full: full}
}

// take answers 0, or how long to wait until there is a token. A nil limiter has enough of them.
func (l *limiter[K]) take(key K) time.Duration {
	if l == nil {
		return 0
	}
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
	if wait := v.policy.clients.take(network(v.client)); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// identify tells the access line who asks, and refuses a user who asks too often, from wherever.
func (v *visit) identify(user int64) error {
	v.user = user
	if wait := v.policy.users.take(user); wait > 0 {
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
