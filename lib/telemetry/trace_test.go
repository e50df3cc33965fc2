package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"example.com/app/lib/telemetry"
)

func TestTraceparentIsJudgedByItsStandard(t *testing.T) {
	t.Parallel()
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for given, want := range map[string]bool{
		"00-" + trace + "-" + parent + "-01":   true,
		"00-" + trace + "-" + parent + "-00":   true,
		"":                                     false,
		"00":                                   false,
		"01-" + trace + "-" + parent + "-01":   false,
		"ff-" + trace + "-" + parent + "-01":   false,
		"00-" + trace + "-" + parent + "-01-x": false,
		"00-" + trace + "-" + parent + "-0g":   false,
		"00-" + strings.ToUpper(trace) + "-" + parent + "-01":  false,
		"00-" + strings.Repeat("0", 32) + "-" + parent + "-01": false,
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01":  false,
		"00_" + trace + "_" + parent + "_01":                   false,
	} {
		if telemetry.ValidTraceparent(given) != want {
			t.Errorf("%q is valid: %t", given, !want)
		}
	}
}

func TestNewTraceparentIsValidAndLikeNoOther(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		made := telemetry.NewTraceparent()
		if !telemetry.ValidTraceparent(made) || !strings.HasSuffix(made, "-00") || seen[made[3:35]] || seen[made[36:52]] {
			t.Errorf("made %q", made)
		}
		seen[made[3:35]], seen[made[36:52]] = true, true
	}
}

func TestLoggerAndTraceDoNotReplaceEachOther(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, trace := slog.New(slog.NewJSONHandler(&out, nil)).With("queue", "q"), telemetry.Trace{CorrelationID: "a"}
	for name, ctx := range map[string]context.Context{
		"log first":   telemetry.WithTrace(telemetry.WithLogger(t.Context(), log), trace),
		"trace first": telemetry.WithLogger(telemetry.WithTrace(t.Context(), trace), log),
		"both":        telemetry.With(t.Context(), log, trace),
	} {
		out.Reset()
		telemetry.Logger(ctx).Info("said")
		if !strings.Contains(out.String(), `"queue":"q","correlation_id":"a"`) || telemetry.TraceOf(ctx) != trace {
			t.Errorf("%s: one is lost: %s", name, out.String())
		}
	}
	if telemetry.TraceOf(t.Context()) != (telemetry.Trace{}) {
		t.Error("there is a trace that nobody put there")
	}
}
