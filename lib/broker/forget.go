package broker

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// ForgetInbox deletes what consumers noted longer ago than keep, at most limit messages, and tells how many. One of
// them that came again would be handled again: keep must be longer than any message can be under way.
func ForgetInbox(ctx context.Context, db *pg.DB, keep time.Duration, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM inbox WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM inbox WHERE processed_at < now() - $1::interval LIMIT $2))`, keep, limit)
	if err != nil {
		return 0, fmt.Errorf("forget messages of the inbox: %w", err)
	}
	return tag.RowsAffected(), nil
}
