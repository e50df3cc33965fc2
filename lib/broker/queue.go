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

	bindings []string
	tiers    []time.Duration // nil: those of the settings
	handle   func(ctx context.Context, body []byte) error
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

// One hands the messages of connection.name to h, one at a time per worker, decoded strictly and validated.
// An error of h is transient unless Permanent or Options.Permanent say otherwise; h may run more than once
// for a message, and must come back soon after its context has ended.
func One[T any](c Connection, name string, h func(ctx context.Context, in *T) error, opts ...Option) Queue {
	q := Queue{Connection: c, Name: string(c) + "." + name}
	q.handle = func(ctx context.Context, body []byte) error {
		in, err := decode[T](body)
		if err != nil {
			return malformed{err}
		}
		return h(ctx, in)
	}

	for _, o := range opts {
		o(&q)
	}
	return q
}

// Families lists what the queues need at each connection; tiers are for those that have none of their own.
func Families(queues []Queue, tiers []time.Duration) map[Connection][]Family {
	families := make(map[Connection][]Family)
	for _, q := range queues {
		families[q.Connection] = append(families[q.Connection], q.family(tiers))
	}
	return families
}

func (q Queue) family(tiers []time.Duration) Family {
	if q.tiers != nil {
		tiers = q.tiers
	}
	return Family{
		Exchange: string(q.Connection),
		Name:     q.Name,
		Tiers:    slices.Compact(slices.Sorted(slices.Values(tiers))),
		Bindings: q.bindings,
	}
}
