package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"example.com/app/lib/broker"
)

// channel holds the messages that are out and not settled; both ways of taking messages have one.
type channel struct {
	queue *queue
	out   map[*message]struct{}
	gone  bool
}

func newChannel(q *queue) channel { return channel{queue: q, out: make(map[*message]struct{})} }

// giveBack ends the channel; the youngest goes first, so that nothing is handed out in another order than before.
func (c *channel) giveBack() {
	c.gone = true
	left := slices.SortedFunc(maps.Keys(c.out), func(a, b *message) int { return cmp.Compare(b.number, a.number) })
	clear(c.out)
	for _, m := range left {
		c.queue.takeBack(m)
	}
}

// settle reports whether m was still out.
func (c *channel) settle(m *message) error {
	if _, ok := c.out[m]; !ok || c.gone {
		return fmt.Errorf("settle message %s: %w", m.ID, broker.ErrSettleLate)
	}
	delete(c.out, m)
	return nil
}

// ticket settles one message of a channel.
type ticket struct {
	channel *channel
	message *message
}

func (t ticket) Ack() error { return t.settle(func() {}) }

func (t ticket) Requeue() error {
	return t.settle(func() { t.channel.queue.takeBack(t.message) })
}

func (t ticket) settle(do func()) error {
	q := t.channel.queue
	q.broker.mu.Lock()
	defer q.broker.mu.Unlock()

	if err := t.channel.settle(t.message); err != nil {
		return err
	}
	do()
	q.dispatch()
	return nil
}

type subscription struct {
	channel
	prefetch   int
	deliveries chan broker.Delivery
	cancelled  bool
	err        error
}

// Consume hands out the messages of a queue.
func (b *Broker) Consume(_ context.Context, name string, prefetch int) (broker.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	q, err := b.find(name)
	if err != nil {
		return nil, err
	}
	s := &subscription{channel: newChannel(q), prefetch: prefetch, deliveries: make(chan broker.Delivery, prefetch)}
	q.subscriptions[s] = struct{}{}
	q.dispatch()
	return s, nil
}

// deliver never blocks: what is unsettled fits into the buffer.
func (s *subscription) deliver(m *message) {
	s.out[m] = struct{}{}
	s.deliveries <- m.delivery(ticket{&s.channel, m})
}

func (s *subscription) Deliveries() <-chan broker.Delivery { return s.deliveries }

func (s *subscription) AckAll(deliveries []broker.Delivery) error {
	s.queue.broker.mu.Lock()
	defer s.queue.broker.mu.Unlock()

	var errs []error
	for _, d := range deliveries {
		errs = append(errs, s.ack(d))
	}
	s.queue.dispatch()
	return errors.Join(errs...)
}

func (s *subscription) ack(d broker.Delivery) error {
	t, ok := d.Settler().(ticket)
	if !ok || t.channel != &s.channel {
		return fmt.Errorf("settle message %s of another subscription: %w", d.ID, broker.ErrSettleLate)
	}
	return s.settle(t.message)
}

func (s *subscription) Cancel() error {
	s.queue.broker.mu.Lock()
	defer s.queue.broker.mu.Unlock()

	s.cancel()
	return nil
}

func (s *subscription) cancel() {
	if !s.cancelled {
		s.cancelled = true
		delete(s.queue.subscriptions, s)
		close(s.deliveries)
	}
}

func (s *subscription) Close() error {
	s.queue.broker.mu.Lock()
	defer s.queue.broker.mu.Unlock()

	s.cancel()
	s.giveBack()
	return nil
}

func (s *subscription) fail(err error) {
	s.err = err
	s.cancel()
	s.giveBack()
}

func (s *subscription) Err() error {
	s.queue.broker.mu.Lock()
	defer s.queue.broker.mu.Unlock()
	return s.err
}

type puller struct{ channel }

// Pull opens a queue to take single messages by hand.
func (b *Broker) Pull(_ context.Context, name string) (broker.Puller, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	q, err := b.find(name)
	if err != nil {
		return nil, err
	}
	return &puller{newChannel(q)}, nil
}

func (p *puller) Get(context.Context) (broker.Delivery, bool, error) {
	p.queue.broker.mu.Lock()
	defer p.queue.broker.mu.Unlock()

	if p.gone || p.queue.gone {
		return broker.Delivery{}, false, fmt.Errorf("get from queue %s: %w", p.queue.spec.Name, broker.ErrNoQueue)
	}
	m := p.queue.pop()
	if m == nil {
		return broker.Delivery{}, false, nil
	}
	p.out[m] = struct{}{}
	return m.delivery(ticket{&p.channel, m}), true, nil
}

func (p *puller) Close() error {
	p.queue.broker.mu.Lock()
	defer p.queue.broker.mu.Unlock()

	p.giveBack()
	return nil
}
