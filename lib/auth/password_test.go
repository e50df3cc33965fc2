package auth_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"example.com/app/lib/auth"
	"example.com/app/lib/cpu"
)

const password = "correct horse battery"

func TestPasswordMatchesItsHashAlone(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(cpu.NewPool(0))
	hash, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Hash(t.Context(), password)
	if err != nil || hash == again {
		t.Errorf("a second hash is the same, or %v", err)
	}

	for given, want := range map[string]bool{password: true, password + " ": false, " " + password: false, "": false} {
		if ok, err := p.Matches(t.Context(), hash, given); ok != want || err != nil {
			t.Errorf("%q matches: %t, %v", given, ok, err)
		}
	}
	if ok, err := p.Matches(t.Context(), "", password); ok || err != nil {
		t.Errorf("the password matches nobody's hash: %t, %v", ok, err)
	}
}

func TestHashesArePHCStringsOfOWASPsCost(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(cpu.NewPool(0))
	hash, err := p.Hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || p.Outdated(hash) {
		t.Errorf("the hash is %s, %v", hash, err)
	}
}

func TestHashesOfOtherCostsMatchAndAreOutdated(t *testing.T) {
	t.Parallel()
	salt := []byte("saltsalt")
	encoded := base64.RawStdEncoding.EncodeToString
	weak := "$argon2id$v=19$m=64,t=1,p=2$" + encoded(salt) + "$" + encoded(argon2.IDKey([]byte(password), salt, 1, 64, 2, 24))
	p := auth.NewPasswords(cpu.NewPool(0))
	if ok, err := p.Matches(t.Context(), weak, password); !ok || err != nil {
		t.Errorf("the password matches: %t, %v", ok, err)
	}
	if !p.Outdated(weak) {
		t.Error("the weak hash is up to date")
	}
}

func TestWhatIsNoHashIsAnErrorThatDoesNotShowIt(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(cpu.NewPool(0))
	for _, broken := range []string{
		"hunter2",
		"$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5=",
		"$argon2id$v=19$m=64,t=1,p=1x$c2FsdHNhbHQ$a2V5",
	} {
		ok, err := p.Matches(t.Context(), broken, password)
		if ok || err == nil || strings.Contains(err.Error(), broken) {
			t.Errorf("%s matches: %t, %v", broken, ok, err)
		}
		if !p.Outdated(broken) {
			t.Errorf("%s is up to date", broken)
		}
	}
}

func TestHashingTellsWhenTooManyWait(t *testing.T) {
	t.Parallel()
	pool := cpu.NewPool(1)
	release := occupy(t, pool)
	defer release()

	p := auth.NewPasswords(pool)
	if _, err := p.Hash(t.Context(), password); !errors.Is(err, cpu.ErrBusy) {
		t.Errorf("Hash answers %v", err)
	}
	if _, err := p.Matches(t.Context(), "", password); !errors.Is(err, cpu.ErrBusy) {
		t.Errorf("Matches answers %v for nobody", err)
	}
}

// occupy fills a pool until release.
func occupy(t *testing.T, pool *cpu.Pool) (release func()) {
	t.Helper()
	held, done := make(chan struct{}), make(chan struct{})
	for running := 1; ; running++ {
		go func() {
			_ = pool.Do(t.Context(), func() error { <-held; return nil })
			done <- struct{}{}
		}()
		select {
		case <-done: // it is full
			return func() {
				close(held)
				for range running - 1 {
					<-done
				}
			}
		default:
		}
	}
}
