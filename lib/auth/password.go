package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"

	"golang.org/x/crypto/argon2"

	"example.com/app/lib/cpu"
)

// Passwords hashes passwords by argon2id. Each hash takes 19 MiB and some 30 ms of a processor, in a pool, so that
// those who log in do not starve the others; cpu.ErrBusy tells that too many wait.
type Passwords struct {
	pool  *cpu.Pool
	dummy string
}

// NewPasswords hashes in pool.
func NewPasswords(pool *cpu.Pool) *Passwords {
	return &Passwords{pool: pool, dummy: phc{currentCost(), random(saltBytes), random(keyBytes)}.String()}
}

// Hash makes a PHC string of password, with a salt of its own.
func (p *Passwords) Hash(ctx context.Context, password string) (hash string, err error) {
	made := phc{cost: currentCost(), salt: random(saltBytes)}
	err = p.pool.Do(ctx, func() error {
		made.key = made.derive(password, keyBytes)
		return nil
	})
	return made.String(), err
}

// Matches tells whether hash was made of password. For an empty hash, which is that of nobody, it works as long and
// tells false.
func (p *Passwords) Matches(ctx context.Context, hash, password string) (ok bool, err error) {
	if hash == "" {
		hash = p.dummy
	}
	stored, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	err = p.pool.Do(ctx, func() error {
		ok = subtle.ConstantTimeCompare(stored.key, stored.derive(password, len(stored.key))) == 1
		return nil
	})
	return ok, err
}

// Outdated tells whether hash should be made anew, while the password is at hand: Hash works harder by now.
func (p *Passwords) Outdated(hash string) bool {
	stored, err := parsePHC(hash)
	return err != nil || stored.cost != currentCost() || len(stored.salt) != saltBytes || len(stored.key) != keyBytes
}

const (
	saltBytes = 16
	keyBytes  = 32
)

// cost is what a hash takes: memory in KiB, rounds and threads.
type cost struct {
	memory, rounds uint32
	threads        uint8
}

// currentCost is what OWASP's Password Storage Cheat Sheet asks for.
func currentCost() cost { return cost{memory: 19 << 10, rounds: 2, threads: 1} }

func (h phc) derive(password string, length int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.rounds, h.memory, h.threads, uint32(length))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}
