package auth

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// tallied is how many marks are remembered at once; three belong to an attempt.
const tallied = 3 << 16

// Memory is a Tally of this process, of bounded size.
type Memory struct {
	mu    sync.Mutex
	marks *simplelru.LRU[string, strikes]
}

// strikes are failures as the time at which the last of them is forgiven, and when the next attempt may come.
type strikes struct{ clean, next time.Time }

// NewMemory knows of no failures.
func NewMemory() *Memory {
	marks, err := simplelru.NewLRU[string, strikes](tallied, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &Memory{marks: marks}
}

// Strike is Tally's. It has no errors.
func (m *Memory) Strike(_ context.Context, now time.Time, marks ...Mark) (time.Duration, error) {
	return m.strike(now, marks...), nil
}

func (m *Memory) strike(now time.Time, marks ...Mark) (wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()

	for _, k := range marks {
		s, _ := m.marks.Get(k.Key)
		wait = max(wait, s.next.Sub(now))
	}
	if wait > 0 {
		return wait
	}
	for _, k := range marks {
		s, _ := m.marks.Get(k.Key)
		m.marks.Add(k.Key, s.more(now, k))
	}
	return 0
}

// more is one failure more.
func (s strikes) more(now time.Time, k Mark) strikes {
	left := min(max(s.clean.Sub(now), 0)+k.Fade, k.Fade*time.Duration(k.Free+Doublings))
	s = strikes{clean: now.Add(left)}
	if over := int((left+k.Fade-1)/k.Fade) - k.Free; over >= 0 {
		s.next = now.Add(FirstWait << over)
	}
	return s
}

// Forgive is Tally's. It has no errors.
func (m *Memory) Forgive(_ context.Context, marks ...Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()

	for _, k := range marks {
		if s, ok := m.marks.Peek(k.Key); ok {
			m.marks.Add(k.Key, strikes{clean: s.clean.Add(-k.Fade)})
		}
	}
	return nil
}

// Forget is Tally's. It has no errors.
func (m *Memory) Forget(_ context.Context, marks ...Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()

	for _, k := range marks {
		m.marks.Remove(k.Key)
	}
	return nil
}
