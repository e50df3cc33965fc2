package ops_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"example.com/app/lib/ops"
)

const (
	here      = "127.0.0.1:4711"
	elsewhere = "192.0.2.7:4711"
	token     = "a token of this test"
)

// guarded is a port that has everything.
func guarded(token string) http.Handler {
	more := http.NewServeMux()
	more.HandleFunc("/desk/", func(http.ResponseWriter, *http.Request) {})
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector())
	return ops.Handler(ops.Options{Probes: &ops.Probes{}, Metrics: metrics, Token: token, More: more})
}

func ask(h http.Handler, path, peer, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = "localhost:8093", peer
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTokenGuardsEverythingButProbes(t *testing.T) {
	t.Parallel()
	h := guarded(token)

	for _, path := range ops.Paths() {
		if w := ask(h, path, elsewhere, ""); w.Code == http.StatusUnauthorized {
			t.Errorf("%s asks for the token", path)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/desk/x"} {
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer another", "Basic " + token, "Bearer  " + token} {
			w := ask(h, path, here, authorization)
			if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != `Bearer realm="ops"` {
				t.Errorf("%s with %q answers %d", path, authorization, w.Code)
			}
		}
		for _, authorization := range []string{"Bearer " + token, "bearer " + token} {
			if w := ask(h, path, elsewhere, authorization); w.Code != http.StatusOK {
				t.Errorf("%s with the token answers %d %s", path, w.Code, w.Body)
			}
		}
	}
}

func TestWithoutTokenOnlyThisHostGetsMoreThanProbesAndMetrics(t *testing.T) {
	t.Parallel()
	h := guarded("")

	if w := ask(h, "/metrics", elsewhere, ""); w.Code != http.StatusOK {
		t.Errorf("/metrics answers %d", w.Code)
	}
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/symbol", "/desk/x"} {
		for _, peer := range []string{here, "[::1]:4711", "[::ffff:127.0.0.1]:4711"} {
			if w := ask(h, path, peer, ""); w.Code != http.StatusOK {
				t.Errorf("%s answers %d to %s", path, w.Code, peer)
			}
		}
		for _, peer := range []string{elsewhere, "[2001:db8::1]:4711", "@"} {
			if w := ask(h, path, peer, ""); w.Code != http.StatusForbidden || !contains(w, "OPS_TOKEN") {
				t.Errorf("%s answers %d %s to %s", path, w.Code, w.Body, peer)
			}
		}
	}
}

// A page may let its own name resolve to 127.0.0.1 and then read what it likes, as far as the browser knows.
func TestPageInABrowserHereIsNotThisHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{
		"localhost:8093": 200, "localhost": 200, "127.0.0.1:8093": 200, "[::1]:8093": 200, "[::1]": 200,
		"evil.example:8093": 403, "localhost.evil.example": 403, "192.0.2.7:8093": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil)
		r.Host, r.RemoteAddr = host, here
		w := httptest.NewRecorder()
		guarded("").ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("to %q it answers %d, want %d", host, w.Code, want)
		}
	}
}

func TestMetricsAreThereUnlessSwitchedOff(t *testing.T) {
	t.Parallel()
	if w := ask(guarded(""), "/metrics", here, ""); w.Code != http.StatusOK || !contains(w, "go_goroutines") {
		t.Errorf("/metrics answers %d %s", w.Code, w.Body)
	}
	if w := ask(ops.Handler(ops.Options{Probes: &ops.Probes{}}), "/metrics", here, ""); w.Code != http.StatusNotFound {
		t.Errorf("/metrics answers %d though it is off", w.Code)
	}
}

func TestProfileMayTakeLongerThanARequest(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(guarded(""))
	s.Config.ReadTimeout, s.Config.WriteTimeout = 2*time.Second, 2*time.Second
	s.Start()
	t.Cleanup(s.Close)

	began := time.Now()
	res, err := http.Get(s.URL + "/debug/pprof/profile?seconds=3")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || time.Since(began) < 3*time.Second {
		t.Errorf("it answers %s after %s, %v", res.Status, time.Since(began), err)
	}
}
