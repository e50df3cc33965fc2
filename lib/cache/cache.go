// Package cache keeps what is expensive to get, in this process or in a Redis that several of them share.
package cache

import (
	"context"
	"time"
)

// MaxBytes is the size of the largest value that a cache takes.
const MaxBytes = 8 << 20

// minTTL is how long Redis keeps a value at least; what is to be kept for less is not kept.
const minTTL = time.Millisecond

// Cache may forget anything at any time. It has no errors: what does not work has nothing, and keeps what it had.
type Cache interface {
	// Get answers a copy.
	Get(ctx context.Context, key string) ([]byte, bool)

	// Set forgets what was there when it does not take value.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration)

	// Add is Set unless something is there: then it answers false. A cache that does not work answers true.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) bool
}

func takes(value []byte, ttl time.Duration) bool { return len(value) <= MaxBytes && ttl >= minTTL }
