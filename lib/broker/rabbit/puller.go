package rabbit

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

// Pull opens a channel for this puller alone.
func (b *Broker) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	var p *puller
	err := b.consumer().with(ctx, func(ch *amqp.Channel) error {
		p = &puller{queue: queue, channel: ch, ledger: newLedger(ch), turn: make(chan struct{}, 1)}
		_, err := existing(ch, queue)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pull from %s: %w", queue, noQueue(err))
	}
	return p, nil
}

type puller struct {
	queue   string
	channel *amqp.Channel
	ledger  *ledger
	turn    chan struct{} // answers carry nothing that tells whose they are: one request at a time
}

type pulled struct {
	delivery amqp.Delivery
	ok       bool
	err      error
}

// Get gives a message back that comes after ctx has ended.
func (p *puller) Get(ctx context.Context) (broker.Delivery, bool, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return broker.Delivery{}, false, context.Cause(ctx)
	}

	answer := make(chan pulled)
	go p.get(ctx, answer)

	select {
	case a := <-answer:
		<-p.turn
		if a.err != nil || !a.ok {
			return broker.Delivery{}, false, p.explain(a.err)
		}
		return delivery(p.ledger, a.delivery), true, nil
	case <-ctx.Done():
		return broker.Delivery{}, false, context.Cause(ctx)
	}
}

// get has the turn, and hands it on with its answer.
func (p *puller) get(ctx context.Context, answer chan<- pulled) {
	d, ok, err := p.channel.Get(p.queue, false)
	select {
	case answer <- pulled{d, ok, err}:
	case <-ctx.Done():
		if ok {
			_ = d.Nack(false, true)
		}
		<-p.turn
	}
}

func (p *puller) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("pull from %s: %w", p.queue, noQueue(err))
}

// Close leaves it to a Get that is under way when its context has ended: nothing may be sent on a closing channel.
func (p *puller) Close() error {
	select {
	case p.turn <- struct{}{}:
		return p.close()
	default:
		go func() {
			p.turn <- struct{}{}
			_ = p.close()
		}()
		return nil
	}
}

func (p *puller) close() error {
	defer func() { <-p.turn }()
	if err := p.ledger.close(); err != nil {
		return fmt.Errorf("close the puller of %s: %w", p.queue, err)
	}
	return nil
}
