package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/ibge/ibgetest"
	"example.com/app/lib/testenv"
)

// replicas are two that serve the same, of a Redis and an institute.
func replicas(t *testing.T, more settings) (*testenv.Redis, *ibgetest.Institute, [2]settings) {
	t.Helper()
	redis, institute := testenv.NewRedis(t), ibgetest.NewSmall(t)
	first := servers(t).With(settings{"REDIS_URL": redis.URL(), "IBGE_URL": institute.URL}).With(more)
	both := [2]settings{first, first.With(freePorts(t))}
	for _, s := range both {
		start(t, t.TempDir(), s, "run")
		testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	}
	return redis, institute, both
}

func TestReplicasFetchTheStatesOnceAndGoOnWithoutRedis(t *testing.T) {
	t.Parallel()
	redis, institute, both := replicas(t, nil)
	var answers []string
	for _, s := range both {
		status, body := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/states"), "")
		if answers = append(answers, body); status != http.StatusOK {
			t.Errorf("answered %d %s", status, body)
		}
	}
	if n := institute.Calls("estados"); n != 1 || answers[0] != answers[1] {
		t.Errorf("%d refreshes; the same for both: %t", n, answers[0] == answers[1])
	}

	redis.Kill()
	testenv.Eventually(t, "/readyz is ready and names the cache", func() bool {
		status, ready := testenv.Request(t, http.MethodGet, both[0].URL("OPS_PORT", "/readyz"), "")
		return status == http.StatusOK && strings.Contains(ready, `"cache":"redis does not answer"`)
	})
	if status, _ := testenv.Request(t, http.MethodGet, both[0].URL("API_PORT", "/api/v1/states"), ""); status != http.StatusOK {
		t.Errorf("without Redis: %d", status)
	}
	third := both[0].With(freePorts(t))
	start(t, t.TempDir(), third, "run")
	testenv.Ready(t, third.URL("OPS_PORT", "/readyz"))
	if status, body := testenv.Request(t, http.MethodGet, third.URL("API_PORT", "/api/v1/states"), ""); status != http.StatusOK || body == "" {
		t.Errorf("without Redis from the start: %d", status)
	}
}
