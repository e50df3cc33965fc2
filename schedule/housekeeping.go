package schedule

import (
	"context"
	"time"

	"example.com/app/lib/api/idempotency"
	"example.com/app/lib/auth"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// How long rows are kept that are only of use for looking back.
const (
	keepHandled   = broker.Remembered
	keepPublished = 7 * 24 * time.Hour
	keepRuns      = 30 * 24 * time.Hour
	keepTokens    = auth.RefreshTime // once used
	keepKeys      = 24 * time.Hour
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
	Sessions  int64 `json:"sessions"`
	Tokens    int64 `json:"tokens"`
	Keys      int64 `json:"keys"`
}

func (housekeeping) start(context.Context) (tidied, error) { return tidied{}, nil }

func (h housekeeping) tidy(ctx context.Context, at tidied) (next tidied, more bool, err error) {
	next = at
	sessions := models.NewSessions(h.db)
	for _, table := range []struct {
		count  *int64
		forget func() (int64, error)
	}{
		{&next.Handled, func() (int64, error) { return broker.ForgetInbox(ctx, h.db, keepHandled, most) }},
		{&next.Published, func() (int64, error) { return outbox.Forget(ctx, h.db, keepPublished, most) }},
		{&next.Runs, func() (int64, error) { return cron.Forget(ctx, h.db, keepRuns, most) }},
		{&next.Sessions, func() (int64, error) { return sessions.ForgetExpired(ctx, most) }},
		{&next.Tokens, func() (int64, error) { return sessions.ForgetUsed(ctx, keepTokens, most) }},
		{&next.Keys, func() (int64, error) { return idempotency.Forget(ctx, h.db, keepKeys, most) }},
	} {
		n, err := table.forget()
		if err != nil {
			return at, false, err
		}
		*table.count += n
		more = more || n == most
	}
	return next, more, nil
}
