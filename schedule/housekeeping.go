package schedule

import (
	"context"
	"time"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
)

// How long rows are kept that are only of use for looking back.
const (
	keepHandled   = broker.Remembered
	keepPublished = 7 * 24 * time.Hour
	keepRuns      = 30 * 24 * time.Hour
)

// most is how many rows of a table one transaction deletes.
const most = 10_000

type housekeeping struct {
	db *pg.DB
}

// tidied is how far a run has come, in rows.
type tidied struct {
	Handled   int64 `json:"handled"`
	Published int64 `json:"published"`
	Runs      int64 `json:"runs"`
}

func (housekeeping) start(context.Context) (tidied, error) { return tidied{}, nil }

func (h housekeeping) tidy(ctx context.Context, at tidied) (next tidied, more bool, err error) {
	handled, err := broker.ForgetInbox(ctx, h.db, keepHandled, most)
	if err != nil {
		return at, false, err
	}
	published, err := outbox.Forget(ctx, h.db, keepPublished, most)
	if err != nil {
		return at, false, err
	}
	runs, err := cron.Forget(ctx, h.db, keepRuns, most)
	if err != nil {
		return at, false, err
	}

	at.Handled += handled
	at.Published += published
	at.Runs += runs
	return at, max(handled, published, runs) == most, nil
}
