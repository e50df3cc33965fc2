// Package auth knows who may do what: roles, passwords, tokens and sessions. Where people and sessions are kept
// is not its business.
package auth

import (
	"context"

	"github.com/google/uuid"
)

// Role says what somebody may do. Each role may do what the ones before it may.
type Role string

// The roles, from the least to the most powerful.
const (
	Reader Role = "reader"
	Editor Role = "editor"
	Admin  Role = "admin"
)

// Roles lists them, from the least to the most powerful.
func Roles() []Role { return []Role{Reader, Editor, Admin} }

// Covers tells whether r may do what needs the role needed. A role that is none covers nothing.
func (r Role) Covers(needed Role) bool { return r.rank() >= needed.rank() && needed.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case Reader:
		return 1
	case Editor:
		return 2
	case Admin:
		return 3
	default:
		return 0
	}
}

// Identity is who asks.
type Identity struct {
	User    int64
	Session uuid.UUID
	Role    Role
}

type identityKey struct{}

// With puts who asks into the context.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// Of tells who asks; false when nobody has logged in, or nobody has to.
func Of(ctx context.Context) (Identity, bool) {
	who, ok := ctx.Value(identityKey{}).(Identity)
	return who, ok
}
