package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/testenv"
)

func TestPortsForProbesHaveMetricsAndProfiles(t *testing.T) {
	t.Parallel()
	s := servers(t)
	run, consume := start(t, t.TempDir(), s, "run"), start(t, t.TempDir(), s.With(settings{"METRICS": "off"}), "consume")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	for text, path := range map[string]string{
		"\napp_outbox_lag_seconds 0\n": "/metrics", "\napp_build_info{commit=": "/metrics", "\napp_cpu_pool_refused_total 0\n": "/metrics",
		"goroutine": "/debug/pprof/",
	} {
		if status, answer := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", path), ""); status != http.StatusOK || !strings.Contains(answer, text) {
			t.Errorf("%s answers %d %s, without %q", path, status, answer, text)
		}
	}
	if status, _ := testenv.Request(t, http.MethodGet, s.URL("AMQ_PORT", "/metrics"), ""); status != http.StatusNotFound {
		t.Errorf("/metrics answers %d though METRICS is off", status)
	}
	if status, _ := testenv.Request(t, http.MethodGet, s.URL("OPS_PORT", "/desk/queues"), ""); status != http.StatusNotFound {
		t.Errorf("/desk/ answers %d though the messages are in RabbitMQ", status)
	}
	run.Stop()
	consume.Stop()
}
