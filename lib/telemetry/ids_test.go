package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"example.com/app/lib/telemetry"
)

const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

func traced() telemetry.Trace {
	return telemetry.Trace{CorrelationID: "7", Traceparent: "00-" + traceID + "-" + spanID + "-01"}
}

func TestRecordsCarryTheIDsOfTheirReasonOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	request := telemetry.WithRequest(t.Context(), log, traced())
	message := telemetry.With(t.Context(), log, traced())

	for name, c := range map[string]struct {
		key string
		log *slog.Logger
	}{
		"request":        {"request_id", telemetry.Logger(request)},
		"message":        {"correlation_id", telemetry.Logger(message)},
		"no context":     {"correlation_id", telemetry.Traced(log, traced())},
		"with more":      {"request_id", telemetry.Logger(request).With("more", 1)},
		"in a group":     {"request_id", telemetry.Logger(request).WithGroup("g")},
		"put back":       {"request_id", telemetry.Logger(telemetry.WithLogger(request, telemetry.Logger(request).With("more", 1)))},
		"traced twice":   {"correlation_id", telemetry.Traced(telemetry.Logger(message), traced())},
		"another trace":  {"request_id", telemetry.Logger(telemetry.WithTrace(request, traced()))},
		"below a cancel": {"request_id", telemetry.Logger(context.WithoutCancel(request))},
	} {
		out.Reset()
		c.log.Info("said", "x", 1)
		said := out.String()
		for key, want := range map[string]string{c.key: "7", "trace_id": traceID, "span_id": spanID} {
			var record map[string]any
			if err := json.Unmarshal([]byte(said), &record); err != nil {
				t.Fatal(err)
			}
			if record[key] != want || strings.Count(said, key) != 1 {
				t.Errorf("%s: %s is not %q, once: %s", name, key, want, said)
			}
		}
	}
}

func TestRecordsWithoutATraceNameNone(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, trace := range []telemetry.Trace{{}, {Traceparent: "00-trace"}} {
		telemetry.Logger(telemetry.With(t.Context(), log, trace)).Info("said")
	}
	if said := out.String(); strings.Contains(said, "_id") {
		t.Errorf("the log holds %s", said)
	}
}

func BenchmarkContextOfARequest(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	b.ReportAllocs()
	for b.Loop() {
		telemetry.Logger(telemetry.WithRequest(b.Context(), log, traced())).Info("said")
	}
}
