package memory

import (
	"cmp"
	"slices"
	"time"

	"example.com/app/lib/broker"
)

const capacity = 100_000 // messages that are ready; dead-lettering may pass it

// queue holds what is ready in the order of arrival. The broker's mutex guards it.
type queue struct {
	broker        *Broker
	spec          broker.QueueSpec
	ready         []*message
	number        uint64
	subscriptions map[*subscription]struct{}
	gone          bool
}

func newQueue(b *Broker, spec broker.QueueSpec) *queue {
	return &queue{broker: b, spec: spec, subscriptions: make(map[*subscription]struct{})}
}

func (q *queue) add(m *message) {
	q.number++
	m.number = q.number
	if ttl := shorter(q.spec.TTL, m.Expiration); ttl > 0 {
		m.expires = time.Now().Add(ttl)
	}
	q.put(m)
}

// shorter ignores a zero, which stands for ever.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// put makes m ready at its place: at the end for a new one, before younger ones for one that came back.
func (q *queue) put(m *message) {
	at, _ := slices.BinarySearchFunc(q.ready, m, func(a, b *message) int { return cmp.Compare(a.number, b.number) })
	q.ready = slices.Insert(q.ready, at, m)
	if !m.expires.IsZero() {
		m.timer = time.AfterFunc(time.Until(m.expires), func() { q.expire(m) })
	}
	q.dispatch()
}

func (q *queue) expire(m *message) {
	q.broker.mu.Lock()
	defer q.broker.mu.Unlock()

	if i := slices.Index(q.ready, m); i >= 0 && !q.gone {
		q.ready = slices.Delete(q.ready, i, i+1)
		q.bury(m, "expired")
	}
}

// pop takes the oldest that is ready; nil when there is none.
func (q *queue) pop() *message {
	if len(q.ready) == 0 {
		return nil
	}
	m := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	if m.timer != nil {
		m.timer.Stop()
	}
	return m
}

// dispatch hands out what is ready to the subscriptions that hold the fewest.
func (q *queue) dispatch() {
	for len(q.ready) > 0 {
		s := q.idlest()
		if s == nil {
			return
		}
		s.deliver(q.pop())
	}
}

func (q *queue) idlest() *subscription {
	var idlest *subscription
	for s := range q.subscriptions {
		if len(s.out) < s.prefetch && (idlest == nil || len(s.out) < len(idlest.out)) {
			idlest = s
		}
	}
	return idlest
}

// takeBack counts the return; one too many and the message dies.
func (q *queue) takeBack(m *message) {
	m.returns++
	switch {
	case q.gone:
	case q.spec.DeliveryLimit > 0 && m.returns > q.spec.DeliveryLimit:
		q.bury(m, "delivery_limit")
	default:
		q.put(m)
	}
}

func (q *queue) bury(m *message, reason string) {
	to, ok := q.broker.queues[q.spec.DeadLetterTo]
	if !ok {
		q.broker.log.Warn("a message died without a queue for the dead",
			"queue", q.spec.Name, "message_id", m.ID, "correlation_id", m.CorrelationID, "reason", reason)
		return
	}
	to.add(m.deadLetter(q.spec.Name, to.spec.Name, reason))
}

// end is the queue's own: it is deleted, or its broker closed.
func (q *queue) end(reason error) {
	q.gone = true
	for s := range q.subscriptions {
		s.fail(reason)
	}
	for _, m := range q.ready {
		if m.timer != nil {
			m.timer.Stop()
		}
	}
	q.ready = nil
}
