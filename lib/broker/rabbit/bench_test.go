package rabbit_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// BenchmarkConsume handles messages that wait already, each into a row of its own; ns/op is the time of one message.
func BenchmarkConsume(b *testing.B) {
	const one, many = "INSERT INTO effect (name) VALUES ($1)", "INSERT INTO effect (name) SELECT unnest($1::text[])"

	b.Run("one by one", func(b *testing.B) {
		work(b, func(db *pg.DB, done func(int)) broker.Queue {
			return broker.One("example", "main", func(ctx context.Context, in *numbered) error {
				_, err := db.Exec(ctx, one, strconv.Itoa(in.N))
				done(1)
				return err
			})
		})
	})
	b.Run("batches", func(b *testing.B) {
		work(b, func(db *pg.DB, done func(int)) broker.Queue {
			return broker.Batch("example", "main", func(ctx context.Context, batch []broker.Message[numbered]) error {
				names := make([]string, 0, len(batch))
				for _, m := range batch {
					names = append(names, strconv.Itoa(m.Body.N))
				}
				_, err := db.Exec(ctx, many, names)
				done(len(batch))
				return err
			})
		})
	})
}

// work ends the clock when every message has been handled once.
func work(b *testing.B, queue func(db *pg.DB, done func(int)) broker.Queue) {
	b.Helper()
	url := testenv.Broker(b)
	db, err := pg.Open(b.Context(), pg.Options{URL: pgtest.URL(b), Name: "bench", Max: 20})
	check(b, err)
	b.Cleanup(func() { db.Close(context.WithoutCancel(b.Context())) })
	_, err = db.Exec(b.Context(), "CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)")
	check(b, err)

	var handled atomic.Int64
	all := make(chan struct{})
	q := queue(db, func(n int) {
		if handled.Add(int64(n)) == int64(b.N) {
			close(all)
		}
	})
	consumer, err := broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{"example": open(b, url)}, DB: db, Queues: []broker.Queue{q},
		Workers: 16, HandlerTimeout: soon, Grace: soon, Log: slog.New(slog.NewTextHandler(b.Output(), nil)),
	})
	check(b, err)
	check(b, consumer.Declare(b.Context()))
	load(b, url, q.Name)

	b.ReportAllocs()
	b.ResetTimer()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	<-all
	b.StopTimer()
	cancel()
	check(b, <-ended)
}

func load(b *testing.B, url, queue string) {
	b.Helper()
	ch := channel(b, url)
	check(b, ch.Confirm(false))
	var last *amqp.DeferredConfirmation
	for n := range b.N {
		id := strconv.Itoa(n + 1)
		var err error
		last, err = ch.PublishWithDeferredConfirm("", queue, true, false, amqp.Publishing{
			MessageId: id, DeliveryMode: amqp.Persistent, Body: []byte(`{"n":` + id + `}`),
		})
		check(b, err)
	}
	if _, err := last.WaitContext(b.Context()); err != nil {
		b.Fatal(err)
	}
}
