package rabbit_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// delay holds the first answer to a basic.get, and with it all that the server says after it, until it is called.
func (p *proxy) delay() (asked <-chan struct{}, release func()) {
	came, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.filter(func(frame []byte) bool {
		if isGetOk(frame) {
			once.Do(func() { close(came) })
			<-free
		}
		return false
	})
	return came, sync.OnceFunc(func() { close(free) })
}

func isGetOk(frame []byte) bool {
	return frame[0] == 1 && binary.BigEndian.Uint16(frame[7:]) == 60 && binary.BigEndian.Uint16(frame[9:]) == 71
}

func TestPullerThatClosesBeforeItsAnswerCostsNoConnection(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "1"}))

	for range 20 {
		asked, release := p.delay()
		t.Cleanup(release)
		puller, err := b.Pull(t.Context(), family.Name)
		check(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() { _, _, err := puller.Get(ctx); got <- err }()
		receive(t, asked)
		cancel()
		if receive(t, got) == nil {
			t.Error("it did not heed its context")
		}
		check(t, puller.Close())
		release()
		depth(t, b, family.Name, 1)
	}
	if s := b.State(); s.Reconnects != 0 || !s.Connected {
		t.Errorf("state %+v", s)
	}
	if d := pull(t, b, family.Name); d.ID != "1" {
		t.Errorf("got %q", d.ID)
	}
}

func TestSettlingOnAClosedPullerIsLateAndCostsNoConnection(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "1"}))

	for range 50 {
		puller, err := b.Pull(t.Context(), family.Name)
		check(t, err)
		d, ok, err := puller.Get(t.Context())
		check(t, err)
		if !ok {
			t.Fatal("it did not go back")
		}
		closed := make(chan error, 1)
		go func() { closed <- puller.Close() }()
		_ = d.Requeue()
		check(t, receive(t, closed))
		check(t, puller.Close())
		depth(t, b, family.Name, 1)
	}
	if s := b.State(); s.Reconnects != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestSuspectThatComesLateIsHandledUncharged(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Suspect(), broker.Envelope{ID: "1", Body: []byte(`{"n":1}`)}))
	asked, release := p.delay()
	t.Cleanup(release)

	handled := make(chan int, 10)
	consumer, err := broker.NewConsumer(broker.Options{
		DB:      pgtest.New(t),
		Drivers: map[broker.Connection]broker.Driver{"example": b},
		Queues: []broker.Queue{broker.One("example", "main", func(_ context.Context, in *numbered) error {
			handled <- in.N
			return nil
		})},
		Tiers: family.Tiers,
		Grace: 10 * time.Second,
		Log:   slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()

	receive(t, asked)
	select { // longer than anything else may take to answer
	case n := <-handled:
		t.Errorf("%d was handled", n)
	case <-time.After(6 * time.Second):
	}
	release()
	if n := receive(t, handled); n != 1 {
		t.Errorf("got %d", n)
	}
	cancel()
	check(t, receive(t, ended))
	depth(t, b, family.Suspect(), 0)
	depth(t, b, family.Dead(), 0)
	if s := b.State(); s.Reconnects != 0 {
		t.Errorf("state %+v", s)
	}
}
