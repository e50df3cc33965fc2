package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Peek shows at most limit of the dead messages that keep wants and leaves the queue as it was, but for one more
// return noted on each: so it refuses live queues, where that number is of consequence. It looks at every message
// that is there, however small the limit: those that come back go behind those that had come back before, and only
// all together keep their order. What it answers cannot be settled. ErrNoQueue when there is no such queue.
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

	for range depth.Ready {
		found, ok, err := p.Get(ctx)
		if err != nil {
			return nil, fmt.Errorf("peek into %s: %w", queue, err)
		}
		if !ok {
			break
		}
		if len(kept) < limit && keep(found) {
			kept = append(kept, found)
		}
	}
	return kept, nil
}
