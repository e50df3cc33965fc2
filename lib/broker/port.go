// Package broker is the port to a message broker, and what is promised above it: a message that the broker
// confirmed is never lost, and one that cannot be handled ends in its dead queue with everything a person needs.
package broker

import (
	"context"
	"errors"
	"time"
)

// What a driver answers.
var (
	ErrUnroutable = errors.New("no queue takes the message")             // returned by the broker
	ErrRefused    = errors.New("the broker refused the message")         // nacked: a full queue, an internal error
	ErrUnknown    = errors.New("the broker's confirmation did not come") // the message may or may not be there
	ErrNoQueue    = errors.New("there is no such queue")                 // it was never declared, or deleted
	ErrMismatch   = errors.New("it exists with other arguments")         // declared otherwise by somebody else
	ErrSettleLate = errors.New("it is too late to settle the message")   // its channel is gone and it comes again, or it is settled
)

// Driver is one broker under one connection name. It keeps itself connected for as long as it is open:
// every method but State waits for a connection until its context ends.
type Driver interface {
	// Declare makes what the families need; an ErrMismatch names the queue and the difference.
	Declare(ctx context.Context, families ...Family) error

	// Publish sends a persistent, mandatory message and returns once the broker has confirmed it:
	// ErrUnroutable (also for an exchange that does not exist), ErrRefused and ErrUnknown say why it did not.
	// Exchange "" is the default exchange, whose routing keys are the names of queues.
	Publish(ctx context.Context, exchange, key string, e Envelope) error

	// Consume hands out the messages of a queue, at most prefetch of them unsettled. ErrNoQueue when there is none.
	Consume(ctx context.Context, queue string, prefetch int) (Subscription, error)

	// Pull opens a queue to take single messages from it by hand. ErrNoQueue when there is none.
	Pull(ctx context.Context, queue string) (Puller, error)

	// Inspect tells a queue's depth without touching it. ErrNoQueue when there is none.
	Inspect(ctx context.Context, queue string) (Depth, error)

	// Ready returns nil once connected, or why there is no connection when ctx ends.
	Ready(ctx context.Context) error

	// State answers at once.
	State() State

	// Close waits for open confirms until ctx ends, then closes every connection. It may be called twice.
	Close(ctx context.Context) error
}

// Subscription is the life of one consumer on one channel.
type Subscription interface {
	// Deliveries is closed when the subscription has ended: by Cancel, Close, or a failure that Err tells.
	Deliveries() <-chan Delivery

	// AckAll acks these deliveries in as few words as the broker allows; others that are out stay out. Those that are
	// settled already, came by another subscription, or belong to a channel that is gone, are ErrSettleLate.
	AckAll(deliveries []Delivery) error

	// Cancel stops new deliveries. Those that are out stay with their holder, who can still settle them;
	// those that were in Deliveries' buffer remain to be read there before it is closed.
	Cancel() error

	// Close ends the channel: what is unsettled goes back to the queue.
	Close() error

	// Err is nil before the end, and after an end that was asked for.
	Err() error
}

// Puller takes single messages; whatever it took and did not settle goes back when it closes.
type Puller interface {
	// Get answers false when the queue is empty.
	Get(ctx context.Context) (Delivery, bool, error)
	Close() error
}

// Envelope is a message as it travels.
type Envelope struct {
	ID            string // message-id
	CorrelationID string
	Type          string
	ContentType   string
	Timestamp     time.Time     // whole seconds survive
	Expiration    time.Duration // how long a queue may keep it, in whole milliseconds; 0: for ever
	Headers       map[string]any
	Body          []byte
}

// Delivery is a message that is out and must be settled once. It belongs to the channel that brought it:
// after that channel's end both ways of settling answer ErrSettleLate, and never touch another message.
type Delivery struct {
	Envelope
	Exchange string // where it was published
	Key      string // its routing key
	Returns  int    // how often it had been handed out and came back (x-delivery-count)
	settler  Settler
}

// Settler is what a driver knows about a delivery that is out.
type Settler interface {
	Ack() error
	Requeue() error
}

// NewDelivery is for drivers.
func NewDelivery(e Envelope, exchange, key string, returns int, s Settler) Delivery {
	return Delivery{Envelope: e, Exchange: exchange, Key: key, Returns: returns, settler: s}
}

// Settler is for drivers: what NewDelivery was given.
func (d Delivery) Settler() Settler { return d.settler }

// Ack tells the broker that the message is done with.
func (d Delivery) Ack() error { return d.settler.Ack() }

// Requeue gives the message back; it counts as one more return.
func (d Delivery) Requeue() error { return d.settler.Requeue() }

// Depth is a queue's content and audience.
type Depth struct {
	Ready     int // waiting to be handed out
	Consumers int
}

// State is what a driver knows of its connection now.
type State struct {
	Connected  bool
	Blocked    string // the broker's reason for taking no messages now; empty: it takes them
	Problem    error  // why it is not connected
	Server     string // product and version, once known
	Reconnects int    // connections that were made again after a loss
}
