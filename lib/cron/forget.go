package cron

import (
	"context"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// Forget deletes runs that ended longer ago than keep, at most limit, and tells how many. The newest run of each job by
// its schedule, and the newest by hand, stay for ever: missed ticks count from there.
func Forget(ctx context.Context, db *pg.DB, keep time.Duration, limit int) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM schedule_run WHERE id = ANY (ARRAY (
			SELECT id FROM schedule_run old
			WHERE finished_at < now() - $1::interval
				AND EXISTS (SELECT FROM schedule_run WHERE job = old.job AND manual = old.manual AND scheduled_at > old.scheduled_at)
			LIMIT $2))`, keep, limit)
	if err != nil {
		return 0, fmt.Errorf("forget runs of jobs: %w", err)
	}
	return tag.RowsAffected(), nil
}
