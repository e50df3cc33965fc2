package cache

import (
	"bytes"
	"context"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	room     = 64 << 20 // bytes of keys and values that a Memory holds at most
	overhead = 200      // bytes of an entry beside its key and value, about
)

// Memory is a cache of this process, of 64 MiB at most: what was not asked for the longest goes first.
type Memory struct {
	mu      sync.Mutex
	entries *simplelru.LRU[string, entry]
	used    int
}

type entry struct {
	value []byte
	until time.Time
}

// NewMemory is empty.
func NewMemory() *Memory {
	m := &Memory{}
	entries, err := simplelru.NewLRU(math.MaxInt, func(key string, e entry) { m.used -= weight(key, e) })
	if err != nil {
		panic(err) // the size is a constant
	}
	m.entries = entries
	return m
}

func weight(key string, e entry) int { return len(key) + len(e.value) + overhead }

// Get is Cache's.
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()

	e, ok := m.entries.Get(key)
	if ok && !time.Now().Before(e.until) {
		m.entries.Remove(key)
		ok = false
	}
	if !ok {
		return nil, false
	}
	return bytes.Clone(e.value), true
}

// Set is Cache's.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()

	m.entries.Remove(key)
	if !takes(value, ttl) {
		return
	}
	e := entry{append([]byte{}, value...), time.Now().Add(ttl)}
	m.used += weight(key, e)
	m.entries.Add(key, e)
	for m.used > room {
		m.entries.RemoveOldest()
	}
}
