// Package coalesce lets calls that arrive while a statement is under way wait for it, and go together in the next one,
// which costs the database little more than one of them: group commit.
//
// Nobody waits for company. Whoever finds a lane free goes at once and alone, in its own goroutine and under its own
// context. While the lanes are taken callers queue, and the next lane that becomes free takes them along. A call joins
// only a statement that is not sent yet, and so sees whatever was committed before it.
//
// Nothing runs while nobody asks: there is nothing to close.
package coalesce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

const (
	most  = 128 // calls in one statement
	lanes = 2   // statements of a group at once
	share = 4   // of the pool's connections a group takes one, if that is less
)

// ErrUnknown tells that the answer to a write did not come.
var ErrUnknown = errors.New("nobody knows whether it took effect: look for it before sending it again")

// Group has a statement for many calls that are alike.
type Group[A, V any] struct {
	name     string
	writes   bool
	alone    func(ctx context.Context, arg A) (V, error)
	together func(ctx context.Context, args []A) (answers[V], error)

	open   func() // sets the following, at the first call: documents are made of groups without a database
	lanes  int
	tracer *telemetry.Tracer
	sizes  prometheus.Observer

	mu    sync.Mutex
	busy  int // lanes that are taken
	queue []*call[A, V]
}

// answers has what a statement answers to the argument at an index, if anything.
type answers[V any] func(i int) (V, bool)

// call is one argument in the queue, and what becomes of it.
type call[A, V any] struct {
	arg   A
	trace telemetry.Trace

	settled chan struct{} // closed once the rest is there
	value   V
	err     error
	sent    trace.SpanContext
}

// NewReads has one call answered by alone, and many by the one statement of together, under what they have asked for. Who
// has asked for what is not there is told pgx.ErrNoRows. The name is for metrics and spans.
func NewReads[A comparable, V any](
	db *pg.DB, name string,
	alone func(ctx context.Context, arg A) (V, error), together func(ctx context.Context, args []A) (map[A]V, error),
) *Group[A, V] {
	return newGroup(db, name, false, alone, func(ctx context.Context, args []A) (answers[V], error) {
		found, err := together(ctx, args)
		return func(i int) (V, bool) { v, ok := found[args[i]]; return v, ok }, err
	})
}

// NewWrites is NewReads for what changes something. Together must do so in a single statement, and answer under the
// ordinals of the arguments, from 1, as that statement has returned them. An error that leaves open whether a call took
// effect wraps ErrUnknown.
func NewWrites[A, V any](
	db *pg.DB, name string,
	alone func(ctx context.Context, arg A) (V, error), together func(ctx context.Context, args []A) (map[int]V, error),
) *Group[A, V] {
	return newGroup(db, name, true, alone, func(ctx context.Context, args []A) (answers[V], error) {
		done, err := together(ctx, args)
		return func(i int) (V, bool) { v, ok := done[i+1]; return v, ok }, err
	})
}

func newGroup[A, V any](
	db *pg.DB, name string, writes bool,
	alone func(ctx context.Context, arg A) (V, error), together func(ctx context.Context, args []A) (answers[V], error),
) *Group[A, V] {
	g := &Group[A, V]{name: name, writes: writes, alone: alone, together: together}
	g.open = sync.OnceFunc(func() {
		g.lanes = max(1, min(lanes, db.Pools()[0].Max/share))
		g.tracer, g.sizes = db.Tracer(), db.BatchRows(name)
	})
	return g
}

// Do waits for the answer, or the end of ctx: a call that is in the queue then is never sent. In a transaction, or where
// ctx reads from a replica, it goes alone.
func (g *Group[A, V]) Do(ctx context.Context, arg A) (V, error) {
	if pg.Bound(ctx) {
		return g.alone(ctx, arg)
	}
	g.open()
	if c := g.join(ctx, arg); c != nil {
		return g.await(ctx, c)
	}

	defer g.next()
	g.sizes.Observe(1)
	value, err := g.alone(ctx, arg)
	return value, g.judge(err)
}

// join takes a lane, or puts a call into the queue.
func (g *Group[A, V]) join(ctx context.Context, arg A) *call[A, V] {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.busy < g.lanes {
		g.busy++
		return nil
	}
	c := &call[A, V]{arg: arg, trace: telemetry.TraceOf(ctx), settled: make(chan struct{}), err: errUnsettled}
	g.queue = append(g.queue, c)
	return c
}

// next passes a lane on to the queue, or gives it back.
func (g *Group[A, V]) next() {
	g.mu.Lock()
	defer g.mu.Unlock()

	n := min(len(g.queue), most)
	if n == 0 {
		g.busy--
		return
	}
	go g.work(g.queue[:n:n])
	g.queue = g.queue[n:]
}

func (g *Group[A, V]) await(ctx context.Context, c *call[A, V]) (value V, err error) {
	select {
	case <-c.settled:
	case <-ctx.Done():
		if g.leave(c) {
			return value, pg.Mark(ctx.Err())
		}
		select {
		case <-c.settled: // just now
		default:
			return value, g.doubt(pg.Mark(ctx.Err()))
		}
	}
	if c.sent.IsValid() {
		trace.SpanFromContext(ctx).AddLink(trace.Link{SpanContext: c.sent})
	}
	return c.value, c.err
}

// leave tells whether c was still in the queue.
func (g *Group[A, V]) leave(c *call[A, V]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	i := slices.Index(g.queue, c)
	if i < 0 {
		return false
	}
	g.queue = slices.Delete(g.queue, i, i+1)
	return true
}

func (g *Group[A, V]) judge(err error) error {
	if pg.Unanswered(err) {
		return g.doubt(err)
	}
	return err
}

// doubt says of a write what err leaves open.
func (g *Group[A, V]) doubt(err error) error {
	if !g.writes {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}
