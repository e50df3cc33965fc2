package outbox

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// Forget deletes rows that were sent before then, at most limit, and tells how many; never one that is unsent.
func Forget(ctx context.Context, db *pg.DB, before time.Time, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE sent_at < $1 ORDER BY sent_at LIMIT $2)`, before, limit)
	if err != nil {
		return 0, fmt.Errorf("forget rows of the outbox: %w", err)
	}
	return tag.RowsAffected(), nil
}
