package desk

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"example.com/app/lib/broker"
)

// Replay says which letters go back, and how.
type Replay struct {
	Filter
	Rate   int  `json:"rate,omitempty"`    // letters per second; 0: as fast as the broker takes them
	DryRun bool `json:"dry_run,omitempty"` // only count
	Force  bool `json:"force,omitempty"`   // also those that are older than broker.Remembered, or do not tell
}

// Requeue sends dead letters back to the queue in which they died, and never to others that took a copy of the same
// event. Each leaves the dead once the broker has confirmed it: an interruption loses none, and at worst one is there
// twice under the same message-id. Letters that die meanwhile are not taken.
func (d *Desk) Requeue(ctx context.Context, queue string, r Replay, report func(Tally)) (Tally, error) {
	driver, err := d.dead(ctx, queue)
	if err != nil {
		return Tally{}, err
	}
	home := d.living(queue)
	if _, err := driver.Inspect(ctx, home.Name); err != nil {
		return Tally{}, explain("requeue to", home.Name, err, d.names()...)
	}

	back := wayBack{driver: driver, home: home, limit: rate.NewLimiter(r.limit(), r.size())}
	w := &walk{driver: driver, queue: queue, judge: r.judge, settle: back.settle, size: r.size(), report: report}
	tally, err := w.run(ctx)
	if err != nil {
		return tally, explain("requeue", queue, err, d.names()...)
	}
	return tally, nil
}

func (r Replay) judge(d broker.Delivery) verdict {
	switch {
	case !r.picks(d):
		return pass
	case !r.Force && time.Since(since(d)) > broker.Remembered:
		return tooOld
	case r.DryRun:
		return leave
	}
	return take
}

func (r Replay) limit() rate.Limit {
	if r.Rate <= 0 {
		return rate.Inf
	}
	return rate.Limit(r.Rate)
}

// size keeps a burst below a tenth of a second's letters.
func (r Replay) size() int {
	if r.Rate <= 0 {
		return handful
	}
	return min(max(r.Rate/10, 1), handful)
}
