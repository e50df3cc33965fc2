package rabbit_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

var family = broker.Family{
	Exchange: "example", Name: "example.main", Tiers: []time.Duration{5 * time.Second, time.Minute},
	Bindings: []string{"student.*"},
}

// What the driver builds on: when an ack is heard, the return of its message has come already.
func TestServerReturnsAMessageBeforeItAcksIt(t *testing.T) {
	t.Parallel()
	ch := channel(t, testenv.Broker(t))
	check(t, ch.Confirm(false))
	returns, acks := ch.NotifyReturn(make(chan amqp.Return, 1000)), ch.NotifyPublish(make(chan amqp.Confirmation, 1000))

	for range cap(acks) {
		check(t, ch.Publish("", "absent", true, false, amqp.Publishing{}))
	}
	for range cap(acks) {
		c := receive(t, acks)
		if !c.Ack {
			t.Fatalf("message %d was nacked", c.DeliveryTag)
		}
		select {
		case <-returns:
		default:
			t.Fatalf("message %d was acked before it was returned", c.DeliveryTag)
		}
	}
}

func channel(t testing.TB, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(url)
	check(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	check(t, err)
	return ch
}

func TestEachOfManyPublishersHearsOfItsOwnMessage(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))

	var all sync.WaitGroup
	for i := range 2000 {
		all.Go(func() {
			key, want := family.Name, error(nil)
			if i%3 == 0 {
				key, want = "absent", broker.ErrUnroutable
			}
			e := broker.Envelope{ID: strconv.Itoa(i % 500)}
			if err := b.Publish(t.Context(), "", key, e); !errors.Is(err, want) {
				t.Errorf("message %d to %s: got %v, want %v", i, key, err, want)
			}
		})
	}
	all.Wait()
	depth(t, b, family.Name, 1333)
}

func depth(t testing.TB, b *rabbit.Broker, queue string, want int) {
	t.Helper()
	until(t, fmt.Sprintf("%s holds %d", queue, want), func() bool {
		d, err := b.Inspect(t.Context(), queue)
		check(t, err)
		return d.Ready == want
	})
}

func TestFullQueueRefusesAndTakesAgain(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	newAPI(t, testenv.Management(t), url).limit(family.Name, 1)

	var err error
	until(t, "the queue is full", func() bool {
		err = b.Publish(t.Context(), "", family.Name, broker.Envelope{})
		return err != nil
	})
	if !errors.Is(err, broker.ErrRefused) {
		t.Errorf("got %v, want %v", err, broker.ErrRefused)
	}

	s := consume(t, b, family.Name, 1)
	check(t, receive(t, s.Deliveries()).Ack())
	go func() {
		for d := range s.Deliveries() {
			_ = d.Ack()
		}
	}()
	until(t, "the queue takes messages again", func() bool {
		return b.Publish(t.Context(), "", family.Name, broker.Envelope{}) == nil
	})
}

// The channel that heard of the full queue never hears that it is full no more.
func TestQueueWhoseLimitWasTakenAwayTakesMessagesAgain(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b, err := rabbit.OpenImpatient(options(t, url), confirmed)
	check(t, err)
	closeWith(t, b)
	check(t, b.Declare(t.Context(), family))
	management := newAPI(t, testenv.Management(t), url)
	management.limit(family.Name, 1)
	until(t, "the queue is full", func() bool {
		return errors.Is(b.Publish(t.Context(), "", family.Name, broker.Envelope{}), broker.ErrRefused)
	})

	management.unlimit()
	s := consume(t, b, family.Name, 10)
	go func() {
		for d := range s.Deliveries() {
			_ = d.Ack()
		}
	}()
	until(t, "the queue takes messages again", func() bool {
		return b.Publish(t.Context(), "", family.Name, broker.Envelope{}) == nil
	})
}

