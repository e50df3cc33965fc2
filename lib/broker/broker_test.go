package broker_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

const example = broker.Connection("example")

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

type body struct {
	N int `json:"n" validate:"max=10"`
}

// world is a consumer of one queue at a broker in memory, inside a synctest bubble.
type world struct {
	*testing.T
	*memory.Broker
	consumer *broker.Consumer
	cancel   context.CancelFunc // begins the drain
	ended    chan error         // what Run answered
	log      *bytes.Buffer      // to be read once Run has ended
}

// bubble runs test in a time of its own, with the address of a database: what asks that takes none of the time.
func bubble(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	url := pgtest.URL(t)
	synctest.Test(t, func(t *testing.T) { test(t, url) })
}

// consume runs h on example.main; more may alter the options before.
func consume(t *testing.T, url string, h func(context.Context, *body) error, retry broker.Option, more ...func(*broker.Options)) *world {
	t.Helper()
	w := &world{T: t, ended: make(chan error, 1), log: new(bytes.Buffer)}
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	w.Broker = memory.New(log)

	db, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "broker", Max: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	o := broker.Options{
		DB:             db,
		Drivers:        map[broker.Connection]broker.Driver{example: w.Broker},
		Queues:         []broker.Queue{broker.One(example, "main", h, retry)},
		HandlerTimeout: 20 * time.Second,
		Grace:          25 * time.Second,
		Log:            log,
	}
	for _, m := range more {
		m(&o)
	}

	if w.consumer, err = broker.NewConsumer(o); err != nil {
		t.Fatal(err)
	}
	if err := w.consumer.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(t.Context())
	go func() { w.ended <- w.consumer.Run(ctx) }()
	return w
}

func (w *world) send() {
	w.Helper()
	if _, err := broker.Send(w.Context(), w.Broker, "example.main", []byte(`{"n":1}`)); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// stop drains and answers what Run did.
func (w *world) stop() error {
	w.cancel()
	err := <-w.ended
	_ = w.Close(context.Background())
	return err
}

func (w *world) depth(queue string) broker.Depth {
	w.Helper()
	d, err := w.Inspect(w.Context(), queue)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// take removes a message that must be there.
func (w *world) take(queue string) broker.Delivery {
	w.Helper()
	p, err := w.Pull(w.Context(), queue)
	if err != nil {
		w.Fatal(err)
	}
	d, ok, err := p.Get(w.Context())
	if !ok || err != nil {
		w.Fatalf("take from %s: found %t, %v", queue, ok, err)
	}
	if err := d.Ack(); err != nil {
		w.Fatal(err)
	}
	return d
}
