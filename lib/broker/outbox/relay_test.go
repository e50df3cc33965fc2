package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestWholeRowTravels(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	_, err := db.Exec(t.Context(), `
		INSERT INTO outbox (message_id, key, exchange, routing_key, type, correlation_id, headers, body, created_at)
		VALUES ('0190a5b0-0000-7000-8000-000000000001', 'student:1', 'example', 'student.created', 'student.created',
			'request 7', '{"traceparent": "00-a-b-01"}', '{"name": "Ada"}', '2026-05-04 03:02:01Z')`)
	check(t, err)
	start(t, db, b)
	allSent(t, db)

	d, ok, err := channel(t, url).Get("example.main", true)
	check(t, err)
	if !ok || d.MessageId != "0190a5b0-0000-7000-8000-000000000001" || d.Type != "student.created" ||
		d.CorrelationId != "request 7" || d.ContentType != "application/json" || d.DeliveryMode != amqp.Persistent ||
		!d.Timestamp.Equal(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)) || d.Headers["traceparent"] != "00-a-b-01" ||
		d.Exchange != "example" || d.RoutingKey != "student.created" || string(d.Body) != `{"name": "Ada"}` {
		t.Errorf("the message is %+v", d)
	}
	if n := number(t, db, "SELECT attempts FROM outbox"); n != 0 {
		t.Errorf("the row was charged %d attempts", n)
	}
}

func TestRowLeavesOnlyAfterItsCommit(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	start(t, db, b)
	for result, want := range map[error]int{nil: 1, errors.New("broken"): 0} {
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			check(t, write(ctx, db, "example", "student.created", "inside", 1))
			db.Notify(ctx, outbox.Channel)

			add(t, db, "student.created", "outside", 1)
			allSent(t, db)
			if there := messages(t, url, "example.main"); len(there) != 1 || !strings.Contains(there[0].body, "outside") {
				t.Errorf("while the transaction is open there is %v", there)
			}
			return result
		})
		if !errors.Is(err, result) {
			t.Fatal(err)
		}
		allSent(t, db)
		if there := messages(t, url, "example.main"); len(there) != want {
			t.Errorf("after a transaction that ends with %v there is %v", result, there)
		}
	}
}

func TestRowLeavesWithoutANotification(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, _ := newBroker(t)
	start(t, db, b)
	add(t, db, "student.created", "first", 1)
	allSent(t, db)

	check(t, write(t.Context(), db, "example", "student.created", "second", 1))
	allSent(t, db)
}

func TestManyKeysAndALongOneKeepTheirOrder(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	keys := []string{"a", "b", "c", "d"}
	add(t, db, "student.created", "long", 1500)
	for _, key := range keys {
		add(t, db, "student.created", key, 100)
	}
	start(t, db, b)
	allSent(t, db)

	all := messages(t, url, "example.main")
	inOrder(t, all, 100, keys...)
	inOrder(t, all, 1500, "long")
	if len(all) != 1900 {
		t.Errorf("%d messages, want 1900", len(all))
	}
}

func TestRowOfAnotherExchangeStaysAndHoldsNobodyBack(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	check(t, write(t.Context(), db, "elsewhere", "student.created", "a", 2))
	add(t, db, "student.created", "a", 1)
	told := make(chan string, 10)
	startRelay(t, outbox.Options{
		DB: db, Drivers: map[broker.Connection]broker.Driver{"example": b}, Log: slog.New(slog.NewTextHandler(lines(told), nil)),
	})

	until(t, "the other row leaves", func() bool { return unsent(t, db) == 2 })
	inOrder(t, messages(t, url, "example.main"), 1, "a")
	select {
	case line := <-told:
		if !strings.Contains(line, "exchange=elsewhere rows=2") {
			t.Errorf("the log says %q", line)
		}
	case <-time.After(patience):
		t.Error("nobody tells of the rows that stay")
	}
}

