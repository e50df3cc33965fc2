package cron_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/cron"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

// TestFailedJobIsReportedTracedAndCounted has a job that panics at each of its three tries.
func TestFailedJobIsReportedTracedAndCounted(t *testing.T) {
	t.Parallel()

	b := newBench(t)
	ingest, collector, metrics := testenv.NewIngest(t), testenv.NewCollector(t), prometheus.NewRegistry()
	reports, err := telemetry.NewReporter(telemetry.ReportOptions{DSN: ingest.DSN, Mode: "schedule"})
	if err != nil {
		t.Fatal(err)
	}
	log, _ := telemetry.NewLogger(telemetry.LogOptions{To: io.Discard, Level: slog.LevelInfo, Reports: reports})
	tracer, flush, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: collector.URL, Service: "app", Mode: "schedule", Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}

	var correlation string
	s, err := cron.New(cron.Options{
		DB: b.db, Host: "a", Lease: 300 * time.Millisecond, Log: log, Metrics: metrics, Tracer: tracer,
		Jobs: []cron.Job{{Name: "fall", Task: cron.Chunks(
			func(context.Context) (int, error) { return 0, nil },
			func(ctx context.Context, _ int) (int, bool, error) {
				correlation = telemetry.TraceOf(ctx).CorrelationID
				panic("out of range")
			},
		)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow(t.Context(), "fall"); err == nil {
		t.Error("the job is done")
	}
	reports.Close()
	if err := flush(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}

	all := ingest.Reports()
	if len(all) != 1 || all[0].Message != "job failed" || all[0].Tags["job"] != "fall" || all[0].Tags["run"] == "" || len(all[0].Exception[0].Stacktrace.Frames) == 0 {
		t.Fatalf("the reports are %+v", all)
	}
	if correlation != "fall/"+all[0].Tags["run"] || all[0].Tags["correlation_id"] != correlation {
		t.Errorf("the run is correlated by %s and the report by %s", correlation, all[0].Tags["correlation_id"])
	}

	runs := 0
	for _, span := range collector.Spans() {
		if span.Parent == "" {
			runs++
		}
		if span.Parent == "" && (span.Name != "job fall" || !span.Failed) {
			t.Errorf("there is %+v", span)
		}
	}
	if runs != 3 {
		t.Errorf("%d spans of 3 tries", runs)
	}
	for outcome, want := range map[string]float64{"retried": 2, "failed": 1} {
		if n := counted(t, metrics, outcome); n != want {
			t.Errorf("%g %s, want %g", n, outcome, want)
		}
	}
}

func TestRunBeginsATraceWhereNobodyTraces(t *testing.T) {
	t.Parallel()

	b, out := newBench(t), new(bytes.Buffer)
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: out, Level: slog.LevelInfo})
	var trace telemetry.Trace
	s, err := cron.New(cron.Options{
		DB: b.db, Host: "a", Log: log, Metrics: prometheus.NewRegistry(),
		Jobs: []cron.Job{{Name: "walk", Task: cron.Chunks(
			func(context.Context) (int, error) { return 0, nil },
			func(ctx context.Context, _ int) (int, bool, error) {
				trace = telemetry.TraceOf(ctx)
				return 0, false, nil
			},
		)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow(t.Context(), "walk"); err != nil {
		t.Fatal(err)
	}
	closeLog()

	if !telemetry.ValidTraceparent(trace.Traceparent) {
		t.Errorf("its work is done in %+v", trace)
	}
	ids := `"trace_id":"` + trace.ID() + `","span_id":"` + trace.SpanID() + `"`
	if said := out.String(); strings.Count(said, ids) != 2 {
		t.Errorf("started and done are not both of trace %s: %s", trace.ID(), said)
	}
}

func counted(t *testing.T, r *prometheus.Registry, outcome string) float64 {
	t.Helper()

	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "app_job_runs_total" && strings.Contains(m.String(), `"`+outcome+`"`) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
