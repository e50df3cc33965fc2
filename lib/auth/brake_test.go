package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/app/lib/auth"
	"example.com/app/lib/testenv"
)

// try is an attempt, and how long the brake makes it wait; 0 lets it through.
func try(t *testing.T, b *auth.Brake, client, email string) (auth.Attempt, time.Duration) {
	t.Helper()
	attempt, err := b.Try(t.Context(), client, email)
	if err == nil {
		return attempt, 0
	}
	slow, ok := errors.AsType[*auth.SlowError](err)
	if !ok || !errors.Is(err, auth.ErrSlow) {
		t.Fatal(err)
	}
	return attempt, slow.RetryAfter()
}

// wait is try of an attempt that fails.
func wait(t *testing.T, b *auth.Brake, client, email string) time.Duration {
	t.Helper()
	_, w := try(t, b, client, email)
	return w
}

func TestEachFailureMakesTheNextAttemptWaitLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake(nil)
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
		b := auth.NewBrake(nil)
		for range 24 {
			for range 3600 {
				wait(t, b, "stranger", "ada")
				time.Sleep(time.Second)
			}
			attempt, w := try(t, b, "client", "ada")
			if w != 0 {
				t.Errorf("the user has to wait for %s", w)
			}
			attempt.Succeeded(t.Context())
		}
	})
}

func TestManyWhoGuessAtOneUserAreSlowedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake(nil)
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
		b := auth.NewBrake(nil)
		for i := range 10 * 48 { // for ten days every half an hour somebody logs in, and one in eight mistypes
			who := fmt.Sprint("user", i%30)
			if i%8 == 0 {
				if w := wait(t, b, "office", who); w != 0 {
					t.Fatalf("typo %d has to wait for %s", i/8+1, w)
				}
			}
			attempt, w := try(t, b, "office", who)
			if w != 0 {
				t.Fatalf("after typo %d one has to wait for %s", i/8+1, w)
			}
			attempt.Succeeded(t.Context())
			time.Sleep(30 * time.Minute)
		}
	})
}

func TestWhoTriesManyUsersIsSlowedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake(nil)
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
		b := auth.NewBrake(nil)
		var through atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if wait(t, b, "client", "ada") == 0 {
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
		b := auth.NewBrake(nil)
		for range 4 {
			wait(t, b, "client", "ada")
		}
		for range 40 { // many people behind one address, who know their passwords
			attempt, w := try(t, b, "client", "grace")
			if w != 0 {
				t.Fatalf("who succeeds has to wait for %s", w)
			}
			attempt.Succeeded(t.Context())
		}
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("the fifth attempt has to wait for %s", w)
		}
		if w := wait(t, b, "client", "ada"); w != time.Second {
			t.Errorf("the sixth attempt has to wait for %s", w)
		}
		time.Sleep(time.Second)
		attempt, w := try(t, b, "client", "ada")
		if w != 0 {
			t.Errorf("the sixth attempt has to wait for %s more", w)
		}
		attempt.Succeeded(t.Context())
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("after a success one has to wait for %s", w)
		}
	})
}

func TestOwnAccountDoesNotBuyGuesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake(nil)
		guesses := 0
		for i := range 1000 {
			if attempt, w := try(t, b, "client", "mine"); w == 0 {
				attempt.Succeeded(t.Context())
			}
			if wait(t, b, "client", fmt.Sprint("victim", i)) == 0 {
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
	b := auth.NewBrake(nil)
	for range 100 {
		attempt, w := try(t, b, "client", "ada")
		if w != 0 {
			t.Fatalf("one has to wait for %s", w)
		}
		attempt.Withdraw(t.Context())
	}
}

func TestFailuresAreForgivenOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := auth.NewBrake(nil)
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

// through is how many of 60 attempts of one client, each as another user, the brakes let through in turns. It is 20, and one
// more after 1 s, 3 s, 7 s …
func through(t *testing.T, client string, brakes ...*auth.Brake) (n int) {
	t.Helper()
	for i := range 60 {
		if wait(t, brakes[i%len(brakes)], client, fmt.Sprint("user", i)) == 0 {
			n++
		}
	}
	return n
}

func TestProcessesCountTogetherAndEachByItselfWithoutRedis(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	here, there := auth.NewBrake(shared(t, server, 20*time.Second)), auth.NewBrake(shared(t, server, 20*time.Second))
	if n := through(t, "stranger", here, there); n < 20 || n > 29 {
		t.Errorf("two processes together let %d through", n)
	}
	server.Kill()
	for _, b := range []*auth.Brake{here, there} {
		if n := through(t, "stranger", b); n < 20 || n > 29 {
			t.Errorf("one without Redis lets %d through", n)
		}
	}
}

func TestAttemptIsTakenBackWhereItWasCounted(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	b := auth.NewBrake(shared(t, server, 300*time.Millisecond))
	server.Kill()
	for range 3 {
		wait(t, b, "client", "ada")
	}
	last, _ := try(t, b, "client", "ada")
	server.Start()
	last.Succeeded(t.Context())
	server.Kill()
	for range 5 {
		if w := wait(t, b, "client", "ada"); w != 0 {
			t.Errorf("after a success one has to wait for %s", w)
		}
	}
}

func TestRedisForgetsFailuresAndNeverKnowsWhose(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	b := auth.NewBrake(shared(t, server, 20*time.Second))
	for range 7 {
		wait(t, b, "192.0.2.7", "ada@example.com")
	}
	raw := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() { _ = raw.Close() })
	keys, err := raw.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 3 {
		t.Fatalf("%q, %v", keys, err)
	}
	for _, key := range keys {
		life, err := raw.PTTL(t.Context(), key).Result()
		if err != nil || life <= 0 || life > 130*time.Minute {
			t.Errorf("%s lives for %s: %v", key, life, err)
		}
		for _, part := range []string{"ada", "example", "192.0"} {
			if all := fmt.Sprint(key, raw.HGetAll(t.Context(), key).Val()); strings.Contains(all, part) {
				t.Errorf("%s tells %s", all, part)
			}
		}
	}
}
