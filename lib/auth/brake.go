package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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

// Brake slows down who fails to log in again and again, whatever the reason.
type Brake struct {
	shared Tally
	own    *Memory
}

// NewBrake counts in shared, and in this process whenever that does not answer, or is nil.
func NewBrake(shared Tally) *Brake {
	own := NewMemory()
	if shared == nil {
		shared = own
	}
	return &Brake{shared, own}
}

// Attempt is one to log in, which counts as failed until Succeeded or Withdraw says otherwise.
type Attempt struct {
	tally                  Tally // where it is counted
	network, guesser, user Mark
}

// Try answers a SlowError when an attempt comes too early. Else it counts it, so that attempts side by side do not slip through.
func (b *Brake) Try(ctx context.Context, network, email string) (Attempt, error) {
	a := Attempt{
		tally:   b.shared,
		network: Mark{markKey("network", network), freeByNetwork, fadeByNetwork},
		guesser: Mark{markKey("guesser", network+" "+email), freeByGuesser, fadeByNetwork}, // a network that tries to log in as one user
		user:    Mark{markKey("user", email), freeByUser, fadeByUser},
	}

	now := time.Now()
	wait, err := a.tally.Strike(ctx, now, a.network, a.guesser, a.user)
	if err != nil {
		a.tally = b.own
		wait = b.own.strike(now, a.network, a.guesser, a.user)
	}
	if wait > 0 {
		return Attempt{}, &SlowError{Wait: wait}
	}
	return a, nil
}

// markKey lets nobody read whom a failure is about; who guesses it can see that it is right.
func markKey(kind, of string) string {
	sum := sha256.Sum256([]byte(of))
	return "log-in " + kind + " " + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Succeeded takes the attempt back, and forgives the network what it has failed as this user. Where that is not possible
// it fades.
func (a Attempt) Succeeded(ctx context.Context) {
	_ = a.tally.Forgive(ctx, a.network, a.user)
	_ = a.tally.Forget(ctx, a.guesser)
}

// Withdraw takes back an attempt that was not decided.
func (a Attempt) Withdraw(ctx context.Context) {
	_ = a.tally.Forgive(ctx, a.network, a.guesser, a.user)
}
