package rabbit

import (
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

// receipt settles one delivery, once, on the channel that brought it: tags begin again on every channel, so on
// another one the same number would be another message.
type receipt struct {
	ledger *ledger
	tag    uint64
}

func (r *receipt) Ack() error {
	return r.ledger.settle(r.tag, func(ch *amqp.Channel) error { return ch.Ack(r.tag, false) })
}

func (r *receipt) Requeue() error {
	return r.ledger.settle(r.tag, func(ch *amqp.Channel) error { return ch.Nack(r.tag, false, true) })
}

// tagOf is a delivery's number in the ledger; 0 when it came by another channel.
func (l *ledger) tagOf(d broker.Delivery) uint64 {
	if r, ok := d.Settler().(*receipt); ok && r.ledger == l {
		return r.tag
	}
	return 0
}

func late(why error) error { return fmt.Errorf("%w: %w", broker.ErrSettleLate, why) }
