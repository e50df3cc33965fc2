package rabbit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

var errQueueGone = errors.New("the broker cancelled the consumer: the queue was deleted or is not available")

const consumerTag = "consumer" // one on each channel

// Consume opens a channel for this consumer alone.
func (b *Broker) Consume(ctx context.Context, queue string, prefetch int) (broker.Subscription, error) {
	var s *subscription
	err := b.consumer().with(ctx, func(ch *amqp.Channel) (err error) {
		s, err = subscribe(ch, queue, prefetch)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", queue, noQueue(err))
	}
	return s, nil
}

// subscription hands on what amqp091 delivers.
type subscription struct {
	queue     string
	channel   *amqp.Channel
	ledger    *ledger
	out       chan broker.Delivery
	cancelled <-chan string
	closed    <-chan *amqp.Error
	asked     atomic.Bool // the end was asked for

	mu  sync.Mutex
	err error
}

func subscribe(ch *amqp.Channel, queue string, prefetch int) (*subscription, error) {
	if _, err := existing(ch, queue); err != nil {
		return nil, err
	}
	if err := ch.Qos(min(max(prefetch, 1), math.MaxUint16), 0, false); err != nil {
		return nil, err
	}

	s := &subscription{
		queue:     queue,
		channel:   ch,
		ledger:    newLedger(ch),
		out:       make(chan broker.Delivery),
		cancelled: ch.NotifyCancel(make(chan string, 1)),
		closed:    ch.NotifyClose(make(chan *amqp.Error, 1)),
	}
	in, err := ch.Consume(queue, consumerTag, false, false, false, false, nil)
	if err != nil {
		return nil, err
	}
	go s.forward(in)
	return s, nil
}

// forward ends when amqp091 has no more to deliver, or the channel is gone while nobody takes a delivery: then it
// and those behind it are on their way back to the queue.
func (s *subscription) forward(in <-chan amqp.Delivery) {
	defer close(s.out)

	for d := range in {
		select {
		case s.out <- delivery(s.ledger, d):
		case e := <-s.closed:
			s.end(e)
			return
		}
	}

	select {
	case <-s.cancelled:
		s.fail(errQueueGone)
	default:
		if !s.asked.Load() {
			s.end(<-s.closed)
		}
	}
}

func (s *subscription) end(e *amqp.Error) {
	if e != nil {
		s.fail(errors.New(e.Reason))
	}
}

func (s *subscription) fail(err error) {
	if s.asked.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = fmt.Errorf("consume %s: %w", s.queue, err)
}

func (s *subscription) Deliveries() <-chan broker.Delivery { return s.out }

func (s *subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *subscription) AckAll(deliveries []broker.Delivery) error {
	if err := s.ledger.ackAll(deliveries); err != nil {
		return fmt.Errorf("ack messages of %s: %w", s.queue, err)
	}
	return nil
}

func (s *subscription) Cancel() error {
	s.asked.Store(true)
	if err := s.channel.Cancel(consumerTag, false); err != nil {
		_ = s.ledger.close() // the deliveries end in any case
		return fmt.Errorf("cancel the consumer of %s: %w", s.queue, err)
	}
	return nil
}

func (s *subscription) Close() error {
	s.asked.Store(true)
	if err := s.ledger.close(); err != nil {
		return fmt.Errorf("close the consumer of %s: %w", s.queue, err)
	}
	return nil
}
