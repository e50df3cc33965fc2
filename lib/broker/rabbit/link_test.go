package rabbit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

func TestReadySaysWhyThereIsNoConnection(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(testenv.Broker(t))
	check(t, err)

	for name, test := range map[string]struct {
		change func(*url.URL)
		want   string
	}{
		"nothing listens": {
			func(u *url.URL) { u.Host = "127.0.0.1:1" },
			"connect example to amqp://guest:xxxxx@127.0.0.1:1/v: nothing listens on 127.0.0.1:1",
		},
		"wrong password": {
			func(u *url.URL) { u.User = url.UserPassword("guest", "s3cret") },
			"connect example to amqp://guest:xxxxx@HOST/v: the server refused user \"guest\" or its password",
		},
		"missing vhost": {
			func(*url.URL) {},
			"connect example to amqp://guest:xxxxx@HOST/v: vhost \"v\" does not exist; create it with rabbitmqctl add_vhost v " +
				"or in the management UI",
		},
		"another server": {
			func(u *url.URL) { u.Host = strings.TrimPrefix(testenv.Management(t), "http://guest:guest@") },
			"does not answer as RabbitMQ does",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := *server
			u.Path = "/v"
			test.change(&u)
			got := offline(t, open(t, u.String()), strings.ReplaceAll(test.want, "HOST", u.Host))
			if strings.Contains(got.Error(), "s3cret") {
				t.Error("it tells the password")
			}
		})
	}
}

func TestOldServerIsRefused(t *testing.T) {
	t.Parallel()
	p := newProxy(t, testenv.Broker(t))
	p.filter(func(frame []byte) bool {
		if _, version, found := bytes.Cut(frame, []byte("\x07versionS")); found {
			copy(version[4:], "3.9.9999"[:version[3]])
		}
		return false
	})
	_ = offline(t, open(t, p.url), "RabbitMQ 3.9.9")
}

// offline waits until b says why it has no connection, and answers what Ready says.
func offline(t *testing.T, b *rabbit.Broker, why string) error {
	t.Helper()
	until(t, "it says "+why, func() bool {
		s := b.State()
		return !s.Connected && s.Problem != nil && strings.Contains(s.Problem.Error(), why)
	})
	ctx, cancel := context.WithTimeout(t.Context(), tick)
	defer cancel()
	err := b.Ready(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v, want %s", err, why)
	}
	return err
}

func TestUnreadableURLIsAnErrorWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"amqp://guest:s3#cret@host/", "http://guest:s3cret@host/", "amqp://g:s3cret@host:x/", "a b:s3cret"} {
		_, err := rabbit.Open(options(t, u))
		if err == nil || strings.Contains(err.Error(), "s3") || !strings.Contains(err.Error(), "example") {
			t.Errorf("%s: got %v", u, err)
		}
	}
}

func TestServerKnowsBothConnectionsByName(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	consume(t, b, family.Name, 1)

	api := newAPI(t, testenv.Management(t), url)
	until(t, "both connections have their names", func() bool {
		names := map[string]bool{}
		for _, c := range api.connections() {
			names[c.Properties.ConnectionName] = true
		}
		return names["app test (publishing)"] && names["app test (consuming)"]
	})
}

func TestLateAckSettlesNoOtherMessage(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "1"}))
	before := consume(t, b, family.Name, 1)
	early := receive(t, before.Deliveries())

	newAPI(t, testenv.Management(t), url).closeConnections()
	for range before.Deliveries() {
		t.Error("a connection that was lost delivers")
	}
	if err := before.Err(); err == nil || !strings.Contains(err.Error(), family.Name) {
		t.Errorf("the subscription ended with %v", err)
	}

	after := consume(t, b, family.Name, 1)
	late := receive(t, after.Deliveries()) // has the tag that early had
	if err := early.Ack(); !errors.Is(err, broker.ErrSettleLate) {
		t.Errorf("ack: got %v, want %v", err, broker.ErrSettleLate)
	}
	if err := early.Requeue(); !errors.Is(err, broker.ErrSettleLate) {
		t.Errorf("requeue: got %v, want %v", err, broker.ErrSettleLate)
	}
	check(t, after.Close())
	depth(t, b, family.Name, 1)
	if err := late.Ack(); !errors.Is(err, broker.ErrSettleLate) || late.Returns != 1 {
		t.Errorf("ack after close: got %v, want %v; %d returns", err, broker.ErrSettleLate, late.Returns)
	}
	if after.Err() != nil {
		t.Errorf("closed, and ended with %v", after.Err())
	}
}

func TestNothingIsLostWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	node := testenv.NewNode(t)
	b := open(t, node.URL())
	check(t, b.Declare(t.Context(), family))

	consumed := newSet()
	ctx, cancel := context.WithCancel(t.Context())
	var consumers, publishers sync.WaitGroup
	consumers.Go(func() { consumeAll(ctx, t, b, consumed) })

	confirmed := newSet()
	restarted := make(chan struct{})
	for p := range 8 {
		publishers.Go(func() { publishUntil(t, b, restarted, fmt.Sprint("p", p), confirmed) })
	}

	until(t, "messages flow", func() bool { return confirmed.size() > 200 && consumed.size() > 100 })
	node.Restart()
	check(t, b.Ready(t.Context()))
	flowing := confirmed.size() + 200
	until(t, "messages flow again", func() bool { return confirmed.size() > flowing })
	close(restarted)
	publishers.Wait()

	until(t, "every confirmed message was consumed", func() bool { return consumed.holds(confirmed) })
	depth(t, b, family.Name, 0)
	cancel()
	consumers.Wait()
}

// consumeAll subscribes again whenever a subscription ends.
func consumeAll(ctx context.Context, t *testing.T, b *rabbit.Broker, consumed *set) {
	for ctx.Err() == nil {
		s, err := b.Consume(ctx, family.Name, 50)
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = s.Cancel() })
		for d := range s.Deliveries() {
			if err := d.Ack(); err == nil || errors.Is(err, broker.ErrSettleLate) {
				consumed.add(d.ID)
			}
		}
		stop()
		_ = s.Close()
	}
}

func publishUntil(t *testing.T, b *rabbit.Broker, stop <-chan struct{}, name string, confirmed *set) {
	for i := 0; ; i++ {
		id := fmt.Sprint(name, "-", i)
		err := b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: id})
		if err == nil {
			confirmed.add(id)
		} else if !errors.Is(err, broker.ErrUnknown) {
			t.Error(err)
			return
		}

		select {
		case <-stop:
			return
		default:
		}
	}
}

type set struct {
	mu  sync.Mutex
	ids map[string]bool
}

func newSet() *set { return &set{ids: map[string]bool{}} }

func (s *set) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[id] = true
}

func (s *set) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func (s *set) holds(all *set) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all.mu.Lock()
	defer all.mu.Unlock()
	for id := range all.ids {
		if !s.ids[id] {
			return false
		}
	}
	return true
}

func TestUnderAMemoryAlarmPublishingWaitsAndConsumingGoesOn(t *testing.T) {
	t.Parallel()
	node := testenv.NewNode(t)
	b, err := rabbit.OpenImpatient(options(t, node.URL()), confirmed)
	check(t, err)
	closeWith(t, b)
	check(t, b.Declare(t.Context(), family))
	for i := range 100 {
		check(t, b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: strconv.Itoa(i)}))
	}

	node.Ctl("set_vm_memory_high_watermark", "absolute", "1MB")
	published := make(chan error, 1)
	go func() {
		published <- b.Publish(t.Context(), "", family.Name, broker.Envelope{ID: "100", Body: []byte("{}")})
	}()
	until(t, "the driver knows that it is blocked", func() bool { return b.State().Blocked != "" })
	ctx, cancel := context.WithTimeout(t.Context(), confirmed*3/2)
	defer cancel()
	if err := b.Publish(ctx, "", family.Name, broker.Envelope{}); !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, broker.ErrUnknown) || !strings.Contains(err.Error(), "takes no messages") {
		t.Errorf("got %v", err)
	}

	s := consume(t, b, family.Name, 10)
	for range 100 {
		check(t, receive(t, s.Deliveries()).Ack())
	}
	depth(t, b, family.Name, 0)
	if state := b.State(); !state.Connected || state.Blocked == "" {
		t.Errorf("state %+v", state)
	}
	select {
	case err := <-published:
		t.Fatalf("it was published: %v", err)
	default:
	}

	node.Ctl("set_vm_memory_high_watermark", "absolute", "2GB")
	check(t, receive(t, published))
	check(t, receive(t, s.Deliveries()).Ack())
	if state := b.State(); state.Blocked != "" {
		t.Errorf("blocked %q", state.Blocked)
	}
}
