package cmd_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/app/lib/testenv"
)

// crowd asks two replicas in turns, as many clients behind a proxy.
type crowd struct {
	*testing.T
	both    [2]settings
	clients atomic.Int64

	mu  sync.Mutex
	got map[string]int // answers, as "states 200"
}

// client is an address that nobody has had.
func (c *crowd) client() string {
	n := c.clients.Add(1)
	return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
}

// ask answers a status of 0 when the test is over.
func (c *crowd) ask(ctx context.Context, turn int, client, method, path, body string) (status int, text string) {
	r, err := http.NewRequestWithContext(ctx, method, c.both[turn%2].URL("API_PORT", path), strings.NewReader(body))
	if err != nil {
		c.Error(err)
		return 0, ""
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", client)
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		defer answer.Body.Close()
		var all []byte
		if all, err = io.ReadAll(answer.Body); err == nil {
			return answer.StatusCode, string(all)
		}
	}
	if ctx.Err() == nil {
		c.Errorf("%s %s is not answered: %v", method, path, err)
	}
	return 0, ""
}

func (c *crowd) logIn(ctx context.Context, turn int, client, email string) (status int, text string) {
	return c.ask(ctx, turn, client, http.MethodPost, "/api/v1/sessions", `{"email": "`+email+`", "password": "`+password+`"}`)
}

// each asks until ctx ends, and expects nothing but what is right.
func (c *crowd) each(ctx context.Context, what string, ask func(turn int) (status int, text string), right func(status int, text string) bool) {
	for turn := 0; ctx.Err() == nil; turn++ {
		status, text := ask(turn)
		if status == 0 {
			continue
		}
		if !right(status, text) {
			c.Errorf("%s: answered %d %.300s", what, status, text)
		}
		c.mu.Lock()
		c.got[fmt.Sprint(what, " ", status)]++
		c.mu.Unlock()
		time.Sleep(20 * time.Millisecond) // leave most of the processor to the others
	}
}

// press sends everybody, and ends them with the test.
func (c *crowd) press() {
	ctx, stop := context.WithCancel(c.Context())
	var all sync.WaitGroup
	c.Cleanup(func() {
		stop()
		all.Wait()
	})

	one := func(statuses ...int) func(int, string) bool {
		return func(status int, _ string) bool { return slices.Contains(statuses, status) }
	}
	_, states := c.ask(ctx, 0, c.client(), http.MethodGet, "/api/v1/states", "")
	for range 2 {
		all.Go(func() {
			c.each(ctx, "states", func(turn int) (int, string) {
				return c.ask(ctx, turn, c.client(), http.MethodGet, "/api/v1/states", "")
			}, func(status int, text string) bool { return status == http.StatusOK && text == states })
		})
	}
	greedy := c.client()
	all.Go(func() {
		c.each(ctx, "students", func(turn int) (int, string) {
			return c.ask(ctx, turn, greedy, http.MethodGet, "/api/v1/students", "")
		}, one(http.StatusOK, http.StatusTooManyRequests))
	})
	all.Go(func() {
		c.each(ctx, "log-in", func(turn int) (int, string) {
			return c.logIn(ctx, turn, c.client(), "ada@example.com")
		}, one(http.StatusCreated))
	})
	var guesser string
	all.Go(func() {
		c.each(ctx, "guess", func(turn int) (int, string) {
			if turn%100 == 0 {
				guesser = c.client()
			}
			return c.logIn(ctx, turn, guesser, "nobody@example.com")
		}, one(http.StatusUnauthorized, http.StatusTooManyRequests))
	})
}

// works waits until both replicas say whether they use Redis.
func (c *crowd) works(value string) {
	for _, s := range c.both {
		testenv.Eventually(c, "app_cache_works is "+value, func() bool {
			_, metrics := testenv.Request(c, http.MethodGet, s.URL("OPS_PORT", "/metrics"), "")
			return strings.Contains(metrics, "\napp_cache_works "+value+"\n")
		})
	}
}

// through is how many of so many requests of a new client are not too many.
func (c *crowd) through(of int, ask func(turn int, client string) (status int, text string)) (n int) {
	client := c.client()
	for turn := range of {
		if status, _ := ask(turn, client); status != http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// list asks what RATE_LIMIT counts.
func (c *crowd) list(turn int, client string) (status int, text string) {
	return c.ask(c.Context(), turn, client, http.MethodGet, "/api/v1/students", "")
}

// shared expects two replicas to let through what one would: soon, since a command that took too long is counted elsewhere.
func (c *crowd) shared() {
	testenv.Eventually(c, "requests are counted together", func() bool { return c.through(30, c.list) == 20 })
	testenv.Eventually(c, "log-ins that failed are counted together", func() bool {
		return c.through(6, func(turn int, client string) (int, string) {
			return c.logIn(c.Context(), turn, client, client+"@example.com")
		}) == 5
	})
}

// alone expects each replica to go by its own count.
func (c *crowd) alone() {
	if n := c.through(60, c.list); n != 40 {
		c.Errorf("two replicas without Redis let %d of 60 requests through", n)
	}
}

func TestReplicasShareTheirLimitsAndNobodySeesRedisDie(t *testing.T) {
	t.Parallel()
	redis, _, both := replicas(t, settings{
		"RATE_LIMIT": "20/h", "TRUSTED_PROXIES": "127.0.0.0/8", "STATES_TTL": "1s", "ACCESS_LOG": "off", "LOG_LEVEL": "info",
	})
	if said, status := typed(t, password, both[0], "user", "create", "ada@example.com", "--role", "reader"); status != 0 {
		t.Fatalf("app user create ended with %d and said %s", status, said)
	}
	c := &crowd{T: t, both: both, got: map[string]int{}}
	c.press()
	c.shared()
	for range 2 {
		redis.Kill()
		c.works("0")
		c.alone()
		redis.Start()
		c.works("1")
		redis.Pause()
		c.works("0")
		redis.Continue()
		c.works("1")
	}
	c.shared()

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range []string{"states 200", "students 200", "students 429", "log-in 201", "guess 401", "guess 429"} {
		if c.got[what] == 0 {
			t.Errorf("nobody was answered %s: %v", what, c.got)
		}
	}
}
