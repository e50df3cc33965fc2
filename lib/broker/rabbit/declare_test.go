package rabbit_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
	"example.com/app/lib/testenv"
)

func TestDeclareMakesTheFamily(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	b := open(t, url)
	check(t, b.Declare(t.Context(), family))
	check(t, b.Declare(t.Context(), family))

	want := []string{
		"example.main map[x-dead-letter-exchange: x-dead-letter-routing-key:example.main.dead x-dead-letter-strategy:at-least-once " +
			"x-delivery-limit:1000 x-overflow:reject-publish x-queue-type:quorum]",
		"example.main.dead map[x-delivery-limit:1e+09 x-overflow:reject-publish x-queue-type:quorum]",
		"example.main.retry.5000 map[x-dead-letter-exchange: x-dead-letter-routing-key:example.main x-dead-letter-strategy:at-least-once " +
			"x-message-ttl:5000 x-overflow:reject-publish x-queue-type:quorum]",
		"example.main.retry.60000 map[x-dead-letter-exchange: x-dead-letter-routing-key:example.main x-dead-letter-strategy:at-least-once " +
			"x-message-ttl:60000 x-overflow:reject-publish x-queue-type:quorum]",
		"example.main.suspect map[x-dead-letter-exchange: x-dead-letter-routing-key:example.main.dead x-dead-letter-strategy:at-least-once " +
			"x-delivery-limit:20 x-overflow:reject-publish x-queue-type:quorum]",
		"example.unrouted map[x-delivery-limit:1e+09 x-overflow:reject-publish x-queue-type:quorum]",
		"example topic map[alternate-exchange:example.unrouted]",
		"example.unrouted fanout map[]",
		"example -example.main-> example.main",
		"example -student.*-> example.main",
		"example.unrouted --> example.unrouted",
	}
	got := newAPI(t, testenv.Management(t), url).topology()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("there is no %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("there is also %s", line)
		}
	}
}

// topology is one line for each durable thing that somebody declared.
func (a api) topology() (lines []string) {
	a.Helper()
	var queues, exchanges []struct {
		Name, Type string
		Arguments  map[string]any
	}
	var bindings []struct {
		Source, Destination string
		Key                 string `json:"routing_key"`
	}
	a.call(http.MethodGet, "/api/queues/"+a.vhost, nil, &queues)
	a.call(http.MethodGet, "/api/exchanges/"+a.vhost, nil, &exchanges)
	a.call(http.MethodGet, "/api/bindings/"+a.vhost, nil, &bindings)

	for _, q := range queues {
		lines = append(lines, fmt.Sprint(q.Name, " ", q.Arguments))
	}
	for _, e := range exchanges {
		if e.Name != "" && !strings.HasPrefix(e.Name, "amq.") {
			lines = append(lines, fmt.Sprint(e.Name, " ", e.Type, " ", e.Arguments))
		}
	}
	for _, b := range bindings {
		if b.Source != "" {
			lines = append(lines, fmt.Sprintf("%s -%s-> %s", b.Source, b.Key, b.Destination))
		}
	}
	return lines
}

func TestMismatchNamesTheQueueAndTheDifference(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before amqp.Table
		want   []string
	}{
		"type": {
			amqp.Table{"x-overflow": "reject-publish"},
			[]string{"queue 'example.main.dead'", "inequivalent arg", "current is none"}, // the server names any one
		},
		"limit": {
			amqp.Table{"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-delivery-limit": 7},
			[]string{"queue 'example.main.dead'", "x-delivery-limit", "1000000000", "7", "delete it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testenv.Broker(t)
			_, err := channel(t, url).QueueDeclare(family.Dead(), true, false, false, false, test.before)
			check(t, err)

			b := open(t, url)
			err = b.Declare(t.Context(), family)
			if !errors.Is(err, broker.ErrMismatch) {
				t.Fatalf("got %v, want %v", err, broker.ErrMismatch)
			}
			for _, word := range test.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %s", err, word)
				}
			}
			check(t, b.Ready(t.Context()))
		})
	}
}

func TestOtherExchangeTypeIsAMismatch(t *testing.T) {
	t.Parallel()
	url := testenv.Broker(t)
	check(t, channel(t, url).ExchangeDeclare("example", "direct", true, false, false, false, nil))
	err := open(t, url).Declare(t.Context(), family)
	if !errors.Is(err, broker.ErrMismatch) || !strings.Contains(err.Error(), "exchange 'example'") {
		t.Errorf("got %v, want %v", err, broker.ErrMismatch)
	}
}

func TestExpiredMessageComesBackToItsQueue(t *testing.T) {
	t.Parallel()
	b := open(t, testenv.Broker(t))
	f := broker.Family{Exchange: "example", Name: "example.main", Tiers: []time.Duration{time.Hour}}
	check(t, b.Declare(t.Context(), f))
	check(t, b.Publish(t.Context(), "", f.Retry(time.Hour), broker.Envelope{ID: "1", Expiration: time.Nanosecond}))

	d := receive(t, consume(t, b, f.Name, 1).Deliveries())
	if d.ID != "1" || d.Expiration != 0 || d.Headers["x-death"] == nil {
		t.Errorf("got %+v", d.Envelope)
	}
}
