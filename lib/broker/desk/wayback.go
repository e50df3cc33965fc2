package desk

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"example.com/app/lib/broker"
)

const settleTime = 30 * time.Second // for a handful that is under way when the work is interrupted

// wayBack is that from the dead to the queue home.
type wayBack struct {
	driver broker.Driver
	home   broker.Queue
	limit  *rate.Limiter
}

// settle tells of the replay before it happens: a letter may die again at once, and that must be heard later.
func (b wayBack) settle(ctx context.Context, letters []broker.Delivery) (acked int, err error) {
	if err := b.limit.WaitN(ctx, len(letters)); err != nil {
		return 0, err
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := b.home.Replayed(ctx, ids(letters)); err != nil {
		return 0, fmt.Errorf("tell of the replay: %w", err)
	}

	errs := make([]error, len(letters))
	var wg sync.WaitGroup
	for i, d := range letters {
		wg.Go(func() { errs[i] = b.move(ctx, d) })
	}
	wg.Wait()
	return b.settled(ctx, letters, errs)
}

func (b wayBack) move(ctx context.Context, d broker.Delivery) error {
	if err := b.driver.Publish(ctx, "", b.home.Name, broker.Replayed(d)); err != nil {
		return explain("requeue to", b.home.Name, err)
	}
	return d.Ack()
}

// settled takes back what was told of letters that are still dead. One error stands for all of the handful.
func (b wayBack) settled(ctx context.Context, letters []broker.Delivery, errs []error) (acked int, err error) {
	var stayed []broker.Delivery
	for i, e := range errs {
		if e != nil {
			stayed = append(stayed, letters[i])
			err = cmp.Or(err, e)
		}
	}
	if len(stayed) == 0 {
		return len(letters), nil
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime) // the letters may have used up theirs
	defer cancel()
	if untold := b.home.Died(ctx, ids(stayed)); untold != nil {
		err = fmt.Errorf("%w; nor could it be told that they are dead: %w", err, untold)
	}
	return len(letters) - len(stayed), err
}

func ids(letters []broker.Delivery) []string {
	ids := make([]string, 0, len(letters))
	for _, d := range letters {
		if d.ID != "" {
			ids = append(ids, d.ID)
		}
	}
	return ids
}
