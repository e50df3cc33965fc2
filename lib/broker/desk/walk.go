package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"example.com/app/lib/broker"
)

const (
	roundTime = 15 * time.Minute // RabbitMQ ends a channel that holds a message for 30
	handful   = 32               // letters that are settled side by side: RabbitMQ forgets more acks when a channel closes
)

// Tally counts the letters of one piece of work, so far or at its end.
type Tally struct {
	Total   int `json:"total"`   // were in the queue at the start
	Seen    int `json:"seen"`    // were looked at
	Matched int `json:"matched"` // are what was asked for
	Old     int `json:"old"`     // match, and were left because of their age
	Done    int `json:"done"`    // were taken out of the queue
}

// verdict is what becomes of a letter that was looked at.
type verdict int

const (
	pass   verdict = iota // it is not meant
	leave                 // it is meant, and stays
	tooOld                // it is meant, and too old for what is to be done
	take                  // it is settled
)

// walk goes once through what a dead queue holds at the start, always to the end: letters that come back lie behind
// all that came back before, and only all together keep their order.
type walk struct {
	driver broker.Driver
	queue  string
	judge  func(broker.Delivery) verdict
	settle func(ctx context.Context, letters []broker.Delivery) (acked int, err error)
	size   int // letters per settle
	report func(Tally)
	tally  Tally
}

// run answers the tally as far as it came, also with an error: to have met fewer letters than were counted is one.
func (w *walk) run(ctx context.Context) (Tally, error) {
	depth, err := w.driver.Inspect(ctx, w.queue)
	if err != nil {
		return w.tally, err
	}

	w.tally.Total = depth.Ready
	for {
		done := w.tally.Done
		whole, err := w.round(ctx)
		if whole || err != nil {
			return w.tally, cmp.Or(err, w.short())
		}
		if w.tally.Done == done {
			return w.tally, fmt.Errorf("%s were too short to pass %d letters that are not meant", roundTime, w.tally.Seen-done)
		}
	}
}

func (w *walk) short() error {
	if unmet := w.tally.Total - w.tally.Seen; unmet > 0 {
		return fmt.Errorf("%d of %d letters were held by another look; try again", unmet, w.tally.Total)
	}
	return nil
}

// round gives back what it has not settled; it is whole unless its time was too short. What comes back lies before
// everything that arrived since the start, so that the next round meets nothing new.
func (w *walk) round(ctx context.Context) (whole bool, err error) {
	p, err := w.driver.Pull(ctx, w.queue)
	if err != nil {
		return false, err
	}
	defer func() { err = cmp.Or(err, p.Close()) }()

	w.tally.Seen, w.tally.Matched, w.tally.Old = w.tally.Done, w.tally.Done, 0
	end := time.Now().Add(roundTime)
	var taken []broker.Delivery
	for range w.tally.Total - w.tally.Done {
		d, ok, err := p.Get(ctx)
		if err := cmp.Or(err, context.Cause(ctx)); err != nil {
			return false, err
		}
		if !ok {
			break
		}
		if w.see(d) {
			taken = append(taken, d)
		}
		if len(taken) == w.size {
			if err := w.finish(ctx, taken); err != nil {
				return false, err
			}
			taken = nil
		}
		w.report(w.tally)
		if time.Now().After(end) {
			return false, w.finish(ctx, taken)
		}
	}
	return true, w.finish(ctx, taken)
}

// see tells whether the letter is to be settled.
func (w *walk) see(d broker.Delivery) bool {
	w.tally.Seen++
	v := w.judge(d)
	if v != pass {
		w.tally.Matched++
	}
	if v == tooOld {
		w.tally.Old++
	}
	return v == take
}

func (w *walk) finish(ctx context.Context, letters []broker.Delivery) error {
	if len(letters) == 0 {
		return nil
	}
	acked, err := w.settle(ctx, letters)
	w.tally.Done += acked
	w.report(w.tally)
	return err
}
