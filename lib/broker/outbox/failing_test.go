package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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

// bare is a connection whose exchange returns what nobody is bound for.
type bare struct {
	*amqp.Channel
	db  *pg.DB
	url string
}

// newBare binds the queue "good" for "good".
func newBare(t *testing.T) bare {
	t.Helper()

	url := testenv.Broker(t)
	x := bare{Channel: channel(t, url), db: pgtest.New(t), url: url}
	check(t, x.ExchangeDeclare("bare", amqp.ExchangeTopic, true, false, false, false, nil))
	x.queue(t, "good", nil)

	startRelay(t, outbox.Options{
		DB: x.db, Drivers: map[broker.Connection]broker.Driver{"bare": open(t, url, "bare")},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	return x
}

func (x bare) queue(t *testing.T, name string, args amqp.Table) {
	t.Helper()

	_, err := x.QueueDeclare(name, true, false, false, false, args)
	check(t, err)
	check(t, x.QueueBind(name, name, "bare", false, nil))
}

func (x bare) write(t *testing.T, routingKey, key string) {
	t.Helper()

	check(t, write(t.Context(), x.db, "bare", routingKey, key, 1))
	x.db.Notify(t.Context(), outbox.Channel)
}

func (x bare) held(t *testing.T) int {
	t.Helper()
	return number(t, x.db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND attempts > 0 AND next_attempt_at IS NOT NULL")
}

func TestReturnedRowHoldsBackItsKeyAlone(t *testing.T) {
	t.Parallel()

	x := newBare(t)
	x.write(t, "nowhere", "a")
	until(t, "it is held", func() bool { return x.held(t) == 1 })
	x.write(t, "good", "a")
	x.write(t, "good", "b")
	until(t, "the other key leaves", func() bool { return unsent(t, x.db) == 2 })
	inOrder(t, messages(t, x.url, "good"), 1, "b")

	until(t, "it is tried again", func() bool { return number(t, x.db, "SELECT max(attempts) FROM outbox") >= 2 })
	if n := unsent(t, x.db); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
	x.queue(t, "nowhere", nil)
	allSent(t, x.db)
	inOrder(t, messages(t, x.url, "nowhere"), 1, "a")
	inOrder(t, messages(t, x.url, "good"), 1, "a")
}

func TestRowsOfOneBatchWaitBehindAReturnedOne(t *testing.T) {
	t.Parallel()

	x := newBare(t)
	check(t, x.db.InTx(t.Context(), func(ctx context.Context) error {
		for _, routingKey := range []string{"good", "nowhere", "good"} {
			check(t, write(ctx, x.db, "bare", routingKey, "a", 1))
		}
		x.db.Notify(ctx, outbox.Channel)
		return nil
	}))
	until(t, "it is held", func() bool { return x.held(t) == 1 })
	if n := unsent(t, x.db); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
	if n := number(t, x.db, "SELECT count(*) FROM outbox WHERE attempts > 0 AND routing_key = 'good'"); n != 0 {
		t.Errorf("%d rows are charged that were never tried", n)
	}
}

func TestFullQueueHoldsBackItsKeysUntilThereIsRoom(t *testing.T) {
	t.Parallel()

	x := newBare(t)
	x.queue(t, "full", amqp.Table{"x-max-length": 1, "x-overflow": "reject-publish"})
	x.write(t, "full", "a")
	allSent(t, x.db)
	x.write(t, "full", "a")
	until(t, "it is held", func() bool { return x.held(t) == 1 })
	x.write(t, "good", "a")
	x.write(t, "good", "b")
	until(t, "the other key leaves", func() bool { return unsent(t, x.db) == 2 })

	if all := messages(t, x.url, "full"); len(all) != 1 {
		t.Errorf("the full queue has %d messages", len(all))
	}
	allSent(t, x.db)
	if all := messages(t, x.url, "full"); len(all) != 1 {
		t.Errorf("the queue has %d messages, want the one that was refused", len(all))
	}
}

// The broker closes the channel of whoever asks for what is forbidden.
func TestForbiddenRowHoldsBackItsKeyAlone(t *testing.T) {
	t.Parallel()
	x := newBare(t)
	forbid(t, x.url, "^good$")

	x.write(t, "forbidden", "a")
	until(t, "it is held", func() bool { return x.held(t) == 1 })
	for range 20 {
		x.write(t, "good", "b")
	}
	until(t, "the others are sent", func() bool { return unsent(t, x.db) == 1 })
}

// forbid lets the user of url publish to the exchange bare only under keys that match allowed.
func forbid(t *testing.T, amqpURL, allowed string) {
	t.Helper()

	u, err := url.Parse(amqpURL)
	check(t, err)
	body := fmt.Sprintf(`{"exchange": "bare", "write": %q, "read": ".*"}`, allowed)
	at := testenv.Management(t) + "/api/topic-permissions/" + strings.TrimPrefix(u.Path, "/") + "/" + u.User.Username()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, at, strings.NewReader(body))
	check(t, err)
	res, err := http.DefaultClient.Do(r)
	check(t, err)
	if res.Body.Close(); res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("forbid keys: %s", res.Status)
	}
}

func TestRowsLeaveAfterTheirExchangeIsBack(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	b, url := newBroker(t)
	start(t, db, b)
	add(t, db, "student.created", "a", 1)
	allSent(t, db)
	check(t, channel(t, url).ExchangeDelete("example", false, false))

	add(t, db, "student.created", "b", 10)
	allSent(t, db)
	all := messages(t, url, "example.main")
	inOrder(t, all, 1, "a")
	inOrder(t, all, 10, "b")
}

func TestMessageThatNoFrameHoldsHoldsBackItsKeyAlone(t *testing.T) {
	t.Parallel()

	x := newBare(t)
	_, err := x.db.Exec(t.Context(), `
		INSERT INTO outbox (message_id, key, exchange, routing_key, headers, body)
		VALUES (gen_random_uuid(), 'a', 'bare', 'good', jsonb_build_object('big', repeat('x', 200000)), '{}')`)
	check(t, err)
	x.write(t, "good", "a")
	x.write(t, "good", "b")
	until(t, "the other key leaves", func() bool { return unsent(t, x.db) == 2 && x.held(t) == 1 })
	inOrder(t, messages(t, x.url, "good"), 1, "b")
}

func TestBrokerThatStopsOrDiesLosesNothingAndChargesNothing(t *testing.T) {
	t.Parallel()

	node := testenv.NewNode(t)
	db, b := pgtest.New(t), open(t, node.URL(), "example")
	check(t, b.Declare(t.Context(), family()))
	start(t, db, b)

	keys := []string{"stopped", "killed", "cut"}
	for i, end := range []func(){
		func() { node.Restart() },
		func() { node.Kill(); node.Start() },
		func() { node.Ctl("close_all_connections", "test") },
	} {
		add(t, db, "student.created", keys[i], 1500)
		until(t, "it sends", func() bool { return unsent(t, db) < 1500 })
		if unsent(t, db) == 0 {
			t.Error("everything was sent before the end")
		}
		end()
		allSent(t, db)
	}
	uncharged(t, db)
	inOrder(t, messages(t, node.URL(), "example.main"), 1500, keys...)
}

func uncharged(t *testing.T, db *pg.DB) {
	t.Helper()

	if n := number(t, db, "SELECT count(*) FROM outbox WHERE attempts > 0 OR next_attempt_at IS NOT NULL"); n > 0 {
		t.Errorf("%d rows were charged an attempt", n)
	}
}

func TestMemoryAlarmIsWaitedFor(t *testing.T) {
	t.Parallel()

	node := testenv.NewNode(t)
	db, b := pgtest.New(t), open(t, node.URL(), "example")
	check(t, b.Declare(t.Context(), family()))
	start(t, db, b)

	node.Ctl("set_vm_memory_high_watermark", "absolute", "1MB")
	add(t, db, "student.created", "a", 100)
	add(t, db, "student.created", "b", 100)
	until(t, "the broker blocks", func() bool { return b.State().Blocked != "" })
	time.Sleep(3 * time.Second) // in which it looks after its connection
	if n := unsent(t, db); n != 200 {
		t.Errorf("%d rows are left while the broker is blocked, want 200", n)
	}

	node.Ctl("set_vm_memory_high_watermark", "absolute", "2GB")
	allSent(t, db)
	uncharged(t, db)
	all := messages(t, node.URL(), "example.main")
	inOrder(t, all, 100, "a", "b")
	if len(all) != 200 {
		t.Errorf("%d messages, want 200", len(all))
	}
}
