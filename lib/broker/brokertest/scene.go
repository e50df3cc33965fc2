package brokertest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const (
	soon = 60 * time.Second // what has not happened by then never will
	tick = 10 * time.Millisecond
)

// scene is one test's own connection name, and so its own exchange and queues, at a server; the database knows its
// sessions by the same name.
type scene struct {
	*testing.T
	server     Server
	connection broker.Connection
	url        string // of the database
	db         *pg.DB
}

func newScene(t *testing.T, server Server, url string) *scene {
	return &scene{T: t, server: server, connection: broker.Connection("c" + strings.ToLower(rand.Text()[:10])), url: url}
}

// database is opened once a promise needs it.
func (s *scene) database() *pg.DB {
	s.Helper()
	if s.db == nil {
		var err error
		s.db, err = pg.Open(s.Context(), pg.Options{URL: s.url, Name: string(s.connection), Max: 4})
		s.check(err)
		s.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), soon)
			defer cancel()
			s.db.Close(ctx)
		})
	}
	return s.db
}

// intercept lets the scene reach its database through a proxy.
func (s *scene) intercept() *testenv.Proxy {
	s.Helper()
	p := testenv.NewProxy(s, s.url)
	s.url = p.URL()
	return p
}

// ownDatabase gives the scene a server of its own, to stop and start.
func (s *scene) ownDatabase() *testenv.PostgresServer {
	s.Helper()
	server := testenv.NewPostgres(s)
	pgtest.Migrate(s, server.URL())
	s.url = server.URL()
	return server
}

// count is the answer of a query for one number.
func (s *scene) count(sql string, args ...any) (n int) {
	s.Helper()
	s.check(s.database().QueryRow(s.Context(), sql, args...).Scan(&n))
	return n
}

// absent is the name of a queue that is not there.
func (s *scene) absent() string { return string(s.connection) + ".absent" }

func (s *scene) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// declare makes the family of a queue nobody consumes.
func (s *scene) declare(queue string, opts ...broker.Option) broker.Family {
	s.Helper()
	f := s.family(broker.One(s.connection, queue, func(context.Context, *anything) error { return nil }, opts...))
	s.check(s.server.Declare(s.Context(), f))
	return f
}

func (s *scene) family(q broker.Queue) broker.Family {
	return broker.Families([]broker.Queue{q}, nil)[s.connection][0]
}

type anything struct {
	N int `json:"n"`
}

func (s *scene) publish(queue string, e broker.Envelope) {
	s.Helper()
	err := s.server.Publish(s.Context(), "", queue, e)
	if errors.Is(err, broker.ErrUnknown) { // another scene has the broker close the channel that they share
		err = s.server.Publish(s.Context(), "", queue, e)
	}
	s.check(err)
}

// run consumes q until the test ends, or cancel was called: wait then waits for the consumer's end.
// Change may alter the options.
func (s *scene) run(q broker.Queue, change ...func(*broker.Options)) (cancel, wait func()) {
	s.Helper()
	o := broker.Options{
		Drivers:        map[broker.Connection]broker.Driver{s.connection: s.server},
		DB:             s.database(),
		Queues:         []broker.Queue{q},
		Workers:        2,
		HandlerTimeout: soon,
		Grace:          soon,
		Log:            slog.New(slog.NewTextHandler(s.Output(), nil)),
	}
	for _, c := range change {
		c(&o)
	}

	consumer, err := broker.NewConsumer(o)
	s.check(err)
	s.check(consumer.Declare(s.Context()))

	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = consumer.Run(ctx)
	}()

	wait = func() {
		s.Helper()
		receive(s, ended)
		s.check(err)
	}
	s.Cleanup(func() {
		cancel()
		wait()
	})
	return cancel, wait
}

// take waits for a message in a queue that nobody consumes and removes it.
func (s *scene) take(queue string) (d broker.Delivery) {
	s.Helper()
	p, err := s.server.Pull(s.Context(), queue)
	s.check(err)
	defer func() { _ = p.Close() }()

	s.until(func() bool {
		var ok bool
		d, ok, err = p.Get(s.Context())
		s.check(err)
		return ok
	})
	s.check(d.Ack())
	return d
}

// depth waits until so many messages are ready in the queue.
func (s *scene) depth(queue string, want int) {
	s.Helper()
	var got broker.Depth
	defer func() {
		if s.Failed() {
			s.Logf("%s has %d ready, want %d", queue, got.Ready, want)
		}
	}()
	s.until(func() bool {
		var err error
		got, err = s.server.Inspect(s.Context(), queue)
		s.check(err)
		return got.Ready == want
	})
}

func (s *scene) until(holds func() bool) {
	s.Helper()
	for deadline := time.Now().Add(soon); !holds(); time.Sleep(tick) {
		if time.Now().After(deadline) {
			s.Fatal("it did not come to hold")
		}
	}
}

func receive[T any](s *scene, from <-chan T) (v T) {
	s.Helper()
	select {
	case v = <-from:
	case <-time.After(soon):
		s.Fatal("nothing came")
	}
	return v
}

// reporting is a queue whose handler tells the n of each message.
func reporting(s *scene, opts ...broker.Option) (q broker.Queue, handled chan int) {
	handled = make(chan int, 10)
	q = broker.One(s.connection, "main", func(_ context.Context, in *anything) error {
		handled <- in.N
		return nil
	}, opts...)
	return q, handled
}
