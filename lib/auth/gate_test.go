package auth_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/auth"
)

// ledger is where a test's sessions are.
type ledger struct {
	who   auth.Identity
	err   error
	looks int
}

func (l *ledger) find(context.Context, uuid.UUID) (auth.Identity, error) {
	l.looks++
	return l.who, l.err
}

func TestGateTrustsASessionForAFewSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{who: somebody()}
		gate, token := auth.NewGate(tokens(), l.find), sign(t, tokens())
		for range 3 {
			if who, err := gate.Authenticate(t.Context(), token); who != somebody() || err != nil {
				t.Fatalf("%v, %v", who, err)
			}
		}
		if l.looks != 1 {
			t.Errorf("%d looks for three requests at once", l.looks)
		}

		l.err = auth.ErrToken // ended elsewhere
		time.Sleep(auth.Trust)
		if _, err := gate.Authenticate(t.Context(), token); !errors.Is(err, auth.ErrToken) || l.looks != 2 {
			t.Errorf("after %s: %v, %d looks", auth.Trust, err, l.looks)
		}
	})
}

func TestGateRefusesAtOnceWhatItForgot(t *testing.T) {
	t.Parallel()
	l := &ledger{who: somebody()}
	gate, token := auth.NewGate(tokens(), l.find), sign(t, tokens())
	if _, err := gate.Authenticate(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	l.err = auth.ErrToken
	gate.Forget(uuid.New())
	if _, err := gate.Authenticate(t.Context(), token); err != nil {
		t.Errorf("after the end of another session: %v", err)
	}
	gate.Forget(somebody().Session)
	if _, err := gate.Authenticate(t.Context(), token); !errors.Is(err, auth.ErrToken) {
		t.Errorf("after its end: %v", err)
	}
}

func TestGateDoesNotTrustALookFromBeforeTheEnd(t *testing.T) {
	t.Parallel()
	var gate *auth.Gate
	looks := 0
	gate = auth.NewGate(tokens(), func(context.Context, uuid.UUID) (auth.Identity, error) {
		looks++
		if looks > 1 {
			return auth.Identity{}, auth.ErrToken
		}
		gate.Forget(somebody().Session) // while the answer is on its way
		return somebody(), nil
	})
	token := sign(t, tokens())
	if _, err := gate.Authenticate(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Authenticate(t.Context(), token); !errors.Is(err, auth.ErrToken) {
		t.Errorf("the next request: %v", err)
	}
}

func TestGateTakesTheRoleOfTheMomentAndNoOtherUsersSession(t *testing.T) {
	t.Parallel()
	l := &ledger{who: auth.Identity{User: 7, Session: somebody().Session, Role: auth.Reader}}
	gate := auth.NewGate(tokens(), l.find)
	if who, err := gate.Authenticate(t.Context(), sign(t, tokens())); who.Role != auth.Reader || err != nil {
		t.Errorf("%v, %v", who, err)
	}

	l.who.User = 8
	gate.Forget(somebody().Session)
	if _, err := gate.Authenticate(t.Context(), sign(t, tokens())); !errors.Is(err, auth.ErrToken) {
		t.Errorf("another user's session: %v", err)
	}
}

func TestGateLooksForNothingThatIsForged(t *testing.T) {
	t.Parallel()
	l := &ledger{who: somebody()}
	gate := auth.NewGate(auth.NewTokens(auth.TokenOptions{Service: "app", Secret: newer}), l.find)
	if _, err := gate.Authenticate(t.Context(), sign(t, tokens())); !errors.Is(err, auth.ErrToken) || l.looks > 0 {
		t.Errorf("%v, %d looks", err, l.looks)
	}
}

func TestGatePassesOnThatItCouldNotLook(t *testing.T) {
	t.Parallel()
	l := &ledger{err: context.DeadlineExceeded}
	gate, token := auth.NewGate(tokens(), l.find), sign(t, tokens())
	if _, err := gate.Authenticate(t.Context(), token); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	l.who, l.err = somebody(), nil
	if _, err := gate.Authenticate(t.Context(), token); err != nil {
		t.Errorf("the next request: %v", err)
	}
}

func TestGateTrustsNoTokenBeyondItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, token := auth.NewGate(tokens(), (&ledger{who: somebody()}).find), sign(t, tokens())
		time.Sleep(auth.AccessTime + 4*time.Second) // within what clocks may be apart
		if _, err := gate.Authenticate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if _, err := gate.Authenticate(t.Context(), token); !errors.Is(err, auth.ErrToken) {
			t.Errorf("an expired token: %v", err)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	gate := auth.NewGate(tokens(), (&ledger{who: somebody()}).find)
	token, err := gate.Sign(somebody())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gate.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	token, err := tokens().Sign(somebody())
	if err != nil {
		b.Fatal(err)
	}
	t := tokens()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := t.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
