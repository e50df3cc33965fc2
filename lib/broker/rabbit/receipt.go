package rabbit

import (
	"errors"
	"fmt"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

var (
	errSettled = errors.New("the message is settled already")
	errNoTag   = errors.New("refuse delivery tag 0, which settles every message that is out")
)

// receipt settles one delivery, once, on the channel that brought it: tags begin again on every channel, so on
// another one the same number would be another message. A second time would cost the channel.
type receipt struct {
	channel *amqp.Channel
	tag     uint64
	settled atomic.Bool
}

func (r *receipt) Ack() error {
	return r.settle(func() error { return r.channel.Ack(r.tag, false) })
}

func (r *receipt) Requeue() error {
	return r.settle(func() error { return r.channel.Nack(r.tag, false, true) })
}

func (r *receipt) settle(tell func() error) error {
	switch {
	case r.tag == 0:
		return errNoTag
	case r.channel.IsClosed():
		return broker.ErrSettleLate
	case r.settled.Swap(true):
		return errSettled
	}

	if err := tell(); err != nil {
		return fmt.Errorf("%w: %w", broker.ErrSettleLate, err)
	}
	return nil
}
