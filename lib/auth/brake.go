package auth

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// How attempts to log in are slowed: so many failures are free, each further one doubles the wait, up to longest, and all
// are forgiven when none comes for a while. Many people may share an address, so it has more of them.
const (
	freeByEmail  = 5
	freeByClient = 20
	shortest     = time.Second
	longest      = 5 * time.Minute
	forgiven     = time.Hour
	slowed       = 1 << 16 // addresses, and e-mail addresses, that are remembered at once
)

// Brake slows down who fails to log in again and again, whatever the reason, in this process alone.
type Brake struct {
	mu              sync.Mutex
	clients, emails *simplelru.LRU[string, strikes]
}

// strikes are failures in a row, and when the next attempt may come.
type strikes struct {
	count int
	next  time.Time
}

// NewBrake knows of no failures.
func NewBrake() *Brake { return &Brake{clients: newStrikes(), emails: newStrikes()} }

func newStrikes() *simplelru.LRU[string, strikes] {
	l, err := simplelru.NewLRU[string, strikes](slowed, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return l
}

// Try answers a SlowError when an attempt comes too early. Else it counts it as failed, until Succeeded or Withdraw
// says otherwise, so that attempts side by side do not slip through.
func (b *Brake) Try(client, email string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	byClient, byEmail := strikesOf(b.clients, client, now), strikesOf(b.emails, email, now)
	if wait := max(byClient.next.Sub(now), byEmail.next.Sub(now)); wait > 0 {
		return &SlowError{Wait: wait}
	}
	b.clients.Add(client, byClient.failed(freeByClient, now))
	b.emails.Add(email, byEmail.failed(freeByEmail, now))
	return nil
}

// Succeeded takes an attempt back, and forgets the failures of its e-mail address.
func (b *Brake) Succeeded(client, email string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	withdraw(b.clients, client)
	b.emails.Remove(email)
}

// Withdraw takes back an attempt that was not decided.
func (b *Brake) Withdraw(client, email string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	withdraw(b.clients, client)
	withdraw(b.emails, email)
}

func strikesOf(l *simplelru.LRU[string, strikes], key string, now time.Time) strikes {
	s, _ := l.Get(key)
	if now.Sub(s.next) > forgiven {
		return strikes{}
	}
	return s
}

func (s strikes) failed(free int, now time.Time) strikes {
	s.count++
	s.next = now
	if over := s.count - free; over >= 0 {
		s.next = now.Add(min(longest, shortest<<min(over, 30)))
	}
	return s
}

func withdraw(l *simplelru.LRU[string, strikes], key string) {
	if s, ok := l.Peek(key); ok && s.count > 0 {
		l.Add(key, strikes{s.count - 1, time.Now()})
	}
}
