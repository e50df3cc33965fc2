package auth

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Trust is how long a process goes on to let a session in that was ended elsewhere.
const Trust = 5 * time.Second

// remembered is how many tokens a gate knows at once, in some 5 MB.
const remembered = 10_000

// Gate lets in who shows an access token whose session lives.
type Gate struct {
	tokens *Tokens
	find   func(ctx context.Context, session uuid.UUID) (Identity, error)

	mu        sync.Mutex
	known     *simplelru.LRU[string, admission]
	forgotten int // counts Forget, so that what was found before is not kept after it
}

type admission struct {
	who   Identity
	until time.Time
}

// NewGate asks find, at most every Trust and token, whose a session is; find answers ErrToken when it has ended or its
// user is disabled. The role that find tells holds, whatever it was when the token was made.
func NewGate(t *Tokens, find func(ctx context.Context, session uuid.UUID) (Identity, error)) *Gate {
	known, err := simplelru.NewLRU[string, admission](remembered, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &Gate{tokens: t, find: find, known: known}
}

// Sign is Tokens.Sign.
func (g *Gate) Sign(who Identity) (string, error) { return g.tokens.Sign(who) }

// Authenticate answers ErrToken for a token that is not good, and else the error of the look for its session.
func (g *Gate) Authenticate(ctx context.Context, token string) (Identity, error) {
	who, known, forgotten := g.lookUp(token)
	if known {
		return who, nil
	}
	claimed, until, err := g.tokens.Verify(token)
	if err != nil {
		return Identity{}, err
	}
	who, err = g.find(ctx, claimed.Session)
	if err != nil {
		return Identity{}, err
	}
	if who.User != claimed.User {
		return Identity{}, ErrToken
	}
	g.keep(token, who, until, forgotten)
	return who, nil
}

func (g *Gate) lookUp(token string) (who Identity, known bool, forgotten int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.known.Get(token)
	return a.who, ok && time.Now().Before(a.until), g.forgotten
}

func (g *Gate) keep(token string, who Identity, until time.Time, forgotten int) {
	if soon := time.Now().Add(Trust); soon.Before(until) {
		until = soon
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if forgotten == g.forgotten {
		g.known.Add(token, admission{who, until})
	}
}

// Forget asks find again about a session that has just ended, rather than trusting what it knew. Call it after the end
// is committed.
func (g *Gate) Forget(session uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forgotten++
	for _, token := range g.known.Keys() {
		if a, _ := g.known.Peek(token); a.who.Session == session {
			g.known.Remove(token)
		}
	}
}
