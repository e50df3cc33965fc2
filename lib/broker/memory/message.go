package memory

import (
	"bytes"
	"maps"
	"time"

	"example.com/app/lib/broker"
)

// message is one copy of what was published, in one queue.
type message struct {
	broker.Envelope
	exchange, key string
	number        uint64 // its place in the queue, which it keeps when it comes back
	returns       int
	expires       time.Time   // zero: never
	timer         *time.Timer // runs while the message is ready and expires
}

// newMessage copies e as the wire would: whole seconds, whole milliseconds, nothing shared with the publisher.
func newMessage(exchange, key string, e broker.Envelope) *message {
	e.Timestamp = e.Timestamp.Truncate(time.Second)
	e.Expiration = e.Expiration.Truncate(time.Millisecond)
	e.Headers = maps.Clone(e.Headers)
	e.Body = bytes.Clone(e.Body)
	return &message{Envelope: e, exchange: exchange, key: key}
}

func (m *message) delivery(s broker.Settler) broker.Delivery {
	e := m.Envelope
	e.Headers = maps.Clone(e.Headers)
	return broker.NewDelivery(e, m.exchange, m.key, m.returns, s)
}

// deadLetter is m as it arrives in the queue to; the broker notes where and why it died first.
func (m *message) deadLetter(from, to, reason string) *message {
	e := m.Envelope
	e.Expiration = 0
	e.Headers = maps.Clone(e.Headers)
	if e.Headers == nil {
		e.Headers = make(map[string]any)
	}

	e.Headers["x-death"] = []any{map[string]any{"queue": from, "reason": reason, "exchange": m.exchange, "count": int64(1)}}
	if _, ok := e.Headers["x-first-death-reason"]; !ok {
		e.Headers["x-first-death-reason"] = reason
		e.Headers["x-first-death-queue"] = from
		e.Headers["x-first-death-exchange"] = m.exchange
	}
	return newMessage("", to, e)
}
