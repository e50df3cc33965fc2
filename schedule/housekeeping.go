package schedule

import (
	"context"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
)

// How long rows stay that only look back.
const (
	keepHandled   = broker.Remembered
	keepPublished = 7 * 24 * time.Hour
	keepRuns      = 30 * 24 * time.Hour
)

// sweep is how many rows of a table one transaction deletes at most.
const sweep = 10_000

type housekeeping struct {
	db *pg.DB
}

// swept is how far a run has come.
type swept struct {
	Handled   int64 `json:"handled"`
	Published int64 `json:"published"`
	Runs      int64 `json:"runs"`
}

func (housekeeping) start(context.Context) (swept, error) { return swept{}, nil }

func (h housekeeping) sweep(ctx context.Context, at swept) (next swept, more bool, err error) {
	for _, table := range []struct {
		forget func(ctx context.Context, db *pg.DB, keep time.Duration, limit int) (int64, error)
		keep   time.Duration
		count  *int64
	}{
		{broker.ForgetInbox, keepHandled, &at.Handled},
		{outbox.Forget, keepPublished, &at.Published},
		{cron.Forget, keepRuns, &at.Runs},
	} {
		n, err := table.forget(ctx, h.db, table.keep, sweep)
		if err != nil {
			return at, false, err
		}
		*table.count += n
		more = more || n == sweep
	}
	return at, more, nil
}
