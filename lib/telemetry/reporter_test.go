package telemetry_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

// reporter is one with a log that uses it.
func reporter(t *testing.T, dsn string, to io.Writer) (*slog.Logger, *telemetry.Reporter) {
	t.Helper()
	r, err := telemetry.NewReporter(telemetry.ReportOptions{DSN: dsn, Version: "v1", Environment: "here", Mode: "run"})
	if err != nil {
		t.Fatal(err)
	}
	log, _ := telemetry.NewLogger(telemetry.LogOptions{To: to, Level: slog.LevelInfo, Reports: r})
	return log, r
}

func TestErrorIsReportedWithWhatItHappenedToAndNothingElse(t *testing.T) {
	t.Parallel()
	ingest := testenv.NewIngest(t)
	var out bytes.Buffer
	log, reports := reporter(t, ingest.DSN, &out)

	ctx := telemetry.WithRequest(t.Context(), log.With("queue", "q", "password", "s3cret"), traced())
	telemetry.Logger(ctx).Warn("a warning")
	telemetry.Logger(ctx).Error("request failed", "route", "/x/{id}", "error", errors.New("find it"), "body", "s3cret")
	reports.Close()

	all := ingest.Reports()
	if len(all) != 1 {
		t.Fatalf("there are %d reports: %+v", len(all), all)
	}
	got := all[0]
	if got.Message != "request failed" || got.Level != "error" || got.Environment != "here" || got.Release != "v1" || got.Exception[0].Value != "find it" {
		t.Errorf("it is %s", got.Raw)
	}
	for tag, want := range map[string]string{
		"request_id": "7", "trace_id": traceID, "span_id": spanID, "queue": "q", "route": "/x/{id}", "mode": "run",
	} {
		if got.Tags[tag] != want {
			t.Errorf("its tag %s is %q, want %q", tag, got.Tags[tag], want)
		}
	}
	if strings.Contains(got.Raw, "s3cret") || !strings.Contains(out.String(), "request failed") {
		t.Errorf("the report tells too much or the log too little: %s, %s", got.Raw, out.String())
	}
}

func TestPanicIsReportedWithItsStack(t *testing.T) {
	t.Parallel()
	ingest := testenv.NewIngest(t)
	log, reports := reporter(t, ingest.DSN, io.Discard)

	func() {
		defer func() {
			log.Error("request failed", "error", recover(), "stack", string(debug.Stack()))
		}()
		fall()
	}()
	reports.Close()

	all := ingest.Reports()
	if len(all) != 1 || len(all[0].Exception) != 1 {
		t.Fatalf("the reports are %+v", all)
	}
	frames := all[0].Exception[0].Stacktrace.Frames
	if n := len(frames); n < 2 || frames[n-1].Function != "fall" || !strings.HasSuffix(frames[n-1].File, "reporter_test.go") {
		t.Errorf("the stack is %+v", frames)
	}
}

func fall() { panic("out of range") }

func TestSentryThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	log, _ := reporter(t, strings.Replace(server.URL, "://", "://key@", 1)+"/1", io.Discard)

	logged := make(chan struct{})
	go func() {
		defer close(logged)
		for range 3000 { // more than any queue takes
			log.Error("request failed", "error", io.EOF)
		}
	}()
	select {
	case <-logged:
	case <-time.After(testenv.Patience):
		t.Fatal("an error waits for Sentry")
	}
}

func TestWrongDSNIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	r, err := telemetry.NewReporter(telemetry.ReportOptions{DSN: "https://key@host"})
	if err == nil || r != nil || strings.Contains(err.Error(), "key@") {
		t.Errorf("answered %v", err)
	}
}

func TestNobodyIsToldWithoutADSN(t *testing.T) {
	t.Parallel()
	r, err := telemetry.NewReporter(telemetry.ReportOptions{})
	if r != nil || err != nil {
		t.Errorf("answered %v, %v", r, err)
	}
	r.Close()
}
