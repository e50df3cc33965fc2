package broker

import (
	"context"
	"slices"
	"time"
)

// Connection names a broker: its exchange has this name, and the names of its queues begin with it.
type Connection string

// Queue is an entry of the table of queues: where messages come from, and what is done with them.
type Queue struct {
	Connection Connection
	Name       string // in full: example.main

	size     int // messages in one transaction, at most
	payload  any // a zero value of what a body becomes
	load     func() load
	bindings []string
	tiers    []time.Duration // nil: those of the settings
	onDead   func(ctx context.Context, ids []string) error
	onReplay func(ctx context.Context, ids []string) error
}

// Option says what is special about a queue.
type Option func(*Queue)

// Bind lets the queue take what is published to its connection's exchange under these routing keys,
// in which * stands for one word and # for any number of words.
func Bind(keys ...string) Option {
	return func(q *Queue) { q.bindings = append(q.bindings, keys...) }
}

// Retry gives the queue retry delays of its own; without any its messages die at the first failure.
func Retry(delays ...time.Duration) Option {
	return func(q *Queue) { q.tiers = append([]time.Duration{}, delays...) }
}

// OnDead names what must know that messages died. It is called once they are in the dead queue, at least once for
// each, and so has to be idempotent; an error of it is logged and keeps no message alive.
func OnDead(h func(ctx context.Context, ids []string) error) Option {
	return func(q *Queue) { q.onDead = h }
}

// OnReplay names what must know that dead messages went back to their queue. It has to be idempotent.
func OnReplay(h func(ctx context.Context, ids []string) error) Option {
	return func(q *Queue) { q.onReplay = h }
}

// One hands the messages of connection.name to h, one at a time per worker, decoded strictly and validated.
// It runs in a transaction, which h joins by its context, and which remembers the message: its effect there happens
// once, however often the message comes. An error of h is transient unless Permanent or Options.Permanent say
// otherwise; h must come back soon after its context has ended.
func One[T any](c Connection, name string, h func(ctx context.Context, in *T) error, opts ...Option) Queue {
	return newQueue(c, name, 1, func(ctx context.Context, batch []Message[T]) error {
		return h(ctx, &batch[0].Body)
	}, opts)
}

// Batch is One for many: it hands at most 200 messages to h, or what came within 10 ms, in one transaction.
// No two have the same ID. When h fails for another reason than the database's, each message is handled again by
// itself and judged by its own result; so are messages that failed before.
func Batch[T any](c Connection, name string, h func(ctx context.Context, batch []Message[T]) error, opts ...Option) Queue {
	return newQueue(c, name, batchSize, h, opts)
}

func newQueue[T any](c Connection, name string, size int, h func(context.Context, []Message[T]) error, opts []Option) Queue {
	q := Queue{
		Connection: c,
		Name:       string(c) + "." + name,
		size:       size,
		payload:    *new(T),
		load:       func() load { return newLoad(h) },
	}
	for _, o := range opts {
		o(&q)
	}
	return q
}

// Payload is a zero value of what the bodies are decoded into.
func (q Queue) Payload() any { return q.payload }

// Bindings are the routing keys at the connection's exchange, besides the queue's own name.
func (q Queue) Bindings() []string { return slices.Clone(q.bindings) }

// Tiers are the queue's retry delays, ascending; otherwise is for a queue that has none of its own.
func (q Queue) Tiers(otherwise []time.Duration) []time.Duration {
	if q.tiers != nil {
		otherwise = q.tiers
	}
	return slices.Compact(slices.Sorted(slices.Values(otherwise)))
}

// WantsDead tells whether the queue has OnDead.
func (q Queue) WantsDead() bool { return q.onDead != nil }

// WantsReplays tells whether the queue has OnReplay.
func (q Queue) WantsReplays() bool { return q.onReplay != nil }

// Died tells OnDead; without one it does nothing.
func (q Queue) Died(ctx context.Context, ids []string) error {
	if q.onDead == nil {
		return nil
	}
	return q.onDead(ctx, ids)
}

// Replayed tells OnReplay; without one it does nothing.
func (q Queue) Replayed(ctx context.Context, ids []string) error {
	if q.onReplay == nil {
		return nil
	}
	return q.onReplay(ctx, ids)
}

// Families lists what the queues need at each connection; tiers are for those that have none of their own.
func Families(queues []Queue, tiers []time.Duration) map[Connection][]Family {
	families := make(map[Connection][]Family)
	for _, q := range queues {
		families[q.Connection] = append(families[q.Connection], q.Family(tiers))
	}
	return families
}

// Family lists what the queue needs; tiers are for one that has none of its own.
func (q Queue) Family(tiers []time.Duration) Family {
	return Family{Exchange: string(q.Connection), Name: q.Name, Tiers: q.Tiers(tiers), Bindings: q.bindings}
}
