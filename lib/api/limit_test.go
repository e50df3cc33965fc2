package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
)

const notePath = "/api/v1/notes/5"

// from sends a request that comes from an address.
func from(t *testing.T, h http.Handler, address, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	r.RemoteAddr = address
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func perMinute(n int) api.Policy {
	return api.Policy{RateLimit: api.Rate{Requests: n, Per: time.Minute}}
}

func TestClientThatAsksTooOftenIsToldHowLongToWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sample(t)
		s.root.SetPolicy(perMinute(3))
		ask := func(address string) *httptest.ResponseRecorder {
			return from(t, s.handler, address, "GET", notePath)
		}

		for range 3 {
			if w := ask("192.0.2.1:1"); w.Code != http.StatusOK {
				t.Fatalf("a client that was silent is answered %d", w.Code)
			}
		}
		w := ask("192.0.2.1:2")
		if p := problem(t, w); p.Status != 429 || p.Type != "/problems#too_many_requests" || w.Header().Get("Retry-After") != "20" {
			t.Errorf("%+v %v", p, w.Header())
		}
		if w := ask("192.0.2.2:1"); w.Code != http.StatusOK {
			t.Errorf("another client is answered %d", w.Code)
		}

		time.Sleep(19500 * time.Millisecond)
		if w := ask("192.0.2.1:1"); w.Code != 429 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("a moment too early: %d %v", w.Code, w.Header())
		}
		time.Sleep(500 * time.Millisecond)
		if first, second := ask("192.0.2.1:1"), ask("192.0.2.1:1"); first.Code != http.StatusOK || second.Code != 429 {
			t.Errorf("after the wait: %d, then %d", first.Code, second.Code)
		}
	})
}

func TestRateCountsWhatIsAskedOfTheAPI(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.root.SetPolicy(perMinute(1))
	h := s.root.Handler()
	for _, request := range []string{"GET /nothing", "PUT " + notePath, "POST /livez", "GET /nothing"} {
		method, path, _ := strings.Cut(request, " ")
		from(t, h, "192.0.2.1:1", method, path)
	}
	for request, want := range map[string]int{
		"GET " + notePath: 429, "GET /nothing": 429, "PUT " + notePath: 429,
		"OPTIONS " + notePath: 204, "GET /livez": 200, "HEAD /livez": 200, "GET /openapi.json": 200, "GET /problems": 200,
	} {
		method, path, _ := strings.Cut(request, " ")
		for range 3 {
			if w := from(t, h, "192.0.2.1:1", method, path); w.Code != want {
				t.Errorf("%s: %d", request, w.Code)
			}
		}
	}
}

func TestClientIsItsAddressOrItsNetworkOfIPv6(t *testing.T) {
	t.Parallel()
	for pair, same := range map[[2]string]bool{
		{"192.0.2.1:1", "192.0.2.1:2"}:                  true,
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1"}:         true,
		{"192.0.2.1:1", "192.0.2.2:1"}:                  false,
		{"[2001:db8::1]:1", "[2001:db8::ffff:0:0:1]:1"}: true,
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1"}:      false,
		{"[fe80::1%eth0]:1", "[fe80::1%eth1]:1"}:        true,
		{"@", "a socket that is a file"}:                true,
	} {
		o := options(new(logs))
		o.Policy = perMinute(1)
		h := api.New(o).Handler()
		from(t, h, pair[0], "GET", "/nothing")
		if w := from(t, h, pair[1], "GET", "/nothing"); (w.Code == 429) != same {
			t.Errorf("%q are one client: %t", pair, !same)
		}
	}
}

func TestUserIsLimitedWhereverTheRequestsComeFrom(t *testing.T) {
	t.Parallel()
	l := new(logs)
	o := options(l)
	o.Policy = perMinute(2)
	o.Authenticate = func(_ context.Context, token string) (auth.Identity, error) {
		user, err := strconv.ParseInt(token, 10, 64)
		return auth.Identity{User: user, Role: auth.Reader}, err
	}
	root := api.New(o)
	api.Get(root, "/ping", "ping", "Answer", get[struct{}], api.Role(auth.Reader))
	ask := func(host int, user string) int {
		return from(t, root.Handler(), fmt.Sprintf("192.0.2.%d:1", host), "GET", "/api/v1/ping", "Authorization", "Bearer "+user).Code
	}

	if got := [...]int{ask(1, "7"), ask(2, "7"), ask(3, "7"), ask(4, "8")}; got != [...]int{204, 204, 429, 204} {
		t.Errorf("answered %v", got)
	}
	if lines := l.records(t, "request"); len(lines) != 4 || lines[0]["user"] != 7.0 || lines[2]["user"] != 7.0 || lines[3]["client"] != "192.0.2.4" {
		t.Errorf("%v", lines)
	}
}

func TestSamePolicyAgainGivesNothingBack(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.root.SetPolicy(perMinute(1))
	ask := func() int { return from(t, s.handler, "192.0.2.1:1", "GET", notePath).Code }
	ask()
	for _, step := range []struct {
		policy api.Policy
		want   int
	}{{perMinute(1), 429}, {perMinute(2), 200}, {api.Policy{}, 200}, {api.Policy{}, 200}, {perMinute(1), 200}} {
		s.root.SetPolicy(step.policy)
		if got := ask(); got != step.want {
			t.Errorf("after %+v: %d", step.policy, got)
		}
	}
}

func TestRequestSeesOneWholePolicy(t *testing.T) {
	t.Parallel()
	s := sample(t)
	open, closed := api.Policy{CORSOrigins: []string{"https://a.example"}}, perMinute(1)
	s.root.SetPolicy(closed)
	from(t, s.handler, "192.0.2.1:1", "GET", notePath)

	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 100 {
				w := from(t, s.root.Handler(), "192.0.2.1:1", "GET", notePath, "Origin", "https://a.example")
				allowed := w.Header().Get("Access-Control-Allow-Origin") != ""
				if allowed && w.Code == http.StatusTooManyRequests {
					t.Errorf("the origin is allowed by one policy, and the answer is %d by the other", w.Code)
				}
			}
		})
	}
	for i := range 200 {
		s.root.SetPolicy([]api.Policy{open, closed}[i%2])
	}
	asking.Wait()
}
