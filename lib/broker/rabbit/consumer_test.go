package rabbit_test

import (
	"context"
	"log/slog"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/testenv"
)

type numbered struct {
	N int `json:"n"`
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
		Drivers: drivers, Workers: 2, HandlerTimeout: soon, Grace: soon, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
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
