package broker

import (
	"context"
	"errors"
)

// move publishes e to the queue, and only then acks.
func (w *delivery) move(queue string, e Envelope, o outcome) {
	if w.publish(queue, e) {
		w.settled(o)
	} else {
		w.giveBack()
	}
}

// bury is move to the dead queue. Whoever is to know of the death is told before the ack, so that it comes to be
// known even if this process ends in between. When there is no way to tell, a sweep will: a message that came again for
// that would be among the dead once more.
func (w *delivery) bury(e Envelope) {
	if w.publish(w.family.Dead(), e) {
		w.tell()
		w.settled(outcomeDead)
	} else {
		w.giveBack()
	}
}

// publish repeats until the broker has confirmed e; false when the delivery is not ours any longer.
func (w *delivery) publish(queue string, e Envelope) bool {
	var back backoff
	for w.live.Err() == nil {
		err := w.driver.Publish(w.live, "", queue, e)
		if err == nil {
			return true
		}

		w.log.Warn("moving the message did not work", "to", queue, "error", err)
		if errors.Is(err, ErrUnroutable) {
			w.redeclare()
		}
		back.pause(w.live)
	}
	return false
}

func (w *delivery) redeclare() {
	if err := w.driver.Declare(w.live, w.family); err != nil {
		w.log.Error("declaring the queues again did not work", "error", err)
	}
}

// tell ends work that was begun, also when the session stops.
func (w *delivery) tell() {
	if !isText(w.ID) { // nobody can have noted such an id
		return
	}
	f := w.persist(w.live, func(ctx context.Context) error { return w.queue.Died(ctx, []string{w.ID}) })
	switch {
	case errors.Is(f.err, errGivenBack):
		w.log.Warn("the death could not be told now; a sweep tells it")
	case f.err != nil:
		f.tell(w.log).Error("the death could not be told")
	}
}
