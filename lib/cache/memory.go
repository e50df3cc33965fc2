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
	maxMemory     = 64 << 20 // bytes of keys and values
	entryOverhead = 200      // bytes beside key and value, about
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

func weight(key string, e entry) int { return len(key) + len(e.value) + entryOverhead }

// Get is Cache's.
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()

	value, ok := m.find(key)
	return bytes.Clone(value), ok
}

// Set is Cache's.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value, ttl)
}

// Add is Cache's.
func (m *Memory) Add(_ context.Context, key string, value []byte, ttl time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()

	if _, ok := m.find(key); ok {
		return false
	}
	m.put(key, value, ttl)
	return true
}

func (m *Memory) find(key string) ([]byte, bool) {
	e, ok := m.entries.Get(key)
	if ok && !time.Now().Before(e.until) {
		m.entries.Remove(key)
		return nil, false
	}
	return e.value, ok
}

func (m *Memory) put(key string, value []byte, ttl time.Duration) {
	m.entries.Remove(key)
	if !takes(value, ttl) {
		return
	}
	e := entry{append([]byte{}, value...), time.Now().Add(ttl)}
	m.used += weight(key, e)
	m.entries.Add(key, e)
	for m.used > maxMemory {
		m.entries.RemoveOldest()
	}
}
