package chaos_test

import (
	"context"
	"strings"

	"example.com/app/lib/broker"
)

// fused is a driver with a fuse at what it tells the broker.
type fused struct {
	broker.Driver
	*fuse
}

func (f fused) Publish(ctx context.Context, exchange, key string, e broker.Envelope) error {
	err := f.Driver.Publish(ctx, exchange, key, e)
	if err == nil && strings.Contains(key, ".retry.") {
		f.pass(moved, 1)
	}
	return err
}

func (f fused) Consume(ctx context.Context, queue string, prefetch int) (broker.Subscription, error) {
	sub, err := f.Driver.Consume(ctx, queue, prefetch)
	if err != nil {
		return nil, err
	}

	s := &subscription{sub, f.fuse, make(chan broker.Delivery)}
	go s.forward()
	return s, nil
}

func (f fused) Pull(ctx context.Context, queue string) (broker.Puller, error) {
	p, err := f.Driver.Pull(ctx, queue)
	return puller{p, f.fuse}, err
}

type subscription struct {
	broker.Subscription
	*fuse
	deliveries chan broker.Delivery
}

func (s *subscription) Deliveries() <-chan broker.Delivery { return s.deliveries }

func (s *subscription) forward() {
	defer close(s.deliveries)
	for d := range s.Subscription.Deliveries() {
		s.deliveries <- withFuse(d, s.fuse)
	}
}

func (s *subscription) AckAll(deliveries []broker.Delivery) error {
	s.pass(committed, len(deliveries))
	inner := make([]broker.Delivery, len(deliveries))
	for i, d := range deliveries {
		inner[i] = d.Settler().(settler).Delivery
	}
	return s.Subscription.AckAll(inner)
}

type puller struct {
	broker.Puller
	*fuse
}

func (p puller) Get(ctx context.Context) (broker.Delivery, bool, error) {
	d, ok, err := p.Puller.Get(ctx)
	return withFuse(d, p.fuse), ok, err
}

type settler struct {
	broker.Delivery
	*fuse
}

func withFuse(d broker.Delivery, f *fuse) broker.Delivery {
	return broker.NewDelivery(d.Envelope, d.Exchange, d.Key, d.Returns, settler{d, f})
}

func (s settler) Ack() error {
	s.pass(committed, 1)
	return s.Delivery.Ack()
}
