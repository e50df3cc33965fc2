package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// TracingOptions say where spans go and whose they are.
type TracingOptions struct {
	Endpoint             string // of a collector of OTLP over HTTP, http://host:4318; empty: there is no Tracer
	Service, Mode        string // "app" and "run": their process is called "app run"
	Version, Environment string
	Log                  *slog.Logger
}

// OpenTracing sends spans in the background, and drops some rather than let anybody wait; it does not ask whether the
// collector is there. Everything is recorded whose parent is, and every trace that begins here, unless
// OTEL_TRACES_SAMPLER says otherwise. The standard's other variables hold too, such as OTEL_EXPORTER_OTLP_HEADERS and
// OTEL_RESOURCE_ATTRIBUTES. Shutdown sends what is left until its context ends.
func OpenTracing(ctx context.Context, o TracingOptions) (t *Tracer, shutdown func(context.Context) error, err error) {
	if o.Endpoint == "" {
		return nil, func(context.Context) error { return nil }, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Log.Warn("tracing went wrong", "error", err) }))

	endpoint, err := url.JoinPath(o.Endpoint, "v1", "traces")
	if err != nil {
		return nil, nil, fmt.Errorf("read the collector's URL: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, nil, fmt.Errorf("send traces to %s: %w", o.Endpoint, err)
	}
	process, err := o.process(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("describe the process to the collector: %w", err)
	}

	provider := trace.NewTracerProvider(trace.WithBatcher(&dispatch{SpanExporter: exporter, log: o.Log}), trace.WithResource(process))
	return newTracer(provider), provider.Shutdown, nil
}

func (o TracingOptions) process(ctx context.Context) (*resource.Resource, error) {
	r, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), resource.WithAttributes(
		semconv.ServiceName(o.Service+" "+o.Mode),
		semconv.ServiceVersion(o.Version),
		semconv.DeploymentEnvironmentNameKey.String(o.Environment),
	), resource.WithFromEnv())
	if errors.Is(err, resource.ErrPartialResource) {
		err = nil
	}
	return r, err
}

// dispatch logs when spans stop reaching their collector and when they reach it again, not every batch between.
type dispatch struct {
	trace.SpanExporter
	log  *slog.Logger
	lost atomic.Bool
}

func (d *dispatch) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := d.SpanExporter.ExportSpans(ctx, spans)
	switch lost := err != nil; {
	case d.lost.Swap(lost) == lost:
	case lost:
		d.log.Warn("traces do not reach their collector, and some are lost", "error", err)
	default:
		d.log.Info("traces reach their collector again")
	}
	return nil
}
