package cmd_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/testenv"
)

const (
	clientTrace = "0af7651916cd43dd8448eb211c80319c"
	clientSpan  = "b7ad6b7169203331"
)

// create posts a student as a client does that has a trace of its own, and answers the request's id.
func create(t *testing.T, s settings, name string) (requestID string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL("API_PORT", "/api/v1/students"), strings.NewReader(`{"name": "`+name+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST answers %d %s", resp.StatusCode, body)
	}
	return resp.Header.Get("X-Request-ID")
}

func TestOneTraceLeadsFromTheClientToTheConsumersSQL(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	s := servers(t).With(settings{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
	run, consume := start(t, t.TempDir(), s, "run"), start(t, t.TempDir(), s, "consume")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	request := create(t, s, "Ada")
	consume.Says(`"msg":"ready"`)

	child := func(of testenv.Span, process, name, sql string) testenv.Span {
		t.Helper()
		return collector.Span(t, name+" "+sql+" below "+of.Name, func(s testenv.Span) bool {
			return s.Process == process && s.Name == name && s.Trace == clientTrace && s.Parent == of.ID &&
				strings.Contains(s.Attributes["db.query.text"], sql)
		})
	}
	client := testenv.Span{Name: "the client's", ID: clientSpan}
	served := child(client, "app run", "POST /api/v1/students", "")
	child(served, "app run", "WITH", "INSERT INTO student")
	sent := child(served, "app consume", "send example", "")
	processed := child(sent, "app consume", "process example.audit", "")
	child(processed, "app consume", "INSERT", "INSERT INTO student_event")

	if sent.Attributes["messaging.message.conversation_id"] != request || processed.Attributes["messaging.message.conversation_id"] != request {
		t.Errorf("the request is %s, and the spans of its message are %+v and %+v", request, sent, processed)
	}
	run.Stop()
	consume.Stop()
	for _, span := range collector.Spans() {
		if span.Parent == "" {
			t.Errorf("nobody asked for the trace of %+v", span)
		}
		if strings.Contains(span.Attributes["db.query.text"], "Ada") {
			t.Errorf("a span shows what it was asked with: %+v", span)
		}
	}
}

func TestServiceWorksWhileItsCollectorAndSentryAreAway(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "SENTRY_DSN": "http://key@127.0.0.1:1/1"})
	run := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	create(t, s, "Ada")
	run.Says("traces do not reach their collector")
	create(t, s, "Eve")
	run.Stop()
	if n := strings.Count(run.Said(), "traces do not reach their collector"); n != 1 {
		t.Errorf("the log tells of the collector %d times:\n%s", n, run.Said())
	}
}

func TestFailedRequestAndDeadMessageAreReported(t *testing.T) {
	t.Parallel()
	ingest := testenv.NewIngest(t)
	s := servers(t).With(settings{"SENTRY_DSN": ingest.DSN})
	run, consume := start(t, t.TempDir(), s, "run"), start(t, t.TempDir(), s, "consume")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	testenv.Ready(t, s.URL("AMQ_PORT", "/readyz"))

	execute(t, s["DATABASE_URL"], "ALTER TABLE student RENAME TO away")
	if status, answer := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/api/v1/students/1"), ""); status != http.StatusInternalServerError {
		t.Fatalf("GET answers %d %s", status, answer)
	}
	publish(t, s["AMQP_URL"], "example", "example.main", `{"name": "", "secret": "s3cret"}`)

	tagged := func(name, value string) func(testenv.Report) bool {
		return func(r testenv.Report) bool { return r.Tags[name] == value }
	}
	failed := ingest.Report(t, "the request", tagged("route", "/api/v1/students/{id}"))
	if failed.Message != "request failed" || failed.Tags["mode"] != "run" || len(failed.Tags["request_id"]) != 32 || len(failed.Tags["trace_id"]) != 32 {
		t.Errorf("it is %s", failed.Raw)
	}
	dead := ingest.Report(t, "the message", tagged("queue", "example.main"))
	if dead.Tags["mode"] != "consume" || dead.Tags["reason"] != "malformed" || dead.Tags["message_id"] == "" || strings.Contains(dead.Raw, "s3cret") {
		t.Errorf("it is %s", dead.Raw)
	}
	run.Stop()
	consume.Stop()
}

func TestLogIsWholeWhenTheProcessEnds(t *testing.T) {
	t.Parallel()
	ingest := testenv.NewIngest(t)
	s := servers(t).With(settings{"SENTRY_DSN": ingest.DSN})
	p := start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))
	p.Stop()
	if !strings.Contains(p.Said(), `"msg":"stopped"`) {
		t.Errorf("the log ends before the process: %s", p.Said())
	}

	said, status := run(t, t.TempDir(), s.With(settings{"SENTRY_DSN": "http://host"}), "run")
	if status != 1 || !strings.Contains(said, "check SENTRY_DSN") {
		t.Errorf("a wrong DSN ends with %d and says %s", status, said)
	}
}

func TestEveryModeTellsOfItsHealth(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"SCHEDULE_RENAME_STUDENTS": "@every 1s"})
	p := start(t, t.TempDir(), s, "schedule")
	testenv.Ready(t, s.URL("SCHEDULE_PORT", "/readyz"))

	for _, line := range []string{
		"\napp_job_last_success_timestamp_seconds{job=\"rename_students\"} ",
		"\napp_job_runs_total{job=\"rename_students\",outcome=\"done\"} ",
		"\napp_job_seconds_count{job=\"rename_students\"} ",
		"\napp_sched_latency_seconds{quantile=\"0.99\"} ",
		"\napp_db_pool_connections{pool=\"primary\",state=\"idle\"} ",
		"\napp_db_pool_connections_max{pool=\"primary\"} 10\n",
		"\napp_db_pool_waits_total{pool=\"primary\"} ",
		"\ngo_gc_pauses_seconds_count ",
		"\ngo_sched_goroutines_goroutines ",
	} {
		testenv.Eventually(t, "/metrics has "+line, func() bool {
			_, answer := testenv.Request(t, http.MethodGet, s.URL("SCHEDULE_PORT", "/metrics"), "")
			return strings.Contains(answer, line)
		})
	}
	p.Stop()
}
