package coalesce_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

func TestAStatementForManyIsInTheTraceOfOneAndPointsToTheOthers(t *testing.T) {
	t.Parallel()
	collector := testenv.NewCollector(t)
	tracer, flush, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: collector.URL, Service: "app", Mode: "test", Version: "1", Environment: "here", Log: slog.Default(),
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), pg.Options{URL: pgtest.URL(t), Name: "test", Max: 4, Tracer: tracer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	s := thingsOf(t, db)

	unseen := telemetry.WithTrace(t.Context(), telemetry.Trace{Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"})
	free := s.occupyWrites()
	var requests sync.WaitGroup
	for i, ctx := range []context.Context{unseen, t.Context(), t.Context()} {
		ctx, span := tracer.Start(ctx, "request", trace.SpanKindServer)
		answers := s.queue(ctx, numbered(3)[i])
		requests.Go(func() {
			defer span.End()
			if a := answers()[0]; a.err != nil {
				t.Error(a.err)
			}
		})
	}
	free()
	requests.Wait()
	if err := flush(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}

	named := map[string][]testenv.Span{}
	for _, span := range collector.Spans() {
		named[span.Name] = append(named[span.Name], span)
	}
	batches, asked := named["create thing"], named["request"]
	if len(batches) != 1 || len(asked) != 2 {
		t.Fatalf("the collector has %+v", collector.Spans())
	}
	batch := batches[0]
	i := slices.IndexFunc(asked, func(r testenv.Span) bool { return r.ID == batch.Parent })
	if i < 0 || batch.Attributes["db.operation.batch.size"] != "int_value:3" || !slices.Contains(batch.Links, asked[1-i].ID) {
		t.Errorf("the batch is %+v, and the requests are %+v", batch, asked)
	}
	for _, r := range asked {
		if !slices.Equal(r.Links, []string{batch.ID}) {
			t.Errorf("a request points to %v, not to the batch %s", r.Links, batch.ID)
		}
	}
	if !slices.ContainsFunc(collector.Spans(), func(s testenv.Span) bool { return s.Parent == batch.ID }) {
		t.Errorf("no statement is below the batch: %+v", collector.Spans())
	}
}
