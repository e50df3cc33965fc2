// Package memory is a broker inside this process, for development and tests: topic exchanges, retry delays,
// dead-lettering and returns as RabbitMQ has them, nothing durable. A queue in which 100,000 messages wait refuses
// further ones.
package memory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"example.com/app/lib/broker"
)

// Broker is a driver and the server behind it in one.
type Broker struct {
	log *slog.Logger

	mu        sync.Mutex
	exchanges map[string]*exchange
	queues    map[string]*queue
	closed    bool
	losses    int
}

var (
	errClosed      = errors.New("the broker is closed")
	errInterrupted = errors.New("the connection was interrupted")
	errDeleted     = errors.New("the queue was deleted")
)

// New starts an empty broker.
func New(log *slog.Logger) *Broker {
	return &Broker{log: log, exchanges: make(map[string]*exchange), queues: make(map[string]*queue)}
}

// Declare makes exchanges, queues and bindings; what exists with the same arguments stays as it is.
func (b *Broker) Declare(_ context.Context, families ...broker.Family) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.closed {
		return errClosed
	}
	for _, f := range families {
		if err := b.declare(f); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) declare(f broker.Family) error {
	unrouted := broker.UnroutedOf(f.Exchange)
	for _, spec := range append(f.Queues(), broker.QueueSpec{Name: unrouted}) {
		q, ok := b.queues[spec.Name]
		if !ok {
			b.queues[spec.Name] = newQueue(b, spec)
			continue
		}
		if q.spec != spec {
			return fmt.Errorf("declare queue %s: %w: it has %+v, wanted is %+v", spec.Name, broker.ErrMismatch, q.spec, spec)
		}
	}

	x, ok := b.exchanges[f.Exchange]
	if !ok {
		x = &exchange{alternate: unrouted}
		b.exchanges[f.Exchange] = x
	}
	x.bind(f.Name, f.Name)
	for _, pattern := range f.Bindings {
		x.bind(pattern, f.Name)
	}
	return nil
}

// Publish puts a copy of the message into every queue that the exchange knows for the key.
func (b *Broker) Publish(_ context.Context, exchange, key string, e broker.Envelope) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.closed {
		return errClosed
	}
	queues := b.route(exchange, key)
	if len(queues) == 0 {
		return fmt.Errorf("publish to exchange %q with key %q: %w", exchange, key, broker.ErrUnroutable)
	}
	for _, q := range queues {
		if len(q.ready) >= capacity {
			return fmt.Errorf("publish to queue %s: %w: it is full", q.spec.Name, broker.ErrRefused)
		}
	}
	for _, q := range queues {
		q.add(newMessage(exchange, key, e))
	}
	return nil
}

func (b *Broker) route(exchange, key string) []*queue {
	var names []string
	if exchange == "" {
		names = []string{key}
	} else if x, ok := b.exchanges[exchange]; ok {
		names = x.route(key)
	}

	var queues []*queue
	for _, name := range names {
		if q, ok := b.queues[name]; ok {
			queues = append(queues, q)
		}
	}
	return queues
}

// Inspect tells a queue's depth.
func (b *Broker) Inspect(_ context.Context, name string) (broker.Depth, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	q, err := b.find(name)
	if err != nil {
		return broker.Depth{}, err
	}
	return broker.Depth{Ready: len(q.ready), Consumers: len(q.subscriptions)}, nil
}

func (b *Broker) find(name string) (*queue, error) {
	if b.closed {
		return nil, errClosed
	}
	q, ok := b.queues[name]
	if !ok {
		return nil, fmt.Errorf("find queue %s: %w", name, broker.ErrNoQueue)
	}
	return q, nil
}

// Ready answers nil until the broker is closed.
func (b *Broker) Ready(context.Context) error { return b.State().Problem }

// State tells that this process is the server.
func (b *Broker) State() broker.State {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.closed {
		return broker.State{Problem: errClosed, Reconnects: b.losses}
	}
	return broker.State{Connected: true, Server: "in memory", Reconnects: b.losses}
}

// Close ends every subscription and forgets all messages.
func (b *Broker) Close(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.closed {
		return nil
	}
	b.closed = true
	left := 0
	for _, q := range b.queues {
		left += len(q.ready)
		q.end(nil)
	}
	if left > 0 {
		b.log.Warn("messages were forgotten", "count", left)
	}
	return nil
}

// Delete removes a queue with all that is in it, as an operator might: its consumers see their subscription end.
func (b *Broker) Delete(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()

	if q, ok := b.queues[name]; ok {
		delete(b.queues, name)
		q.end(errDeleted)
	}
	for _, x := range b.exchanges {
		x.unbind(name)
	}
}

// Interrupt ends every subscription as a lost connection does: what is unsettled goes back to its queue.
func (b *Broker) Interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.losses++
	for _, q := range b.queues {
		for _, s := range slices.Collect(maps.Keys(q.subscriptions)) {
			s.fail(errInterrupted)
		}
	}
}
