package cron

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// maxTakeovers keeps a job that kills its process from killing every replica in turn.
const maxTakeovers = 3

// stale is an unfinished run that nobody holds any more.
type stale struct {
	id        int64
	job       string
	epoch     int
	released  bool
	takeovers int
}

// stale also returns the run that a take-over by holder got although its reply was lost.
func (l ledger) stale(ctx context.Context, holder string) ([]stale, error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	rows, err := l.db.Query(ctx, `
		SELECT id, job, epoch, holder IS NULL OR holder = $1, takeovers FROM schedule_run
		WHERE finished_at IS NULL AND (lease_until <= clock_timestamp() OR holder = $1)`, holder)
	if err != nil {
		return nil, fmt.Errorf("look for runs to take over: %w", err)
	}

	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r stale, err error) {
		err = row.Scan(&r.id, &r.job, &r.epoch, &r.released, &r.takeovers)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("look for runs to take over: %w", err)
	}
	return found, nil
}

// takeOver makes a stale run ours unless somebody was first, or its row is locked: then its chunk may yet be committed.
func (l ledger) takeOver(ctx context.Context, r stale, holder string) (*held, error) {
	h, err := l.hold(ctx, `
		UPDATE schedule_run SET
			epoch = epoch + 1, takeovers = takeovers + $3, host = $4, holder = $5,
			lease_until = clock_timestamp() + $6::interval
		WHERE id = (
			SELECT id FROM schedule_run
			WHERE id = $1 AND epoch = $2 AND finished_at IS NULL AND (lease_until <= clock_timestamp() OR holder = $5)
			FOR UPDATE SKIP LOCKED)`, r.id, r.epoch, counted(r), l.host, holder, l.lease)
	if err != nil {
		return nil, fmt.Errorf("take over run %d of %s: %w", r.id, r.job, err)
	}
	return h, nil
}

func counted(r stale) int {
	if r.released {
		return 0
	}
	return 1
}

// lose ends a run that has been taken over too often; false when somebody was first.
func (l ledger) lose(ctx context.Context, r stale) (bool, error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	tag, err := l.db.Exec(ctx, `
		UPDATE schedule_run SET outcome = 'lost', finished_at = clock_timestamp(),
			error = format('taken over %s times, and the lease ended again on %s', takeovers, host)
		WHERE id = (
			SELECT id FROM schedule_run
			WHERE id = $1 AND epoch = $2 AND finished_at IS NULL AND lease_until <= clock_timestamp()
			FOR UPDATE SKIP LOCKED)`, r.id, r.epoch)
	if err != nil {
		return false, fmt.Errorf("end lost run %d of %s: %w", r.id, r.job, err)
	}
	return tag.RowsAffected() == 1, nil
}
