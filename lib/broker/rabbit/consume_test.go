package rabbit_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

func TestTagZeroIsRefused(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{}))
	ch := channel(t, url)
	_, _, err := ch.Get(family.Name, false)
	check(t, err)

	if rabbit.AckTag(ch, 0) == nil {
		t.Error("it was acked")
	}
	check(t, ch.Close())
	depth(t, b, family.Name, 1)
}

func TestSettlingTwiceCostsNoOtherDelivery(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "1"}))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "2"}))

	s := consume(t, b, family.Name, 2)
	one, two := receive(t, s.Deliveries()), receive(t, s.Deliveries())
	check(t, one.Ack())
	if one.Ack() == nil || one.Requeue() == nil {
		t.Error("it was settled twice")
	}
	check(t, two.Ack())
	check(t, s.Close())
	depth(t, b, family.Name, 0)
}

func TestCancelKeepsWhatIsOut(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))
	for i := range 5 {
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: strconv.Itoa(i)}))
	}

	s := consume(t, b, family.Name, 3)
	first := receive(t, s.Deliveries())
	depth(t, b, family.Name, 2)
	check(t, s.Cancel())
	check(t, first.Ack())
	kept := 0
	for d := range s.Deliveries() {
		check(t, d.Ack())
		kept++
	}
	if kept != 2 || s.Err() != nil {
		t.Errorf("%d were kept, and the end was %v", kept, s.Err())
	}
	depth(t, b, family.Name, 2)
}

func TestDeletedQueueEndsItsConsumerAlone(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	main, dead := consume(t, b, family.Name, 1), consume(t, b, family.Dead(), 1)

	newAPI(t, testenv.Management(t), url).deleteQueue(family.Name)
	if _, ok := <-main.Deliveries(); ok || main.Err() == nil || !strings.Contains(main.Err().Error(), family.Name) {
		t.Errorf("the end was %v", main.Err())
	}
	if err := b.Publish(t.Context(), "", family.Name, broker.Envelope{}); !errors.Is(err, broker.ErrUnroutable) {
		t.Errorf("got %v, want %v", err, broker.ErrUnroutable)
	}
	if _, err := b.Consume(t.Context(), family.Name, 1); !errors.Is(err, broker.ErrNoQueue) {
		t.Errorf("got %v, want %v", err, broker.ErrNoQueue)
	}

	check(t, b.Publish(t.Context(), "", family.Dead(), broker.Envelope{}))
	check(t, receive(t, dead.Deliveries()).Ack())
}

func TestPulledMessagesGoBackWhenThePullerCloses(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Dead(), broker.Envelope{ID: "1"}))

	p, err := b.Pull(t.Context(), family.Dead())
	check(t, err)
	d, ok, err := p.Get(t.Context())
	check(t, err)
	if !ok || d.ID != "1" {
		t.Fatalf("got %q, %t", d.ID, ok)
	}
	if _, ok, err := p.Get(t.Context()); ok || err != nil {
		t.Errorf("the queue is empty and gives %t, %v", ok, err)
	}
	check(t, p.Close())
	depth(t, b, family.Dead(), 1)
	if _, _, err := p.Get(t.Context()); err == nil {
		t.Error("a closed puller pulls")
	}
}

func TestQueueWithAnImpossibleNameDoesNotExist(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	if _, err := b.Inspect(t.Context(), strings.Repeat("x", 256)); !errors.Is(err, broker.ErrNoQueue) {
		t.Errorf("got %v, want %v", err, broker.ErrNoQueue)
	}
	check(t, b.Ready(t.Context()))
}

func TestAckAllNeedsOneFrameForAllThatNothingElseIsBelow(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	check(t, b.Declare(t.Context(), family))
	for i := range 100 {
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: strconv.Itoa(i)}))
	}
	s := consume(t, b, family.Name, 100)
	out := make([]broker.Delivery, 100)
	for i := range out {
		out[i] = receive(t, s.Deliveries())
	}

	for _, c := range []struct {
		what       string
		deliveries []broker.Delivery
		frames     int64
	}{
		{"the first and some after a gap", append(out[:40:40], out[60:65]...), 1 + 5},
		{"the gap", out[40:60], 1},
		{"the rest", out[65:], 1},
		{"none", nil, 0},
	} {
		before := p.acks.Load()
		check(t, s.AckAll(c.deliveries))
		until(t, c.what, func() bool { return p.acks.Load() >= before+c.frames })
		if n := p.acks.Load() - before; n != c.frames {
			t.Errorf("%s: %d frames, want %d", c.what, n, c.frames)
		}
	}
	check(t, s.Close())
	depth(t, b, family.Name, 0)
}
