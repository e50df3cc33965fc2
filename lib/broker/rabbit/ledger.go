package rabbit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

var errNotOut = errors.New("it is settled already, or came by another channel")

// ledger knows which deliveries of a channel are out. What it tells the server leaves under its mutex: a tag is out
// until the frame that settles it is written, so that no frame settles for a second time, which costs the channel.
type ledger struct {
	channel *amqp.Channel

	mu    sync.Mutex
	out   map[uint64]struct{}
	ended bool
}

func newLedger(ch *amqp.Channel) *ledger { return &ledger{channel: ch, out: make(map[uint64]struct{})} }

// enter is called in the order in which the channel delivers.
func (l *ledger) enter(tag uint64) *receipt {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.out[tag] = struct{}{}
	return &receipt{ledger: l, tag: tag}
}

// close closes the channel, once nothing is settled on it any more: a frame that comes after the close costs the connection.
func (l *ledger) close() error {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	return l.channel.Close()
}

func (l *ledger) settle(tag uint64, tell func(*amqp.Channel) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()

	if err := l.strike(tag); err != nil {
		return err
	}
	if err := tell(l.channel); err != nil {
		return late(err)
	}
	return nil
}

// strike refuses tag 0 too, which would settle every message that is out.
func (l *ledger) strike(tag uint64) error {
	if l.ended || l.channel.IsClosed() {
		return broker.ErrSettleLate
	}
	if _, out := l.out[tag]; !out || tag == 0 {
		return late(errNotOut)
	}
	delete(l.out, tag)
	return nil
}

// ackAll needs one frame for every tag below which nothing else is out, and one for each of the others.
func (l *ledger) ackAll(deliveries []broker.Delivery) error {
	l.mu.Lock()
	defer l.mu.Unlock()

	var errs []error
	tags := make([]uint64, 0, len(deliveries))
	for _, d := range deliveries {
		tag := l.tagOf(d)
		if err := l.strike(tag); err != nil {
			errs = append(errs, fmt.Errorf("ack message %s: %w", d.ID, err))
			continue
		}
		tags = append(tags, tag)
	}

	slices.Sort(tags)
	return errors.Join(append(errs, l.tell(tags))...)
}

// tell acks tags that are struck already, in ascending order.
func (l *ledger) tell(tags []uint64) error {
	if n := l.below(tags); n > 0 {
		if err := l.channel.Ack(tags[n-1], true); err != nil {
			return late(err)
		}
		tags = tags[n:]
	}
	for _, tag := range tags {
		if err := l.channel.Ack(tag, false); err != nil {
			return late(err)
		}
	}
	return nil
}

// below counts the ascending tags that are lower than all that stay out.
func (l *ledger) below(tags []uint64) int {
	if len(l.out) == 0 {
		return len(tags)
	}
	n, _ := slices.BinarySearch(tags, slices.Min(slices.Collect(maps.Keys(l.out))))
	return n
}
