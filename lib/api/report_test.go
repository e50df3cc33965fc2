package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

func TestPanicIsReportedWithItsStackAndRequest(t *testing.T) {
	t.Parallel()
	ingest := testenv.NewIngest(t)
	reports, err := telemetry.NewReporter(telemetry.ReportOptions{DSN: ingest.DSN, Mode: "run"})
	if err != nil {
		t.Fatal(err)
	}
	o := options(new(logs))
	o.Logger, _ = telemetry.NewLogger(telemetry.LogOptions{To: io.Discard, Level: slog.LevelInfo, Reports: reports})
	root := api.New(o)
	api.Get(root, "/fall", "fall", "Fall", func(context.Context, *struct{}) (api.NoContent, error) {
		panic("out of range")
	}, api.Public())

	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/fall", http.NoBody)
	r.Header.Set("X-Request-ID", "one")
	r.Header.Set("Authorization", "Bearer s3cret")
	root.Handler().ServeHTTP(httptest.NewRecorder(), r)
	reports.Close()

	all := ingest.Reports()
	if len(all) != 1 || all[0].Tags["request_id"] != "one" || all[0].Tags["route"] != "/api/v1/fall" {
		t.Fatalf("the reports are %+v", all)
	}
	failed := all[0].Exception[0]
	if frames := failed.Stacktrace.Frames; failed.Value != "panic: out of range" || len(frames) == 0 {
		t.Errorf("it is %s", all[0].Raw)
	}
}
