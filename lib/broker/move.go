package broker

import "errors"

// move publishes e to the queue until the broker has confirmed it, and only then acks.
func (w *delivery) move(queue string, e Envelope) {
	var back backoff
	for w.live.Err() == nil {
		err := w.driver.Publish(w.live, "", queue, e)
		if err == nil {
			w.ack()
			return
		}

		w.log.Warn("moving the message did not work", "to", queue, "error", err)
		if errors.Is(err, ErrUnroutable) {
			w.redeclare()
		}
		back.pause(w.live)
	}
	w.requeue(w.Delivery)
}

func (w *delivery) redeclare() {
	if err := w.driver.Declare(w.live, w.family); err != nil {
		w.log.Error("declaring the queues again did not work", "error", err)
	}
}
