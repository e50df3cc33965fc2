package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Peek shows at most limit of the dead messages that keep wants and leaves the queue as it was, but for one more
// return noted on each that was looked at: so it refuses live queues, where that number is of consequence.
// What it answers cannot be settled. ErrNoQueue when there is no such queue.
func Peek(ctx context.Context, d Driver, queue string, limit int, keep func(Delivery) bool) (kept []Delivery, err error) {
	if !strings.HasSuffix(queue, deadSuffix) {
		return nil, fmt.Errorf("peek into %s: only queues of dead messages can be looked at", queue)
	}

	depth, err := d.Inspect(ctx, queue)
	if err != nil {
		return nil, fmt.Errorf("peek into %s: %w", queue, err)
	}
	p, err := d.Pull(ctx, queue)
	if err != nil {
		return nil, fmt.Errorf("peek into %s: %w", queue, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()

	for looked := 0; looked < depth.Ready && len(kept) < limit; looked++ {
		found, ok, err := p.Get(ctx)
		if err != nil {
			return nil, fmt.Errorf("peek into %s: %w", queue, err)
		}
		if !ok {
			break
		}
		if keep(found) {
			kept = append(kept, found)
		}
	}
	return kept, nil
}
