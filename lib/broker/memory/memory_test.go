package memory_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/brokertest"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestMemoryKeepsThePort(t *testing.T) {
	t.Parallel()
	brokertest.Run(t, open)
}

func open(t testing.TB) brokertest.Server {
	b := memory.New(slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(func() { _ = b.Close(context.Background()) })
	return brokertest.Server{Driver: b, Delete: b.Delete, Interrupt: b.Interrupt}
}

func TestMessageThatCameBackTooOftenIsDead(t *testing.T) {
	t.Parallel()
	b := open(t)
	family := broker.Family{Exchange: "example", Name: "example.main"}
	if err := b.Declare(t.Context(), family); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "1"}); err != nil {
		t.Fatal(err)
	}

	limit := family.Queues()[1].DeliveryLimit
	for range limit + 1 {
		p, err := b.Pull(t.Context(), family.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := p.Get(t.Context()); !ok || err != nil {
			t.Fatalf("found %t, %v", ok, err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}

	main, _ := b.Inspect(t.Context(), family.Name)
	dead, _ := b.Inspect(t.Context(), family.Dead())
	if main.Ready != 0 || dead.Ready != 1 {
		t.Errorf("%d live, %d dead", main.Ready, dead.Ready)
	}
}

func TestClosedBrokerAnswersErrors(t *testing.T) {
	t.Parallel()
	b := open(t)
	sub := subscribe(t, b)
	if err := errors.Join(b.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Fatal(err)
	}

	if _, ok := <-sub.Deliveries(); ok || sub.Err() != nil {
		t.Errorf("open %t, error %v", ok, sub.Err())
	}
	if b.State().Connected || b.Ready(t.Context()) == nil {
		t.Error("it says that it is connected")
	}
	if b.Publish(t.Context(), "", "example.main", broker.Envelope{}) == nil {
		t.Error("it took a message")
	}
	if b.Declare(t.Context()) == nil {
		t.Error("it declared")
	}
	if _, err := b.Inspect(t.Context(), "example.main"); err == nil || errors.Is(err, broker.ErrNoQueue) {
		t.Errorf("got %v", err)
	}
}

func subscribe(t *testing.T, d broker.Driver) broker.Subscription {
	t.Helper()
	if err := d.Declare(t.Context(), broker.Family{Exchange: "example", Name: "example.main"}); err != nil {
		t.Fatal(err)
	}
	sub, err := d.Consume(t.Context(), "example.main", 1)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestFullQueueRefusesAndTakesAgain(t *testing.T) {
	t.Parallel()
	b := open(t)
	sub := subscribe(t, b)
	var err error
	for err == nil {
		err = b.Publish(t.Context(), "", "example.main", broker.Envelope{ID: "1"})
	}
	if !errors.Is(err, broker.ErrRefused) {
		t.Fatalf("got %v, want %v", err, broker.ErrRefused)
	}

	d := <-sub.Deliveries()
	if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), "", "example.main", broker.Envelope{ID: "1"}); err != nil {
		t.Error(err)
	}
}
