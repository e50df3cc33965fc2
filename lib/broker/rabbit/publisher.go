package rabbit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

const (
	underWay   = 1024    // bounds the messages that wait for their confirmation
	properties = 2 << 10 // what a frame with headers needs besides them, at most
)

// publisher is the link that publishes, with one channel in confirm mode at a time.
type publisher struct {
	*link
	slots   chan struct{} // one for each message under way
	timeout time.Duration // how long a confirmation may take; time in which the server is blocked does not count
}

func newPublisher(l *link, timeout time.Duration) *publisher {
	return &publisher{link: l, slots: make(chan struct{}, underWay), timeout: timeout}
}

// Publish may be called by many at once: none waits for another's confirmation, unless both messages are alike in
// exchange, key and message-id. After ErrUnknown the message may be there.
func (b *Broker) Publish(ctx context.Context, exchange, key string, e broker.Envelope) error {
	if err := b.publisher.publish(ctx, exchange, key, e); err != nil {
		return fmt.Errorf("publish %s to %q with key %q: %w", e.ID, exchange, key, err)
	}
	return nil
}

func (p *publisher) publish(ctx context.Context, exchange, key string, e broker.Envelope) error {
	if err := checkNames(exchange, key); err != nil {
		return err
	}
	message, err := publishing(e)
	if err != nil {
		return err
	}

	err = errNotSent
	for errors.Is(err, errNotSent) {
		err = p.send(ctx, identity{exchange, key, e.ID}, message, e.HeaderSize())
	}
	return err
}

func (p *publisher) send(ctx context.Context, id identity, message amqp.Publishing, headerSize int) error {
	s, err := p.await(ctx, status.publishes)
	if err = cmp.Or(err, context.Cause(ctx)); err != nil {
		return err
	}

	if err := fits(headerSize, s.conn.Config.FrameSize); err != nil {
		return err
	}

	select {
	case p.slots <- struct{}{}:
	case <-p.closing:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}

	f, err := s.outgoing.begin(ctx, id)
	if err != nil {
		<-p.slots
		return err
	}
	go func() {
		defer func() { <-p.slots }()
		s.outgoing.fly(f, message)
	}()

	select {
	case <-f.landed:
		return f.err
	case <-ctx.Done(): // the flight goes on without its caller
		return fmt.Errorf("%w: %w", broker.ErrUnknown, context.Cause(ctx))
	}
}

// fits refuses headers that would cost the connection: they travel in one frame.
func fits(headers, frame int) error {
	if most := frame - properties; frame > 0 && headers > most { // 0: the server sets no limit
		return fmt.Errorf("its headers have %d bytes, and a frame of this server holds %d", headers, most)
	}
	return nil
}

func (s status) publishes() bool {
	return s.usable() && s.outgoing != nil && !s.outgoing.channel.IsClosed()
}

// serve keeps a channel in confirm mode open on conn: a refusal such as an exchange that is missing costs the channel
// and not the connection.
func (p *publisher) serve(conn *amqp.Connection, closed <-chan *amqp.Error) error {
	blocked := conn.NotifyBlocked(make(chan amqp.Blocking, 16))
	for {
		out, err := newOutgoing(conn)
		if err != nil && conn.IsClosed() {
			return reasonOf(<-closed)
		}
		if err != nil {
			return fmt.Errorf("open a channel to publish: %w", err)
		}
		p.update(func(s *status) { s.outgoing = out })

		if err := p.watch(out, closed, blocked); err != nil {
			return err
		}
	}
}

// watch returns nil when only the channel is gone, or another one is to take its place.
func (p *publisher) watch(out *outgoing, closed <-chan *amqp.Error, blocked <-chan amqp.Blocking) error {
	tick := time.NewTicker(p.timeout / ticksPerTimeout)
	defer tick.Stop()

	for {
		select {
		case e := <-closed:
			return reasonOf(e)
		case e, ok := <-out.closed:
			if ok && p.now().connected() {
				p.log.Warn("the broker closed the publishing channel", "error", e.Reason)
			}
			return nil
		case b, ok := <-blocked:
			if !ok {
				return reasonOf(<-closed)
			}
			p.block(b)
		case <-tick.C:
			if p.now().blocked != "" {
				continue
			}
			if out.tick() {
				return fmt.Errorf("no confirmation came within %s", p.timeout)
			}
			if out.stale() {
				go out.retire(p.timeout)
				return nil
			}
		}
	}
}

func (p *publisher) block(b amqp.Blocking) {
	p.update(func(s *status) {
		s.blocked = ""
		if b.Active {
			s.blocked = cmp.Or(b.Reason, "blocked")
		}
	})
	if b.Active {
		p.log.Warn("the broker takes no messages now", "reason", b.Reason)
		return
	}
	p.log.Info("the broker takes messages again")
}

// finish waits for the messages under way by taking every slot.
func (p *publisher) finish(ctx context.Context) error {
	for range cap(p.slots) {
		select {
		case p.slots <- struct{}{}:
			continue
		default:
		}

		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("close the broker: %w: %w", broker.ErrUnknown, context.Cause(ctx))
		}
	}
	return nil
}
