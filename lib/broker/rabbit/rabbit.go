// Package rabbit is the RabbitMQ driver of the broker port, and the only door to amqp091.
//
// A Broker has two connections: one only consumes and acks, the other only publishes and declares. Under a memory
// or disk alarm the server stops reading whatever publishes; acks on the same connection would wait with it, and
// the backlog could never drain.
package rabbit

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

var errClosed = errors.New("the broker is closed")

const confirmTimeout = 30 * time.Second

// Options say which server, under which names.
type Options struct {
	Name           string        // the connection's name in errors and records: example
	URL            string        // amqp://user:password@host:port/vhost, or amqps
	ConnectionName string        // as the management UI shows it: app consume
	LongestPause   time.Duration // before it is tried again to connect; 0: 30 s
	Log            *slog.Logger
}

// Broker keeps itself connected until it is closed. Its methods may be called from any goroutine.
type Broker struct {
	publisher *publisher
	consuming *link
	ctx       context.Context // ends with Close
	end       context.CancelFunc
	links     sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	consumes  bool
	closeOnce sync.Once
}

var _ broker.Driver = (*Broker)(nil)

// Open dials in the background; its error is a URL that cannot be read, without the URL, which holds a password.
func Open(o Options) (*Broker, error) { return open(o, confirmTimeout) }

func open(o Options, confirmTimeout time.Duration) (*Broker, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}

	b := &Broker{
		publisher: newPublisher(newLink(s, "publishing", o), confirmTimeout),
		consuming: newLink(s, "consuming", o),
	}
	b.ctx, b.end = context.WithCancel(context.Background())
	b.links.Go(func() { b.publisher.run(b.ctx, b.publisher.serve) })
	return b, nil
}

// consumer is the consuming link, which connects when it is first asked for.
func (b *Broker) consumer() *link {
	b.mu.Lock()
	defer b.mu.Unlock()

	if !b.consumes && !b.closed {
		b.consumes = true
		b.links.Go(func() { b.consuming.run(b.ctx, untilClosed) })
	}
	return b.consuming
}

func untilClosed(_ *amqp.Connection, closed <-chan *amqp.Error) error { return reasonOf(<-closed) }

// asking is a link for questions: the consuming one, once there is, because an alarm does not stop it.
func (b *Broker) asking() *link {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.consumes {
		return b.consuming
	}
	return b.publisher.link
}

func (b *Broker) used() []*link {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.consumes {
		return []*link{b.publisher.link, b.consuming}
	}
	return []*link{b.publisher.link}
}

// Ready returns nil once every connection in use is up, or one line that says why there is none when ctx ends.
func (b *Broker) Ready(ctx context.Context) error {
	for _, l := range b.used() {
		if _, err := l.await(ctx, status.connected); err != nil {
			return err
		}
	}
	return nil
}

// State answers at once.
func (b *Broker) State() broker.State {
	out := b.publisher.now()
	s := broker.State{Connected: true, Blocked: out.blocked, Server: out.server}
	for _, l := range b.used() {
		now := l.now()
		s.Reconnects += max(now.connects-1, 0)
		if !now.connected() {
			s.Connected, s.Problem = false, cmp.Or(s.Problem, now.why(l.server))
		}
	}
	return s
}

// Close waits until every message under way is confirmed, or ctx ends, and then closes the connections, which takes
// two seconds where the server does not answer.
// What waits for a connection or is published later gets an error.
func (b *Broker) Close(ctx context.Context) error {
	var err error
	b.closeOnce.Do(func() {
		b.mu.Lock()
		b.closed = true
		b.mu.Unlock()
		close(b.publisher.closing)
		close(b.consuming.closing)

		err = b.publisher.finish(ctx)
		b.end()
		b.links.Wait()
	})
	return err
}
