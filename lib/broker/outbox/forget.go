package outbox

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// Forget deletes rows that were published longer ago than keep, at most limit, and tells how many; never one that is not.
func Forget(ctx context.Context, db *pg.DB, keep time.Duration, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM outbox WHERE seq = ANY (ARRAY (
			SELECT seq FROM outbox WHERE sent_at < now() - $1::interval LIMIT $2))`, keep, limit)
	if err != nil {
		return 0, fmt.Errorf("forget rows of the outbox: %w", err)
	}
	return tag.RowsAffected(), nil
}
