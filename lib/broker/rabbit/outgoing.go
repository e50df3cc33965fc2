package rabbit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

const (
	ticksPerTimeout = 30
	ticksOfRefusal  = 10
)

var errNotSent = errors.New("the channel was closed before the message was sent")

// outgoing is a channel in confirm mode and the messages under way on it.
//
// The server answers a message that no queue takes with a return and then an ack. A return does not tell the tag, so
// it is matched by identity, of which there is at most one under way; and because the return is in its buffer
// before the ack is heard, reading the buffer after the ack finds it.
type outgoing struct {
	channel *amqp.Channel
	returns chan amqp.Return   // holds as many as can be under way, so that the connection's reader never waits
	closed  <-chan *amqp.Error // for the link
	gone    <-chan *amqp.Error // for fault

	mu      sync.Mutex
	flights map[identity]*flight
	ticks   int         // the age of the channel, without the time in which the server was blocked
	refused int         // the age at which the server first refused a message; 0: it never did
	fault   *amqp.Error // what closed the channel
}

type identity struct{ exchange, key, id string }

// flight is one message under way.
type flight struct {
	identity
	began    int // in ticks
	returned string
	landed   chan struct{}
	err      error // to be read once landed
}

func newOutgoing(conn *amqp.Connection) (*outgoing, error) {
	ch, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	o := &outgoing{
		channel: ch,
		returns: ch.NotifyReturn(make(chan amqp.Return, underWay)),
		closed:  ch.NotifyClose(make(chan *amqp.Error, 1)),
		gone:    ch.NotifyClose(make(chan *amqp.Error, 1)),
		flights: map[identity]*flight{},
	}
	return o, ch.Confirm(false)
}

// begin waits until no message with the same identity is under way.
func (o *outgoing) begin(ctx context.Context, id identity) (*flight, error) {
	for {
		f, twin := o.enter(id)
		if twin == nil {
			return f, nil
		}

		select {
		case <-twin.landed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (o *outgoing) enter(id identity) (f, twin *flight) {
	o.mu.Lock()
	defer o.mu.Unlock()

	if twin := o.flights[id]; twin != nil {
		return nil, twin
	}
	f = &flight{identity: id, began: o.ticks, landed: make(chan struct{})}
	o.flights[id] = f
	return f, nil
}

// fly sends the message and waits for its end. That always comes: the end of the channel is one.
func (o *outgoing) fly(f *flight, message amqp.Publishing) {
	defer close(f.landed)

	confirmation, err := o.channel.PublishWithDeferredConfirm(f.exchange, f.key, true, false, message)
	if err == nil {
		<-confirmation.Done()
	}
	f.err = o.land(f, confirmation, err)
}

func (o *outgoing) land(f *flight, confirmation *amqp.DeferredConfirmation, err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.readReturns()
	delete(o.flights, f.identity)

	switch {
	case errors.Is(err, amqp.ErrClosed): // before the last frame was written
		return errNotSent
	case err != nil:
		return fmt.Errorf("%w: %w", broker.ErrUnknown, err)
	case f.returned != "":
		return fmt.Errorf("%w: %s", broker.ErrUnroutable, f.returned)
	case confirmation.Acked():
		return nil
	case o.channel.IsClosed(): // amqp091 then answers like a nack
		return o.unknown(f)
	}
	o.refused = cmp.Or(o.refused, o.ticks+1)
	return broker.ErrRefused
}

func (o *outgoing) readReturns() {
	for {
		select {
		case r, ok := <-o.returns:
			if !ok {
				return
			}
			if f := o.flights[identity{r.Exchange, r.RoutingKey, r.MessageId}]; f != nil {
				f.returned = r.ReplyText
			}
		default:
			return
		}
	}
}

// unknown is the outcome of a message that was under way when the channel was closed.
func (o *outgoing) unknown(f *flight) error {
	select {
	case e, ok := <-o.gone:
		if ok {
			o.fault = e
		}
	default:
	}

	switch {
	case o.fault == nil:
		return broker.ErrUnknown
	case o.fault.Code == amqp.NotFound && strings.Contains(o.fault.Reason, "no exchange '"+f.exchange+"'"):
		return fmt.Errorf("%w: %s", broker.ErrUnroutable, o.fault.Reason)
	}
	return fmt.Errorf("%w: %s", broker.ErrUnknown, o.fault.Reason)
}

// tick counts time and answers true when a message is under way for too long.
func (o *outgoing) tick() bool {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.ticks++
	for _, f := range o.flights {
		if o.ticks-f.began > ticksPerTimeout {
			return true
		}
	}
	return false
}

// stale is true some time after a refusal. A channel keeps to itself that a queue was full and hears only of room below
// the limit that was passed: it refuses for ever when somebody takes the limit away (seen on RabbitMQ 3.10).
func (o *outgoing) stale() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refused > 0 && o.ticks-o.refused >= ticksOfRefusal
}

// retire closes the channel once nothing is under way on it, and at the latest after the time-out.
func (o *outgoing) retire(timeout time.Duration) {
	late := time.After(timeout)
	for _, f := range o.underWay() {
		select {
		case <-f.landed:
		case <-late:
			_ = o.channel.Close()
			return
		}
	}
	_ = o.channel.Close()
}

func (o *outgoing) underWay() []*flight {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Values(o.flights))
}