func TestRefusedPublishCostsNoConnection(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	api := newAPI(t, testenv.Management(t), url)
	before := api.only()

	long, huge := strings.Repeat("x", 256), strings.Repeat("x", 131_000)
	for what, publish := range map[string]func() error{
		"missing exchange":    func() error { return b.Publish(t.Context(), "absent", "k", broker.Envelope{}) },
		"long key":            func() error { return b.Publish(t.Context(), "", long, broker.Envelope{}) },
		"long exchange":       func() error { return b.Publish(t.Context(), long, "k", broker.Envelope{}) },
		"long id":             func() error { return b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: long}) },
		"long header":         func() error { return b.Publish(t.Context(), "", family.Name, header(long, 1)) },
		"header of no type":   func() error { return b.Publish(t.Context(), "", family.Name, header("h", struct{}{})) },
		"large headers":       func() error { return b.Publish(t.Context(), "", family.Name, header("h", huge)) },
		"too large a message": func() error { return b.Publish(t.Context(), "", family.Name, large()) },
	} {
		if publish() == nil {
			t.Errorf("%s: it was published", what)
		}
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{}))
	}

	if after := api.only(); after != before {
		t.Errorf("the connection is now %s, was %s", after, before)
	}
}

func header(name string, value any) broker.Envelope {
	return broker.Envelope{Headers: map[string]any{name: value}}
}

func large() broker.Envelope { return broker.Envelope{Body: make([]byte, 135<<20)} } // the limit is 128 MiB

func TestHeadersOfEveryKindArrive(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	check(t, b.Declare(t.Context(), family))
	big := int(1) << 40
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{
		Expiration: time.Hour,
		Headers:    map[string]any{"big": big, "map": map[string]any{"list": []any{big, "s", map[string]any{"b": true}}}},
	}))

	d := pull(t, b, family.Name)
	if got, want := fmt.Sprint(d.Headers), "map[big:1099511627776 map:map[list:[1099511627776 s map[b:true]]]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := d.Headers["map"].(map[string]any); !ok || d.Expiration != time.Hour {
		t.Errorf("got %#v, expiration %s", d.Headers, d.Expiration)
	}
}

func pull(t testing.TB, b *rabbit.Broker, queue string) broker.Delivery {
	t.Helper()
	p, err := b.Pull(t.Context(), queue)
	check(t, err)
	t.Cleanup(func() { _ = p.Close() })
	d, ok, err := p.Get(t.Context())
	check(t, err)
	if !ok {
		t.Fatalf("%s is empty", queue)
	}
	return d
}

func TestOneUnconfirmedMessageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b := open(t, p.url)
	check(t, b.Declare(t.Context(), family))

	held := make(chan struct{}, 1)
	p.filter(func(frame []byte) bool {
		if !isAck(frame) || len(held) > 0 {
			return false
		}
		held <- struct{}{}
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- b.Publish(ctx, "", family.Name, broker.Envelope{ID: "first"}) }()
	until(t, "the confirmation is held back", func() bool { return len(held) > 0 })

	for i := range 5 {
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: strconv.Itoa(i)}))
	}
	select {
	case err := <-first:
		t.Errorf("the first was answered: %v", err)
	default:
	}
	cancel()
	if err := receive(t, first); !errors.Is(err, broker.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v and the context's error", err, broker.ErrUnknown)
	}
	if err := b.Close(ctx); !errors.Is(err, broker.ErrUnknown) {
		t.Errorf("close: got %v, want %v", err, broker.ErrUnknown)
	}
}

func TestConfirmTimeoutEndsOnlyThePublishingConnection(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	b, err := rabbit.OpenImpatient(options(t, p.url), confirmed)
	check(t, err)
	closeWith(t, b)
	check(t, b.Declare(t.Context(), family))
	s := consume(t, b, family.Name, 10)

	p.filter(isAck)
	lost := make(chan error, 3)
	for i := range cap(lost) {
		go func() { lost <- b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: strconv.Itoa(i)}) }()
	}
	for range cap(lost) {
		if err := receive(t, lost); !errors.Is(err, broker.ErrUnknown) {
			t.Errorf("got %v, want %v", err, broker.ErrUnknown)
		}
	}

	p.filter(func([]byte) bool { return false })
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "3"}))
	for range 4 {
		check(t, receive(t, s.Deliveries()).Ack())
	}
	check(t, s.Close())
	depth(t, b, family.Name, 0)
}

func consume(t testing.TB, b *rabbit.Broker, queue string, prefetch int) broker.Subscription {
	t.Helper()
	s, err := b.Consume(t.Context(), queue, prefetch)
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
