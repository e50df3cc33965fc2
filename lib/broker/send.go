package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Send publishes body to the queue, named in full, under a fresh message id; the broker has it when this returns.
// ErrUnroutable: there is no such queue.
func Send(ctx context.Context, d Driver, queue string, body []byte) (id string, err error) {
	id = uuid.NewString()
	e := Envelope{ID: id, ContentType: "application/json", Timestamp: time.Now(), Body: body}
	if err := d.Publish(ctx, "", queue, e); err != nil {
		return "", fmt.Errorf("send to %s: %w", queue, err)
	}
	return id, nil
}
