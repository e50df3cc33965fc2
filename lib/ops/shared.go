package ops

import (
	"sync"
	"time"
)

// fresh is how long an answer is good for whoever asks: half of what the most impatient of probers waits in between.
const fresh = 500 * time.Millisecond

// shared is an answer that is asked for once, however many want it at a time.
type shared[T any] struct {
	mu    sync.Mutex
	until time.Time
	said  T
}

// get waits while somebody else asks.
func (s *shared[T]) get(ask func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.until) {
		s.said = ask()
		s.until = time.Now().Add(fresh)
	}
	return s.said
}
