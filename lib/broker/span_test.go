package broker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/telemetry"
	"example.com/app/lib/testenv"
)

// traceOf is the nth of messages that belong to traces of their own: their id, and that of the span that sent them.
func traceOf(n int) (trace, span, traceparent string) {
	trace, span = fmt.Sprintf("%032x", n), fmt.Sprintf("%016x", n)
	return trace, span, "00-" + trace + "-" + span + "-01"
}

// sendTraced puts the nth message into a queue.
func sendTraced(t *testing.T, w *world, queue string, n int) {
	t.Helper()
	_, _, parent := traceOf(n)
	err := w.Publish(t.Context(), "", queue, broker.Envelope{
		ID: strconv.Itoa(n), Body: []byte(`{"n":1}`), Headers: map[string]any{broker.HeaderTraceparent: parent},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tracer flushes when the test is about to look.
func tracer(t *testing.T) (*testenv.Collector, *telemetry.Tracer, func()) {
	t.Helper()
	collector := testenv.NewCollector(t)
	tracer, shutdown, err := telemetry.OpenTracing(t.Context(), telemetry.TracingOptions{
		Endpoint: collector.URL, Service: "app", Mode: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return collector, tracer, func() {
		t.Helper()
		if err := shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestAttemptIsASpanBelowTheMessageInItsQueueAndAmongSuspects(t *testing.T) {
	t.Parallel()
	collector, tracer, flush := tracer(t)
	handled := make(chan telemetry.Trace, 3)
	w := consume(t, pgtest.URL(t), func(ctx context.Context, _ *body) error {
		handled <- telemetry.TraceOf(ctx)
		switch telemetry.TraceOf(ctx).CorrelationID {
		case "1":
			panic("out of range")
		case "2":
			return errors.New("no luck")
		}
		return nil
	}, broker.Retry(), func(o *broker.Options) { o.Tracer = tracer })
	sendTraced(t, w, "example.main", 1)
	sendTraced(t, w, "example.main", 2)
	sendTraced(t, w, "example.main.suspect", 3)

	within := map[string]string{}
	for range 3 {
		now := <-handled
		within[now.ID()] = now.SpanID()
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	flush()

	for n := 1; n <= 3; n++ {
		trace, parent, _ := traceOf(n)
		i := slices.IndexFunc(collector.Spans(), func(s testenv.Span) bool { return s.Trace == trace })
		if i < 0 {
			t.Errorf("message %d has no span", n)
			continue
		}
		s := collector.Spans()[i]
		if s.Name != "process example.main" || s.Parent != parent || s.ID != within[trace] || s.Failed != (n == 2) {
			t.Errorf("message %d is handled in %s by %+v", n, within[trace], s)
		}
	}
	for _, id := range []string{"1", "2"} {
		trace := fmt.Sprintf("%032s", id)
		if said := w.log.String(); !strings.Contains(said, `"trace_id":"`+trace+`","span_id":"`+within[trace]+`"`) {
			t.Errorf("the log names no span of message %s: %s", id, said)
		}
	}
}

func TestMessageWithoutATraceBeginsOneWhereNobodyTraces(t *testing.T) {
	t.Parallel()
	handled := make(chan telemetry.Trace, 1)
	w := consume(t, pgtest.URL(t), func(ctx context.Context, _ *body) error {
		handled <- telemetry.TraceOf(ctx)
		return errors.New("no luck")
	}, broker.Retry())
	if err := w.Publish(t.Context(), "", "example.main", broker.Envelope{ID: "1", Body: []byte(`{"n":1}`)}); err != nil {
		t.Fatal(err)
	}
	trace := <-handled
	if err := w.stop(); err != nil {
		t.Error(err)
	}

	if !telemetry.ValidTraceparent(trace.Traceparent) || trace.CorrelationID != "1" {
		t.Errorf("it is handled in %+v", trace)
	}
	if said := w.log.String(); !strings.Contains(said, `"trace_id":"`+trace.ID()+`","span_id":"`+trace.SpanID()+`"`) {
		t.Errorf("the log names no trace: %s", said)
	}
}

func TestSpanOfABatchPointsToItsMessagesAndIsAboveNone(t *testing.T) {
	t.Parallel()
	collector, tracer, flush := tracer(t)
	handled := make(chan string, 2)
	w := consume(t, pgtest.URL(t), nil, broker.Retry(), func(o *broker.Options) {
		o.Tracer = tracer
		o.Queues = []broker.Queue{broker.Batch(example, "main", func(_ context.Context, batch []broker.Message[body]) error {
			for _, m := range batch {
				handled <- m.Traceparent
			}
			return nil
		}, broker.Retry())}
	})
	sendTraced(t, w, "example.main", 1)
	sendTraced(t, w, "example.main", 2)
	parents := []string{<-handled, <-handled}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	flush()

	var links []string
	for _, s := range collector.Spans() {
		links = append(links, s.Links...)
		if s.Name != "process example.main" || s.Parent != "" {
			t.Errorf("there is %+v", s)
		}
	}
	slices.Sort(links)
	slices.Sort(parents)
	_, first, firstParent := traceOf(1)
	_, second, secondParent := traceOf(2)
	if !slices.Equal(links, []string{first, second}) || !slices.Equal(parents, []string{firstParent, secondParent}) {
		t.Errorf("the spans point to %v, and the messages came with %v", links, parents)
	}
}
