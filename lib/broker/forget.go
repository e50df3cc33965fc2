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

// LongestRetries is what the retry delays of a queue must stay below, all together: a day less than Remembered, for what
// else may keep a message waiting.
const LongestRetries = Remembered - 24*time.Hour

// Outlast tells whether messages may be retried, with these delays one after the other, for LongestRetries or longer.
func Outlast(delays []time.Duration) bool {
	var total time.Duration
	for _, d := range delays {
		total += d
	}
	return total >= LongestRetries
}

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