type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// holder is the session that has the lock.
func holder(t *testing.T, db *pg.DB) int {
	t.Helper()
	return number(t, db, `
		SELECT coalesce(max(pid), 0) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

func TestOneOfTwoRelaysSendsAndTheOtherTakesOver(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	start(t, db, b)
	start(t, db, b)
	until(t, "one has the lock", func() bool { return holder(t, db) != 0 })
	for range 5 {
		first := holder(t, db)
		add(t, db, "student.created", "a", 300)
		check(t, db.QueryRow(t.Context(), "SELECT pg_terminate_backend($1)", first).Scan(new(bool)))
		until(t, "another has the lock", func() bool { pid := holder(t, db); return pid != 0 && pid != first })
		allSent(t, db)
	}

	all := firsts(messages(t, url, "example.main"))
	if len(all) != 1500 {
		t.Errorf("%d messages, want 1500", len(all))
	}
	for i, body := range all {
		if n, ok := numberOf(body, "a"); !ok || n != i%300+1 {
			t.Fatalf("message %d is %s", i, body)
		}
	}
}

func TestTwoRelaysSendNothingTwice(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	start(t, db, b)
	start(t, db, b)
	for range 20 {
		add(t, db, "student.created", "a", 50)
		add(t, db, "student.created", "b", 50)
	}
	allSent(t, db)
	if all := messages(t, url, "example.main"); len(all) != 2000 || len(firsts(all)) != 2000 {
		t.Errorf("%d messages, %d of them different, want 2000", len(all), len(firsts(all)))
	}
}

// besideAChild starts a relay once another, in a process of its own, has the lock.
func besideAChild(t *testing.T) (db *pg.DB, amqpURL string, other *testenv.Program) {
	t.Helper()

	url := pgtest.URL(t)
	db, err := pg.Open(t.Context(), pg.Options{URL: url, Name: "test", Max: 4})
	check(t, err)
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	b, amqpURL := newBroker(t)

	other = testenv.StartProgram(t, os.Args[0], t.TempDir(), testenv.Settings{childDatabase: url, childBroker: amqpURL})
	until(t, "the child has the lock", func() bool { return holder(t, db) != 0 })
	start(t, db, b)
	return db, amqpURL, other
}

// The kernel of a process that is stopped answers for it, for ever.
func TestRelayTakesOverFromAProcessThatWasStopped(t *testing.T) {
	t.Parallel()
	db, amqpURL, other := besideAChild(t)

	other.Pause()
	t.Cleanup(other.Continue)
	add(t, db, "student.created", "a", 10)
	allSent(t, db)
	inOrder(t, messages(t, amqpURL, "example.main"), 10, "a")

	other.Continue()
	add(t, db, "student.created", "b", 10)
	allSent(t, db)
	inOrder(t, messages(t, amqpURL, "example.main"), 10, "b")
}

func TestRelayTakesOverFromAProcessThatWasKilled(t *testing.T) {
	t.Parallel()
	db, amqpURL, other := besideAChild(t)

	add(t, db, "student.created", "a", 2000)
	until(t, "the child sends", func() bool { return unsent(t, db) < 2000 })
	if unsent(t, db) == 0 {
		t.Error("the child has sent everything before it was killed")
	}
	other.Kill()
	allSent(t, db)
	inOrder(t, messages(t, amqpURL, "example.main"), 2000, "a")
}

func TestStopAwaitsWhatIsUnderWay(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	sent := 0
	for range 5 {
		add(t, db, "student.created", "a", 500)
		stop := start(t, db, b)
		before := unsent(t, db)
		until(t, "it sends", func() bool { return unsent(t, db) < before })
		stop()
		sent = 2500 - number(t, db, "SELECT 2500 - count(*) FROM outbox WHERE sent_at IS NOT NULL")
	}
	if all := messages(t, url, "example.main"); len(all) != sent {
		t.Errorf("%d messages, and %d rows are marked as sent", len(all), sent)
	}
}

func TestStopDoesNotWaitForABrokerThatIsNotThere(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	add(t, db, "student.created", "a", 10)
	stop := start(t, db, open(t, "amqp://127.0.0.1:1/", "example"))
	until(t, "it has the lock", func() bool { return holder(t, db) != 0 })
	stop()
	if n := number(t, db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND attempts = 0 AND next_attempt_at IS NULL"); n != 10 {
		t.Errorf("%d rows are as they were, want 10", n)
	}
}

func TestRelayWithoutADatabaseWaitsForIt(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	pgtest.Migrate(t, server.URL())
	db, err := pg.Open(t.Context(), pg.Options{URL: server.URL(), Name: "test", Max: 4})
	check(t, err)
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	b, url := newBroker(t)
	r := outbox.Options{DB: db, Drivers: map[broker.Connection]broker.Driver{"example": b}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}

	server.Stop()
	startRelay(t, r)
	server.Start()
	for name, end := range map[string]func(){"stopped": server.Stop, "killed": server.Kill} {
		until(t, "the pool recovers", func() bool { return write(t.Context(), db, "example", "student.created", name, 1000) == nil })
		until(t, "it sends", func() bool { return unsent(t, db) < 1000 })
		end()
		server.Start()
		until(t, "the pool recovers", func() bool { return db.Ping(t.Context()) == nil })
		allSent(t, db)
	}
	inOrder(t, messages(t, url, "example.main"), 1000, "stopped", "killed")
}
