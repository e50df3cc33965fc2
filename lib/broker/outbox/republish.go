package outbox

import (
	"context"
	"fmt"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
)

// Republish lets the relay publish again what it had published to the exchange and no consumer has handled, and tells
// how many rows that are: for a broker that has lost its messages. What is there twice then takes effect once, as
// consumers remember what they handled; consumers that do not write the inbox see all of it again.
func Republish(ctx context.Context, db *pg.DB, exchange broker.Connection) (int64, error) {
	tag, err := db.Exec(ctx, `
		UPDATE outbox SET sent_at = NULL, attempts = 0, next_attempt_at = NULL
		WHERE exchange = $1 AND sent_at IS NOT NULL
			AND NOT EXISTS (SELECT FROM inbox WHERE inbox.message_id = outbox.message_id::text)`, string(exchange))
	if err != nil {
		return 0, fmt.Errorf("publish rows of the outbox to %s again: %w", exchange, err)
	}
	return tag.RowsAffected(), nil
}
