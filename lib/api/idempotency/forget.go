package idempotency

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// Forget deletes keys that were used longer ago than age, at most limit, and tells how many. A request that repeats one
// of them takes effect again.
func Forget(ctx context.Context, db *pg.DB, age time.Duration, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM idempotency_key WHERE created_at < now() - $1::interval LIMIT $2))`, age, limit)
	if err != nil {
		return 0, fmt.Errorf("forget idempotency keys: %w", err)
	}
	return tag.RowsAffected(), nil
}
