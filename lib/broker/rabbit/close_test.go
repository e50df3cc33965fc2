package rabbit_test

import (
	"bytes"
	"context"
	"runtime/pprof"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/testenv"
)

// It is not parallel: it looks at all goroutines.
func TestCloseLeavesNothingBehind(t *testing.T) {
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	for range 10 {
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{}))
	}
	s, err := b.Consume(t.Context(), family.Name, 5)
	check(t, err)
	receive(t, s.Deliveries())
	pull(t, b, family.Name)

	check(t, b.Close(t.Context()))
	check(t, b.Close(t.Context()))
	until(t, "no goroutine is left", func() bool {
		var stacks bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
		return !bytes.Contains(stacks.Bytes(), []byte("amqp091")) && !bytes.Contains(stacks.Bytes(), []byte("rabbit.(*"))
	})
	api := newAPI(t, testenv.Management(t), url)
	until(t, "no connection is left", func() bool { return len(api.connections()) == 0 })
	for range s.Deliveries() {
		t.Error("a closed broker delivers")
	}
	if s.Err() != nil {
		t.Errorf("closed, and the subscription ended with %v", s.Err())
	}

	if s := b.State(); s.Connected || s.Problem == nil {
		t.Errorf("state %+v", s)
	}
	for what, call := range map[string]func() error{
		"publish": func() error { return b.Publish(t.Context(), "", family.Name, broker.Envelope{}) },
		"declare": func() error { return b.Declare(t.Context(), family) },
		"consume": func() error { _, err := b.Consume(t.Context(), family.Name, 1); return err },
		"pull":    func() error { _, err := b.Pull(t.Context(), family.Name); return err },
		"inspect": func() error { _, err := b.Inspect(t.Context(), family.Name); return err },
		"ready":   func() error { return b.Ready(t.Context()) },
	} {
		if call() == nil {
			t.Errorf("%s on a closed broker succeeds", what)
		}
	}
}

func TestCloseOfABrokerThatNeverConnectedIsQuick(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	p.filter(func([]byte) bool { return true }) // the server accepts and says nothing
	b := open(t, p.url)
	waiting := make(chan error, 2)
	go func() { waiting <- b.Publish(t.Context(), "", family.Name, broker.Envelope{}) }()
	go func() { _, err := b.Consume(t.Context(), family.Name, 1); waiting <- err }()

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	check(t, b.Close(ctx))
	for range cap(waiting) {
		if receive(t, waiting) == nil {
			t.Error("it succeeded")
		}
	}
}
