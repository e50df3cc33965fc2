package ops_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/ops"
)

func fine(context.Context) error { return nil }

func broken(context.Context) error { return errors.New("connection refused") }

func contains(w *httptest.ResponseRecorder, text string) bool {
	return strings.Contains(w.Body.String(), text)
}

func expect(t *testing.T, p *ops.Probes, path string, status int, says string) {
	t.Helper()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))

	if w.Code != status || !strings.Contains(w.Body.String(), says) {
		t.Errorf("%s answers %d %s, want %d with %q", path, w.Code, w.Body, status, says)
	}
}

func TestStartingProcessLivesAndIsNotReady(t *testing.T) {
	t.Parallel()
	p := &ops.Probes{}

	expect(t, p, "/livez", http.StatusOK, "alive")
	expect(t, p, "/readyz", http.StatusServiceUnavailable, "starting")
	expect(t, p, "/srv/v1/ping", http.StatusServiceUnavailable, "starting")
}

func TestReadinessNamesEveryCheck(t *testing.T) {
	t.Parallel()
	p := &ops.Probes{}
	p.Ready(func() error { return nil }, fine,
		ops.Check{Name: "database", Ask: fine, Needed: true},
		ops.Check{Name: "broker example", Ask: broken})

	expect(t, p, "/readyz", http.StatusOK, `"database":"ok"`)
	expect(t, p, "/readyz", http.StatusOK, `"broker example":"connection refused"`)
}

func TestNeededCheckDecidesReadinessButNotLife(t *testing.T) {
	t.Parallel()
	p := &ops.Probes{}
	p.Ready(func() error { return nil }, broken, ops.Check{Name: "database", Ask: broken, Needed: true})

	expect(t, p, "/readyz", http.StatusServiceUnavailable, "unready")
	expect(t, p, "/srv/v1/ping", http.StatusServiceUnavailable, "does not answer")
	expect(t, p, "/livez", http.StatusOK, "alive")
}

func TestDrainingProcessIsUnreadyAndLives(t *testing.T) {
	t.Parallel()
	p := &ops.Probes{}
	p.Ready(func() error { return nil }, fine)
	p.Drain()

	expect(t, p, "/readyz", http.StatusServiceUnavailable, "draining")
	expect(t, p, "/srv/v1/ping", http.StatusOK, "pong")
	expect(t, p, "/livez", http.StatusOK, "alive")
}

func TestStuckProcessDoesNotLive(t *testing.T) {
	t.Parallel()
	p := &ops.Probes{}
	p.Ready(func() error { return errors.New("handler of message 7 is stuck") }, fine)

	expect(t, p, "/livez", http.StatusServiceUnavailable, "stuck")
}

func TestProbesShareAnAnswerForHalfASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		count := func(context.Context) error { asked.Add(1); return nil }
		p := &ops.Probes{}
		p.Ready(func() error { return nil }, count, ops.Check{Name: "database", Ask: count, Needed: true})

		for want := int64(2); want <= 6; want += 2 {
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() { expect(t, p, "/readyz", http.StatusOK, `"database":"ok"`) })
				wg.Go(func() { expect(t, p, "/srv/v1/ping", http.StatusOK, "pong") })
			}
			wg.Wait()
			if n := asked.Load(); n != want {
				t.Errorf("the database was asked %d times, want %d", n, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

func TestStopShowsWhileAnAnswerIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &ops.Probes{}
		p.Ready(func() error { return nil }, fine, ops.Check{Name: "database", Ask: fine, Needed: true})
		expect(t, p, "/readyz", http.StatusOK, "ready")
		p.Drain()
		expect(t, p, "/readyz", http.StatusServiceUnavailable, `"draining","checks":{"database":"ok"}`)
	})
}

func TestProberWhoLeavesSpoilsNoAnswer(t *testing.T) {
	t.Parallel()
	left, leave := context.WithCancel(t.Context())
	leave()
	p := &ops.Probes{}
	p.Ready(func() error { return nil }, context.Context.Err, ops.Check{Name: "database", Ask: context.Context.Err, Needed: true})

	for _, path := range []string{"/readyz", "/srv/v1/ping"} {
		p.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(left, http.MethodGet, path, nil))
		expect(t, p, path, http.StatusOK, "")
	}
}
