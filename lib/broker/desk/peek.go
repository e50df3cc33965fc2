package desk

import (
	"context"

	"example.com/app/lib/broker"
)

// Peek shows at most limit of the dead letters that f picks and leaves the queue as it was, but for one more return
// noted on each. It fetches every letter that is there, however small the limit. An error may come with letters.
func (d *Desk) Peek(ctx context.Context, queue string, f Filter, limit int) ([]Letter, error) {
	driver, err := d.dead(ctx, queue)
	if err != nil {
		return nil, err
	}

	var letters []Letter
	w := &walk{driver: driver, queue: queue, report: func(Tally) {}, judge: func(d broker.Delivery) verdict {
		if len(letters) < limit && f.picks(d) {
			letters = append(letters, newLetter(d))
		}
		return pass
	}}
	if _, err := w.run(ctx); err != nil {
		return letters, explain("peek into", queue, err, d.names()...)
	}
	return letters, nil
}
