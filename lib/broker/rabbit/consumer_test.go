package rabbit_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

type numbered struct {
	N int `json:"n"`
}

func TestHugeHeadersEndInTheDeadQueueAndCostNoConnection(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	c, err := broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{"example": b}, DB: pgtest.New(t), HandlerTimeout: soon, Grace: soon,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Queues: []broker.Queue{broker.One("example", "main", func(context.Context, *numbered) error {
			return errors.New("out of luck")
		}, broker.Retry(10*time.Millisecond))},
	})
	check(t, err)
	check(t, c.Declare(t.Context()))
	ch := channel(t, url)
	before := publishingConnection(t, url)

	for _, size := range []int{130_000, 1} {
		check(t, ch.Publish("", "example.main", true, false, amqp.Publishing{
			MessageId: strconv.Itoa(size), Body: []byte(`{"n":1}`),
			Headers: amqp.Table{"big": strings.Repeat("x", size), "traceparent": "00-a-b-01"},
		}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	depth(t, b, "example.main.dead", 2)
	cancel()
	check(t, receive(t, ended))

	p, err := b.Pull(t.Context(), "example.main.dead")
	check(t, err)
	for range 2 {
		d, _, err := p.Get(t.Context())
		check(t, err)
		text, _ := d.Headers[broker.HeaderError].(string)
		told := strings.HasPrefix(text, `130009 bytes of headers were dropped, the largest "big"`) &&
			d.Headers["big"] == nil
		if huge := d.ID == "130000"; told != huge || !strings.HasSuffix(text, "out of luck") ||
			d.Headers["traceparent"] != "00-a-b-01" || d.Attempts() != 2 {
			t.Errorf("%s: got %.200s, %d attempts", d.ID, text, d.Attempts())
		}
	}
	check(t, p.Close())
	if after := publishingConnection(t, url); after != before {
		t.Errorf("the publishing connection is now %s, was %s", after, before)
	}
}

func TestDrainDoesNotWaitForABrokerThatVanished(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	began, finish := make(chan struct{}), make(chan struct{})
	c, err := broker.NewConsumer(broker.Options{
		Drivers: map[broker.Connection]broker.Driver{"example": b}, DB: pgtest.New(t), HandlerTimeout: soon, Grace: time.Millisecond,
		Log: slog.New(slog.DiscardHandler), // what the drain leaves behind may speak after the test
		Queues: []broker.Queue{broker.One("example", "main", func(context.Context, *numbered) error {
			close(began)
			<-finish
			return nil
		})},
	})
	check(t, err)
	check(t, c.Declare(t.Context()))
	_, err = broker.Send(t.Context(), b, "example.main", []byte(`{"n":1}`))
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	receive(t, began)

	p.vanish()
	close(finish)
	cancel()
	check(t, receive(t, ended))
	if s := b.State(); !s.Connected {
		t.Errorf("it waited until the loss was noticed: %v", s.Problem)
	}
	check(t, b.Close(t.Context()))
}

// publishingConnection is the address and port of the driver's.
func publishingConnection(t *testing.T, url string) (name string) {
	t.Helper()
	api := newAPI(t, testenv.Management(t), url)
	until(t, "the publishing connection is known", func() bool {
		for _, c := range api.connections() {
			if c.Properties.ConnectionName == "app test (publishing)" {
				name = c.Name
			}
		}
		return name != ""
	})
	return name
}

func TestOneConsumerWorksTheQueuesOfTwoVhosts(t *testing.T) {
	t.Parallel()
	const example, billing = broker.Connection("example"), broker.Connection("billing")
	drivers := map[broker.Connection]broker.Driver{
		example: open(t, testenv.Broker(t)),
		billing: open(t, testenv.Broker(t)),
	}
	handled := map[broker.Connection]chan int{example: make(chan int, 1), billing: make(chan int, 1)}
	into := func(c broker.Connection) func(context.Context, *numbered) error {
		return func(_ context.Context, in *numbered) error {
			handled[c] <- in.N
			return nil
		}
	}

	c, err := broker.NewConsumer(broker.Options{
		Drivers: drivers, Workers: 2, DB: pgtest.New(t), HandlerTimeout: soon, Grace: soon, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Queues: []broker.Queue{
			broker.One(example, "main", into(example)),
			broker.One(billing, "main", into(billing)),
		},
	})
	check(t, err)
	check(t, c.Declare(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	for connection, n := range map[broker.Connection]string{example: "1", billing: "2"} {
		_, err := broker.Send(t.Context(), drivers[connection], string(connection)+".main", []byte(`{"n":`+n+`}`))
		check(t, err)
	}
	if a, b := receive(t, handled[example]), receive(t, handled[billing]); a != 1 || b != 2 {
		t.Errorf("example got %d, billing %d", a, b)
	}
	if _, err := drivers[example].Inspect(t.Context(), "billing.main"); err == nil {
		t.Error("billing's queue is at example too")
	}
	cancel()
	check(t, receive(t, ended))
}
