package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/spelling"
)

// sendTimeout is how long the broker may take to confirm.
const sendTimeout = 30 * time.Second

// Send publishes body to the queue, named in full, under a fresh message id; the broker has it when this returns.
// It refuses the queues that belong to another one.
func (d *Desk) Send(ctx context.Context, queue string, body []byte) (id string, err error) {
	if owner, ok := broker.OwnerOf(queue); ok {
		return "", fmt.Errorf("send to %s: it is for messages of %[2]s that failed: send to %[2]s", queue, owner)
	}
	if broker.IsUnrouted(queue) {
		return "", fmt.Errorf("send to %s: it is for what no queue is bound for: send to the queue that is meant", queue)
	}
	driver, err := d.o.Reach(ctx, queue)
	if err != nil {
		return "", err
	}

	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	id, err = broker.Send(ctx, driver, queue, body)
	if errors.Is(err, broker.ErrUnroutable) {
		return "", absent(queue, d.names())
	}
	return id, err
}

// absent says what to do about a queue that is not there; a slip is told only to who has written its name.
func absent(queue string, known []string) error {
	return fmt.Errorf("find queue %s: the server has none of that name: app consume makes those of app queue list%s",
		queue, spelling.Question(queue, known))
}

func explain(verb, queue string, err error, known ...string) error {
	if errors.Is(err, broker.ErrNoQueue) || errors.Is(err, broker.ErrUnroutable) {
		return absent(queue, known)
	}
	return fmt.Errorf("%s %s: %w", verb, queue, err)
}
