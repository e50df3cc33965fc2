package auth

import (
	"errors"
	"time"
)

// Why somebody is not let in. Their words are for clients and tell nothing about what is there.
var (
	ErrToken       = errors.New("the access token is malformed, forged or expired, or its session has ended")
	ErrNobody      = errors.New("nobody has logged in")
	ErrCredentials = errors.New("e-mail address and password do not belong together")
	ErrRefresh     = errors.New("the refresh token is unknown, used or expired")
	ErrSlow        = errors.New("too many attempts to log in: wait before the next")
)

// SlowError is an ErrSlow that tells how long.
type SlowError struct{ Wait time.Duration }

func (e *SlowError) Error() string { return ErrSlow.Error() }

// Unwrap makes it an ErrSlow.
func (e *SlowError) Unwrap() error { return ErrSlow }

// RetryAfter is how long to wait before the next attempt.
func (e *SlowError) RetryAfter() time.Duration { return e.Wait }
