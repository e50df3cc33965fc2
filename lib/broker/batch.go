package broker

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	batchSize     = 200
	batchWait     = 10 * time.Millisecond // for more to come, since the first
	batchesAtWork = 1                     // while the next one is collected; acks of several would come out of order, one by one
)

// batch is several messages at work.
type batch struct {
	task
	load
	deliveries []Delivery
}

// sorted makes a batch of what can be handled together: well-formed messages of distinct ids, ascending, that never
// failed and never came back twice. The others are to be handled apart from it at once, or else after it, because
// they have the id of one in it.
func (s *session) sorted(ds []Delivery) (b *batch, apart, after []Delivery) {
	b = &batch{load: s.queue.load()}
	slices.SortStableFunc(ds, func(x, y Delivery) int { return cmp.Compare(x.ID, y.ID) })
	for _, d := range ds {
		switch {
		case d.ID == "" || d.Attempts() > 0 || d.Returns >= suspicious:
			apart = append(apart, d)
		case len(b.deliveries) > 0 && b.deliveries[len(b.deliveries)-1].ID == d.ID:
			after = append(after, d)
		case b.add(d) != nil:
			apart = append(apart, d)
		default:
			b.deliveries = append(b.deliveries, d)
		}
	}

	n := len(b.deliveries)
	b.task = task{session: s, log: s.log.With("messages", n), name: fmt.Sprintf("%d messages of %s", n, s.queue.Name), several: true}
	return b, apart, after
}

// takeAll brings a batch to its end.
func (s *session) takeAll(ds []Delivery) {
	b, apart, after := s.sorted(ds)
	s.running.Go(func() { s.singly(apart) })

	if len(b.deliveries) > 0 {
		after = append(b.take(), after...)
	}
	s.running.Go(func() { s.singly(after) })
}

// take handles the batch and answers the messages that are to be handled one by one.
func (b *batch) take() (rest []Delivery) {
	fates, f := b.task.handle(b.load, b.deliveries)
	switch {
	case errors.Is(f.err, errGivenBack):
		for _, d := range b.deliveries {
			b.requeue(d)
		}
		return nil
	case f.err != nil:
		f.tell(b.log).Warn("a batch failed; its messages are handled one by one")
		return b.deliveries
	}

	var done []Delivery
	var ends []outcome
	for i, d := range b.deliveries {
		if fates[i] == fateReused {
			rest = append(rest, d)
			continue
		}
		done = append(done, d)
		ends = append(ends, fates[i].settled())
	}
	b.ack(done, ends)
	return rest
}

// ack settles messages that have come to these ends.
func (b *batch) ack(done []Delivery, ends []outcome) {
	err := b.sub.AckAll(done)
	if err != nil {
		b.log.Warn("acks did not reach the broker; the messages come again", "error", err)
	}
	for i, d := range done {
		if err != nil {
			ends[i] = outcomeGivenBack
		}
		b.meter.count(d, ends[i])
	}
}

// singly begins one after the other as handlers get free. When the session stops, the others go back.
func (s *session) singly(ds []Delivery) {
	for _, d := range ds {
		if !s.slot() {
			s.requeue(d)
			continue
		}
		s.running.Go(func() {
			defer func() { <-s.slots }()
			s.take(d)
		})
	}
}

// slot waits for one, and answers false once the session stops.
func (s *session) slot() bool {
	select {
	case <-s.stop.Done():
		return false
	case s.slots <- struct{}{}:
	}
	if s.stop.Err() != nil {
		<-s.slots
		return false
	}
	return true
}
