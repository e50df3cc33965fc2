package coalesce

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

const (
	patience = 10 * time.Second // with one batch, however long those who wait for it are ready to
	repeats  = 3                // after another transaction was first
)

var errUnsettled = errors.New("the statement ended without an answer")

// work settles calls, whatever happens, and passes the lane on.
func (g *Group[A, V]) work(calls []*call[A, V]) {
	defer g.next()
	defer func() {
		if p := recover(); p != nil {
			fail(calls, telemetry.Recovered(p))
		}
		for _, c := range calls {
			close(c.settled)
		}
	}()

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ctx, span := g.begin(ctx, calls)
	defer span.End()
	g.send(ctx, calls)
}

// fail is for those who have no answer yet.
func fail[A, V any](calls []*call[A, V], err error) {
	for _, c := range calls {
		if errors.Is(c.err, errUnsettled) {
			c.err = err
		}
	}
}

// begin makes what follows part of the trace of a call, one that is recorded if there is any, and points to the others'.
func (g *Group[A, V]) begin(ctx context.Context, calls []*call[A, V]) (context.Context, trace.Span) {
	if g.tracer == nil {
		return ctx, trace.SpanFromContext(ctx)
	}

	first := max(0, slices.IndexFunc(calls, func(c *call[A, V]) bool { return c.trace.Sampled() }))
	var others []telemetry.Trace
	for i, c := range calls {
		if i != first {
			others = append(others, c.trace)
		}
	}
	ctx, span := g.tracer.Start(telemetry.WithTrace(ctx, calls[first].trace), g.name, trace.SpanKindInternal, others...)
	span.SetAttributes(attribute.Int("db.operation.batch.size", len(calls)))
	for _, c := range calls {
		c.sent = span.SpanContext()
	}
	return ctx, span
}

// send does again only what the server itself has answered to and so has not done: what another transaction was in the
// way of, and, half by half, what a wrong argument took with it.
func (g *Group[A, V]) send(ctx context.Context, calls []*call[A, V]) {
	err := g.try(ctx, calls)
	for i := 0; i < repeats && pg.FaultOf(err) == pg.Conflict; i++ {
		err = g.try(ctx, calls)
	}

	switch {
	case err == nil:
	case pg.FaultOf(err) == pg.Invalid && len(calls) > 1:
		half := len(calls) / 2
		g.send(ctx, calls[:half])
		g.send(ctx, calls[half:])
	default:
		fail(calls, g.judge(err))
	}
}

// try sends one statement and deals out what it answers.
func (g *Group[A, V]) try(ctx context.Context, calls []*call[A, V]) error {
	args := make([]A, len(calls))
	for i, c := range calls {
		args[i] = c.arg
	}
	g.sizes.Observe(float64(len(args)))

	answers, err := g.together(ctx, args)
	if err != nil {
		return err
	}
	for i, c := range calls {
		value, ok := answers(i)
		if c.value, c.err = value, nil; !ok {
			c.err = pgx.ErrNoRows
		}
	}
	return nil
}
