package rabbit_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

const (
	soon      = 60 * time.Second // what has not happened by then never will
	tick      = 10 * time.Millisecond
	confirmed = 4 * time.Second // what a server that works takes at most, also without a processor for a while
)

func TestMain(m *testing.M) {
	if os.Getenv(childQueue) != "" {
		os.Exit(child())
	}
	os.Exit(testenv.Main(m))
}

// open answers a driver that is closed with the test.
func open(t testing.TB, url string) *rabbit.Broker {
	t.Helper()
	b, err := rabbit.Open(options(t, url))
	check(t, err)
	closeWith(t, b)
	return b
}

func options(t testing.TB, url string) rabbit.Options {
	return rabbit.Options{
		Name: "example", URL: url, ConnectionName: "app test", LongestPause: time.Second,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

func closeWith(t testing.TB, b *rabbit.Broker) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), soon)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
	})
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
