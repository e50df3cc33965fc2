package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/auth"
)

// wait is how long the brake makes an attempt wait; 0 lets it through, as one that fails.
func wait(t *testing.T, b *auth.Brake, client, email string) time.Duration {
	t.Helper()
	err := b.Try(client, email)
	if err == nil {
		return 0
	}
	slow, ok := errors.AsType[*auth.SlowError](err)
	if !ok || !errors.Is(err, auth.ErrSlow) {
		t.Fatal(err)
	}
	return slow.RetryAfter()
}

func TestEachFailureMakesTheNextAttemptWaitLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for i := range 5 {
			if w := wait(t, b, "client", "ada"); w != 0 {
				t.Errorf("attempt %d has to wait for %s", i, w)
			}
		}
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256} {
			w := wait(t, b, "client", "ada")
			if w != want*time.Second {
				t.Errorf("the next attempt has to wait for %s, want %ds", w, want)
			}
			time.Sleep(w)
			if w := wait(t, b, "client", "ada"); w != 0 {
				t.Errorf("who has waited has to wait for %s", w)
			}
		}
		if w := wait(t, b, "client", "grace"); w != 0 {
			t.Errorf("another user has to wait for %s", w)
		}
	})
}

func TestStrangerKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for range 24 {
			for range 3600 {
				wait(t, b, "stranger", "ada")
				time.Sleep(time.Second)
			}
			if w := wait(t, b, "client", "ada"); w != 0 {
				t.Errorf("the user has to wait for %s", w)
			}
			b.Succeeded("client", "ada")
		}
	})
}

func TestManyWhoGuessAtOneUserAreSlowedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for i := range 100 {
			if w := wait(t, b, fmt.Sprint("client", i), "ada"); w != 0 {
				t.Errorf("attempt %d has to wait for %s", i, w)
			}
		}
		if w := wait(t, b, "another", "ada"); w != time.Second {
			t.Errorf("the next attempt has to wait for %s", w)
		}
		if w := wait(t, b, "another", "grace"); w != 0 {
			t.Errorf("an attempt at another user has to wait for %s", w)
		}
	})
}

func TestOfficeIsNotShutOutByItsTypos(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for i := range 10 * 48 { // for ten days every half an hour somebody logs in, and one in eight mistypes
			who := fmt.Sprint("user", i%30)
			if i%8 == 0 {
				if w := wait(t, b, "office", who); w != 0 {
					t.Fatalf("typo %d has to wait for %s", i/8+1, w)
				}
			}
			if w := wait(t, b, "office", who); w != 0 {
				t.Fatalf("after typo %d one has to wait for %s", i/8+1, w)
			}
			b.Succeeded("office", who)
			time.Sleep(30 * time.Minute)
		}
	})
}

func TestWhoTriesManyUsersIsSlowedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for i := range 20 {
			if w := wait(t, b, "client", fmt.Sprint("user", i)); w != 0 {
				t.Errorf("attempt %d has to wait for %s", i, w)
			}
		}
		if w := wait(t, b, "client", "ada"); w != time.Second {
			t.Errorf("the next attempt has to wait for %s", w)
		}
		if w := wait(t, b, "another", "ada"); w != 0 {
			t.Errorf("another client has to wait for %s", w)
		}
	})
}

func TestAttemptsSideBySideDoNotSlipThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		var through atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if b.Try("client", "ada") == nil {
					through.Add(1)
				}
			})
		}
		wg.Wait()
		if n := through.Load(); n != 5 {
			t.Errorf("%d attempts came through", n)
		}
	})
}

func TestSuccessForgetsTheFailuresOfItsUserAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for range 4 {
			wait(t, b, "client", "ada")
		}
		for range 40 { // many people behind one address, who know their passwords
			if w := wait(t, b, "client", "grace"); w != 0 {
				t.Fatalf("who succeeds has to wait for %s", w)
			}
			b.Succeeded("client", "grace")
		}
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("the fifth attempt has to wait for %s", w)
		}
		if w := wait(t, b, "client", "ada"); w != time.Second {
			t.Errorf("the sixth attempt has to wait for %s", w)
		}
		time.Sleep(time.Second)
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("the sixth attempt has to wait for %s more", w)
		}
		b.Succeeded("client", "ada")
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("after a success one has to wait for %s", w)
		}
	})
}

func TestOwnAccountDoesNotBuyGuesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		guesses := 0
		for i := range 1000 {
			if b.Try("client", "mine") == nil {
				b.Succeeded("client", "mine")
			}
			if b.Try("client", fmt.Sprint("victim", i)) == nil {
				guesses++
			}
		}
		if guesses != 20 {
			t.Errorf("%d guesses in no time", guesses)
		}
	})
}

func TestUndecidedAttemptIsNoFailure(t *testing.T) {
	t.Parallel()
	b := auth.NewBrake()
	for range 100 {
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Fatalf("one has to wait for %s", w)
		}
		b.Withdraw("client", "ada")
	}
}

func TestFailuresAreForgivenOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake()
		for range 5 {
			wait(t, b, "client", "ada")
		}
		for _, free := range []int{1, 2, 5} {
			time.Sleep(time.Duration(free) * 10 * time.Minute)
			for i := range free {
				if w := wait(t, b, "client", "ada"); w != 0 {
					t.Errorf("attempt %d of %d has to wait for %s", i, free, w)
				}
			}
			if w := wait(t, b, "client", "ada"); w != time.Second {
				t.Errorf("after %d attempts one has to wait for %s", free, w)
			}
		}
	})
}
