package telemetry_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"example.com/app/lib/telemetry"
)

func TestLoggerTravelsInTheContext(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: &out, Level: slog.LevelInfo})
	ctx := telemetry.WithLogger(t.Context(), log.With("request_id", "7"))

	telemetry.Logger(ctx).Info("found")
	telemetry.Logger(ctx).Debug("not said")
	closeLog()

	if said := out.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, `"request_id":"7"`) {
		t.Errorf("the log holds %s", said)
	}
}

func TestContextWithoutLoggerHasTheDefaultOne(t *testing.T) {
	t.Parallel()
	if telemetry.Logger(t.Context()) != slog.Default() {
		t.Error("the logger is another one")
	}
}
