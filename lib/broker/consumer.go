package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

// Options say what to consume, from where, and how hard.
type Options struct {
	Drivers        map[Connection]Driver
	DB             *pg.DB // has the inbox
	Queues         []Queue
	Tiers          []time.Duration       // retry delays of the queues that have none of their own
	Workers        int                   // messages that are handled at once by themselves, per queue; 0: 1
	Prefetch       int                   // messages of a queue held at once, unless it has batches; 0: twice Workers
	HandlerTimeout time.Duration         // 0: 20 s
	Grace          time.Duration         // how long handlers may finish once Run's context has ended
	Permanent      []error               // what no repetition mends, besides Permanent and data that the database refuses
	Metrics        prometheus.Registerer // nil: nobody looks
	Tracer         *telemetry.Tracer     // a span for each attempt at a message or a batch; nil: none
	Log            *slog.Logger
}

// Consumer works queues: each message is handled, tried again later, or put among the dead.
type Consumer struct {
	o      Options
	lines  []*line
	meters *metrics
	floor  *semaphore.Weighted // of all handlers
	watch  watch
}

var errGrace = errors.New("the grace is over")

// NewConsumer touches no broker yet. It tells every mistake in the table of queues: a connection without a driver,
// a queue named twice, retry delays that are none or too long, no database.
func NewConsumer(o Options) (*Consumer, error) {
	o.Workers = max(o.Workers, 1)
	o.Prefetch = cmp.Or(o.Prefetch, 2*o.Workers)
	o.HandlerTimeout = cmp.Or(o.HandlerTimeout, 20*time.Second)
	c := &Consumer{o: o, meters: newMetrics(), floor: semaphore.NewWeighted(everybody)}

	var mistakes []error
	if o.DB == nil {
		mistakes = append(mistakes, errors.New("consume: a database is needed, for the inbox"))
	}
	if err := c.meters.register(o.Metrics); err != nil {
		mistakes = append(mistakes, fmt.Errorf("register the metrics of consumers: %w", err))
	}
	for _, q := range o.Queues {
		if err := c.add(q); err != nil {
			mistakes = append(mistakes, fmt.Errorf("consume %s: %w", q.Name, err))
		}
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return c, nil
}

func (c *Consumer) add(q Queue) error {
	if c.o.Drivers[q.Connection] == nil {
		return fmt.Errorf("connection %q has no URL: set AMQP_URL_%s, or AMQP_URL for the main one",
			q.Connection, strings.ToUpper(string(q.Connection)))
	}
	if slices.ContainsFunc(c.lines, func(l *line) bool { return l.queue.Name == q.Name }) {
		return errors.New("the queue is in the table twice")
	}

	l := newLine(c, q)
	if tiers := l.family.Tiers; len(tiers) > 0 && tiers[0] < time.Millisecond {
		return fmt.Errorf("a retry delay of %s is shorter than a millisecond", tiers[0])
	}
	if Outlast(l.family.Tiers) {
		return fmt.Errorf("the retry delays must sum up to less than %s, for which it is known that a message was handled", LongestRetries)
	}
	c.lines = append(c.lines, l)
	return nil
}

// Declare makes all that the queues need; an ErrMismatch says which queue exists with other arguments.
func (c *Consumer) Declare(ctx context.Context) error {
	for connection, families := range Families(c.o.Queues, c.o.Tiers) {
		if err := c.o.Drivers[connection].Declare(ctx, families...); err != nil {
			return fmt.Errorf("declare the queues of connection %q: %w", connection, err)
		}
	}
	return nil
}

// Run consumes until ctx ends. Then nothing new is begun, what has not begun goes back to its queue at once, and
// what runs has the grace to finish; past it contexts are cut and the rest goes back uncharged.
// It answers an error only when handlers still run after that.
func (c *Consumer) Run(ctx context.Context) error {
	work, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)

	var lines sync.WaitGroup
	for _, l := range c.lines {
		lines.Go(func() { l.run(ctx, work) })
	}

	<-ctx.Done()
	grace := time.AfterFunc(c.o.Grace, func() { cut(errGrace) })
	defer grace.Stop()
	lines.Wait()
	return c.watch.abandoned()
}

// Stuck names a handler that did not come back for a minute after its deadline: only a new process ends it.
func (c *Consumer) Stuck() error { return c.watch.stuck(time.Now()) }
