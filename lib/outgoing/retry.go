package outgoing

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	retries       = 2                      // after the first attempt
	firstPause    = 100 * time.Millisecond // before the first retry, at most; twice that before the next
	maxRetryAfter = time.Hour              // that is believed
)

// repeatable tells whether asking twice does no more than asking once (RFC 9110, section 9.2.2).
func (r Request) repeatable() bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	default:
		return r.Header.Get("Idempotency-Key") != ""
	}
}

// delay is before the retry n, from 0: never less than the upstream asks for, and spread, so that callers who have failed
// together do not come together again.
func (e *Error) delay(n int) time.Duration {
	least := firstPause / 2 << n
	return e.wait + least + rand.N(least)
}

// pause answers false, at once, when there is no time left for it.
func pause(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3), of an hour at most; 0 without either.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, time.Until(at)), maxRetryAfter)
	}
	return 0
}
