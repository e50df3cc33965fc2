package broker

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// Remembered is how long a message that was handled is known by its id: longer than any can be under way, retries and
// all. One that is older and comes again may take effect again.
const Remembered = 30 * 24 * time.Hour

// ForgetInbox deletes what consumers noted longer ago than keep, commonly Remembered: at most limit messages. It tells how many.
func ForgetInbox(ctx context.Context, db *pg.DB, keep time.Duration, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM inbox WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM inbox WHERE processed_at < now() - $1::interval LIMIT $2))`, keep, limit)
	if err != nil {
		return 0, fmt.Errorf("forget messages of the inbox: %w", err)
	}
	return tag.RowsAffected(), nil
}
