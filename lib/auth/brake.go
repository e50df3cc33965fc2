package auth

import (
	"sync"
	"time"
)

// How many failures are free at once, and how soon one of them is forgiven. Many people may share a network, so it has more
// of them. A user has so many, and gets them back so fast, that no network alone uses them up: whoever guesses from one
// slows only his own network, and only many networks together slow everybody.
const (
	freeByNetwork = 20
	freeByGuesser = 5
	freeByUser    = 100

	fadeByNetwork = 10 * time.Minute
	fadeByUser    = time.Minute
)

// Brake slows down who fails to log in again and again, whatever the reason, in this process alone.
type Brake struct {
	mu       sync.Mutex
	networks tally[string]
	guessers tally[guesser]
	users    tally[string]
}

// guesser is a network that tries to log in as one user.
type guesser struct{ network, email string }

// NewBrake knows of no failures.
func NewBrake() *Brake {
	return &Brake{
		networks: newTally[string](freeByNetwork, fadeByNetwork),
		guessers: newTally[guesser](freeByGuesser, fadeByNetwork),
		users:    newTally[string](freeByUser, fadeByUser),
	}
}

// Try answers a SlowError when an attempt comes too early. Else it counts it as failed, until Succeeded or Withdraw
// says otherwise, so that attempts side by side do not slip through.
func (b *Brake) Try(network, email string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, who := time.Now(), guesser{network, email}
	if wait := max(b.networks.wait(network, now), b.guessers.wait(who, now), b.users.wait(email, now)); wait > 0 {
		return &SlowError{Wait: wait}
	}
	b.networks.strike(network, now)
	b.guessers.strike(who, now)
	b.users.strike(email, now)
	return nil
}

// Succeeded takes an attempt back, and forgives the network what it has failed as this user.
func (b *Brake) Succeeded(network, email string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.networks.forgive(network)
	b.guessers.forget(guesser{network, email})
	b.users.forgive(email)
}

// Withdraw takes back an attempt that was not decided.
func (b *Brake) Withdraw(network, email string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.networks.forgive(network)
	b.guessers.forgive(guesser{network, email})
	b.users.forgive(email)
}
