package rabbit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

// Declare makes exchanges, queues and bindings; what is there already stays as it is, bindings too.
func (b *Broker) Declare(ctx context.Context, families ...broker.Family) error {
	for _, f := range families {
		if err := b.publisher.with(ctx, func(ch *amqp.Channel) error {
			return errors.Join(declareFamily(ch, f), ch.Close())
		}); err != nil {
			return fmt.Errorf("declare %s: %w", f.Name, mismatch(err))
		}
	}
	return nil
}

func mismatch(err error) error {
	e, ok := errors.AsType[*amqp.Error](err)
	if ok && e.Code == amqp.PreconditionFailed && strings.Contains(e.Reason, "inequivalent") {
		return fmt.Errorf("%w: %s; put the old setting back, or move its messages away and delete it",
			broker.ErrMismatch, strings.TrimPrefix(e.Reason, "PRECONDITION_FAILED - "))
	}
	return err
}

func declareFamily(ch *amqp.Channel, f broker.Family) error {
	if err := declareExchange(ch, f.Exchange); err != nil {
		return err
	}
	for _, q := range f.Queues() {
		if err := declareQueue(ch, q); err != nil {
			return err
		}
	}
	for _, key := range append([]string{f.Name}, f.Bindings...) {
		if err := ch.QueueBind(f.Name, key, f.Exchange, false, nil); err != nil {
			return err
		}
	}
	return nil
}

// unlimited lets the messages that nobody was bound for be looked at as often as it takes.
const unlimited = 1_000_000_000

// declareExchange makes the topic exchange, after what takes the messages that no queue is bound for.
func declareExchange(ch *amqp.Channel, name string) error {
	unrouted := broker.UnroutedOf(name)
	if err := ch.ExchangeDeclare(unrouted, amqp.ExchangeFanout, true, false, false, false, nil); err != nil {
		return err
	}
	if err := declareQueue(ch, broker.QueueSpec{Name: unrouted, DeliveryLimit: unlimited}); err != nil {
		return err
	}
	if err := ch.QueueBind(unrouted, "", unrouted, false, nil); err != nil {
		return err
	}
	return ch.ExchangeDeclare(name, amqp.ExchangeTopic, true, false, false, false,
		amqp.Table{"alternate-exchange": unrouted})
}

func declareQueue(ch *amqp.Channel, q broker.QueueSpec) error {
	_, err := ch.QueueDeclare(q.Name, true, false, false, false, arguments(q))
	return err
}

// arguments are for ever: a queue that is declared again with others is refused. A full queue refuses messages, for
// dropping them would lose what was confirmed; dead-lettering at least once needs that too.
func arguments(q broker.QueueSpec) amqp.Table {
	args := amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum, amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish}
	if q.DeadLetterTo != "" {
		args["x-dead-letter-exchange"] = ""
		args["x-dead-letter-routing-key"] = q.DeadLetterTo
		args["x-dead-letter-strategy"] = "at-least-once"
	}
	if q.TTL > 0 {
		args[amqp.QueueMessageTTLArg] = q.TTL.Milliseconds()
	}
	if q.DeliveryLimit > 0 {
		args["x-delivery-limit"] = int64(q.DeliveryLimit)
	}
	return args
}

// Inspect asks the server, which counts what waits and not what is out.
func (b *Broker) Inspect(ctx context.Context, queue string) (broker.Depth, error) {
	var d broker.Depth
	err := b.asking().with(ctx, func(ch *amqp.Channel) error {
		q, err := existing(ch, queue)
		d = broker.Depth{Ready: q.Messages, Consumers: q.Consumers}
		return errors.Join(err, ch.Close())
	})
	if err != nil {
		return broker.Depth{}, fmt.Errorf("inspect %s: %w", queue, noQueue(err))
	}
	return d, nil
}

// existing fails when there is no such queue.
func existing(ch *amqp.Channel, queue string) (amqp.Queue, error) {
	if len(queue) > longestName {
		return amqp.Queue{}, broker.ErrNoQueue
	}
	return ch.QueueDeclarePassive(queue, true, false, false, false, nil)
}

func noQueue(err error) error {
	if e, ok := errors.AsType[*amqp.Error](err); ok && e.Code == amqp.NotFound && strings.Contains(e.Reason, "no queue '") {
		return broker.ErrNoQueue
	}
	return err
}
