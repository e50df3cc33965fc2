package rabbit_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"example.com/app/lib/broker/brokertest"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

const (
	soon = 30 * time.Second // what has not happened by then never will
	tick = 10 * time.Millisecond
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestRabbitKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()

	brokertest.Run(t, func(t testing.TB) brokertest.Server {
		url := testenv.Broker(t)
		api := newAPI(t, testenv.Management(t), url)
		return brokertest.Server{Driver: open(t, url), Delete: api.deleteQueue, Interrupt: api.closeConnections}
	})
}

// open answers a driver that is closed with the test.
func open(t testing.TB, url string) *rabbit.Broker {
	t.Helper()
	return openAs(t, rabbit.Options{Name: "example", URL: url, ConnectionName: "app test"})
}

func openAs(t testing.TB, o rabbit.Options) *rabbit.Broker {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	b, err := rabbit.Open(o)
	check(t, err)
	closeWith(t, b)
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !holds(); time.Sleep(tick) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to hold: %s", what)
		}
	}
}

func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(soon):
		t.Fatal("nothing came")
	}
	return v
}
