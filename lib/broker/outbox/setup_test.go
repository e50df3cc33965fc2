package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg"
	"example.com/app/lib/testenv"
)

const patience = 60 * time.Second

func TestMain(m *testing.M) { os.Exit(testenv.MainOr(m, child)) }

func family() broker.Family {
	return broker.Family{Exchange: "example", Name: "example.main", Bindings: []string{"student.*"}}
}

func open(t testing.TB, url, exchange string) *rabbit.Broker {
	t.Helper()

	b, err := rabbit.Open(rabbit.Options{
		Name: exchange, URL: url, ConnectionName: "test", LongestPause: time.Second, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
		defer cancel()
		_ = b.Close(ctx)
	})
	return b
}

// newBroker is a driver with the family, on a virtual host of its own.
func newBroker(t testing.TB) (b *rabbit.Broker, url string) {
	t.Helper()

	url = testenv.Broker(t)
	b = open(t, url, "example")
	check(t, b.Declare(t.Context(), family()))
	return b, url
}

// start runs a relay until the test ends, or stop is called.
func start(t testing.TB, db *pg.DB, b broker.Driver) (stop func()) {
	t.Helper()
	return startRelay(t, outbox.Options{
		DB:       db,
		Drivers:  map[broker.Connection]broker.Driver{"example": b},
		Families: map[broker.Connection][]broker.Family{"example": {family()}},
		Log:      slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
}

func startRelay(t testing.TB, o outbox.Options) (stop func()) {
	t.Helper()

	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- outbox.NewRelay(o).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the relay does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

// write puts n rows of a key into the outbox, whose bodies count from 1, and tells nobody.
func write(ctx context.Context, db *pg.DB, exchange, routingKey, key string, n int) error {
	_, err := db.Exec(ctx, `
		INSERT INTO outbox (message_id, key, exchange, routing_key, body)
		SELECT gen_random_uuid(), $1, $2, $3, jsonb_build_object('key', $1::text, 'n', i) FROM generate_series(1, $4::int) i`,
		key, exchange, routingKey, n)
	return err
}

func add(t testing.TB, db *pg.DB, routingKey, key string, n int) {
	t.Helper()

	check(t, write(t.Context(), db, "example", routingKey, key, n))
	db.Notify(t.Context(), outbox.Channel)
}

func unsent(t testing.TB, db *pg.DB) int {
	t.Helper()
	return number(t, db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
}

func number(t testing.TB, db *pg.DB, sql string, args ...any) (n int) {
	t.Helper()

	check(t, db.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func allSent(t testing.TB, db *pg.DB) {
	t.Helper()
	until(t, "every row is sent", func() bool { return unsent(t, db) == 0 })
}

func until(t testing.TB, what string, good func() bool) {
	t.Helper()

	for end := time.Now().Add(patience); !good(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// messages are the bodies of a queue's messages, in their order, each with its message-id. They are taken away.
type message struct {
	id, body string
}

func messages(t testing.TB, url, queue string) (all []message) {
	t.Helper()

	ch := channel(t, url)
	for {
		d, ok, err := ch.Get(queue, true)
		check(t, err)
		if !ok {
			return all
		}
		all = append(all, message{d.MessageId, string(d.Body)})
	}
}

// firsts leaves out every message whose id came before.
func firsts(all []message) (bodies []string) {
	seen := make(map[string]bool)
	for _, m := range all {
		if !seen[m.id] {
			seen[m.id] = true
			bodies = append(bodies, m.body)
		}
	}
	return bodies
}

// inOrder checks that the messages are n of each key, first time by first time in their order.
func inOrder(t testing.TB, all []message, n int, keys ...string) {
	t.Helper()

	got := make(map[string][]string)
	for _, body := range firsts(all) {
		for _, key := range keys {
			if i, ok := numberOf(body, key); ok {
				got[key] = append(got[key], strconv.Itoa(i))
			}
		}
	}
	want := make([]string, n)
	for i := range n {
		want[i] = strconv.Itoa(i + 1)
	}
	for _, key := range keys {
		if !slices.Equal(got[key], want) {
			t.Errorf("the messages of key %s are %d in the order %.200s, want %d", key, len(got[key]), got[key], n)
		}
	}
}

func numberOf(body, key string) (n int, ok bool) {
	_, err := fmt.Sscanf(body, `{"n": %d, "key": "`+key+`"}`, &n)
	return n, err == nil
}

func channel(t testing.TB, url string) *amqp.Channel {
	t.Helper()

	conn, err := amqp.Dial(url)
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	check(t, err)
	return ch
}

func check(t testing.TB, err error) {
	t.Helper()

	if err != nil {
		t.Fatal(err)
	}
}
