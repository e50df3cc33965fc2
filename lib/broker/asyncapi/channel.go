package asyncapi

import (
	"fmt"
	"strings"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/strict"
)

// channelBinding is that of a queue or of a routing key at an exchange.
type channelBinding struct {
	Is       string    `json:"is"`
	Queue    *queue    `json:"queue,omitempty"`
	Exchange *exchange `json:"exchange,omitempty"`
	Version  string    `json:"bindingVersion"`
}

type queue struct {
	Name       string `json:"name"`
	Durable    bool   `json:"durable"`
	Exclusive  bool   `json:"exclusive"`
	AutoDelete bool   `json:"autoDelete"`
}

type exchange struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Durable    bool   `json:"durable"`
	AutoDelete bool   `json:"autoDelete"`
}

type messageBinding struct {
	Type    string `json:"messageType,omitempty"`
	Version string `json:"bindingVersion"`
}

type operationBinding struct {
	DeliveryMode int    `json:"deliveryMode,omitempty"` // 2: the message survives the broker
	Mandatory    bool   `json:"mandatory,omitempty"`
	Timestamp    bool   `json:"timestamp,omitempty"`
	Ack          bool   `json:"ack,omitempty"`
	Version      string `json:"bindingVersion"`
}

func (d *document) addQueue(q broker.Queue, tiers []time.Duration) error {
	payload, err := strict.Schema(q.Payload(), strict.In)
	if err != nil {
		return err
	}
	return d.add(q.Connection, q.Name, "receive", channel{
		Address:     q.Name,
		Description: describe(q, tiers),
		Bindings: bound[channelBinding]{channelBinding{
			Is: "queue", Queue: &queue{Name: q.Name, Durable: true}, Version: bindings,
		}},
	}, message{
		Name:     q.Name,
		Payload:  payload,
		Bindings: bound[messageBinding]{messageBinding{Version: bindings}},
	}, operationBinding{Ack: true, Version: bindings})
}

// describe says in words what the bindings have no member for.
func describe(q broker.Queue, tiers []time.Duration) string {
	f := q.Family(tiers)
	var b strings.Builder
	if len(f.Bindings) > 0 {
		fmt.Fprintf(&b, "Takes what is published to the exchange %s under %s. ", f.Exchange, strings.Join(f.Bindings, ", "))
	}
	if len(f.Tiers) == 0 {
		fmt.Fprintf(&b, "A message that fails goes to %s.", f.Dead())
		return b.String()
	}

	waits := make([]string, len(f.Tiers))
	for i, tier := range f.Tiers {
		waits[i] = tier.String()
	}
	fmt.Fprintf(&b, "A message that fails is tried again after waits of %s; then, or as soon as no repetition can help, it goes to %s.",
		strings.Join(waits, ", "), f.Dead())
	return b.String()
}

func (d *document) addEvent(e broker.Event) error {
	payload, err := strict.Schema(e.Payload, strict.Out)
	if err != nil {
		return err
	}
	return d.add(e.Connection, string(e.Connection)+"."+e.Name, "send", channel{
		Address: e.Name,
		Bindings: bound[channelBinding]{channelBinding{
			Is:       "routingKey",
			Exchange: &exchange{Name: string(e.Connection), Type: "topic", Durable: true},
			Version:  bindings,
		}},
	}, message{
		Name:     e.Name,
		Summary:  e.Summary,
		Payload:  payload,
		Bindings: bound[messageBinding]{messageBinding{e.Name, bindings}},
	}, operationBinding{DeliveryMode: 2, Mandatory: true, Timestamp: true, Version: bindings})
}
