package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"example.com/app/lib/telemetry"
)

const lastSpans = 2 * time.Second // for those that have not gone when the process ends

// voice is how a process speaks of itself.
type voice struct {
	log    *slog.Logger // errors go to SENTRY_DSN, too
	level  *slog.LevelVar
	tracer *telemetry.Tracer
	close  func() // before the process ends, or its last words are lost
}

func newVoice(ctx context.Context, s Settings, mode string) (voice, error) {
	version := readVersion().Version
	reports, err := telemetry.NewReporter(telemetry.ReportOptions{DSN: s.SentryDSN, Version: version, Environment: s.Env, Mode: mode})
	if err != nil {
		return voice{}, fmt.Errorf("%w: check SENTRY_DSN", err)
	}

	level := new(slog.LevelVar)
	level.Set(s.LogLevel)
	log, closeLog := telemetry.NewLogger(telemetry.LogOptions{To: os.Stderr, Level: level, Text: s.LogFormat == "text", Reports: reports})
	log = log.With("mode", mode)

	tracer, flush, err := telemetry.OpenTracing(ctx, telemetry.TracingOptions{
		Endpoint: s.OTLPEndpoint, Service: service, Mode: mode, Version: version, Environment: s.Env, Log: log,
	})
	if err != nil {
		return voice{}, fmt.Errorf("%w: check OTEL_EXPORTER_OTLP_ENDPOINT", err)
	}
	return voice{log, level, tracer, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSpans)
		defer cancel()
		_ = flush(ctx) // the log tells of a collector that is away
		closeLog()
		reports.Close()
	}}, nil
}
