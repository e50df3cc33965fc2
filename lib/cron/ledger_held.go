package cron

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	maxFailures  = 3
	maxErrorText = 2_000
)

// errGone stops a holder whose run belongs to somebody else by now.
var errGone = errors.New("the run has ended or was taken over")

// renew answers errGone when the run is no longer ours.
func (l ledger) renew(ctx context.Context, h *held) error {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	return l.mine(ctx, h, `
		UPDATE schedule_run SET lease_until = clock_timestamp() + $3::interval
		WHERE id = $1 AND epoch = $2 AND finished_at IS NULL`, l.lease)
}

// fence locks the run's row until the transaction ends, or answers errGone.
func (l ledger) fence(ctx context.Context, h *held) error {
	return l.mine(ctx, h, `
		SELECT FROM schedule_run
		WHERE id = $1 AND epoch = $2 AND finished_at IS NULL AND position IS NOT DISTINCT FROM $3::jsonb
		FOR UPDATE`, []byte(h.position))
}

// advance stores the position after a chunk; the last chunk's ends the run.
func (l ledger) advance(ctx context.Context, h *held, position json.RawMessage, more bool) error {
	if more {
		return l.mine(ctx, h, "UPDATE schedule_run SET position = $3 WHERE id = $1 AND epoch = $2", []byte(position))
	}
	return l.mine(ctx, h, `
		UPDATE schedule_run SET position = $3, outcome = 'done', error = NULL, finished_at = clock_timestamp()
		WHERE id = $1 AND epoch = $2`, []byte(position))
}

// release lets any replica go on with the run at once.
func (l ledger) release(ctx context.Context, h *held) error {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	return l.mine(ctx, h, `
		UPDATE schedule_run SET holder = NULL, lease_until = clock_timestamp()
		WHERE id = $1 AND epoch = $2 AND finished_at IS NULL`)
}

// fail lets any replica go on with the run after a lease's time, or ends it when it has failed too often.
func (l ledger) fail(ctx context.Context, h *held, cause error) (final bool, err error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	err = l.db.QueryRow(ctx, `
		UPDATE schedule_run SET
			failures = failures + 1, error = $3, holder = NULL, lease_until = clock_timestamp() + $4::interval,
			outcome = CASE WHEN failures + 1 < $5 THEN outcome ELSE 'failed' END,
			finished_at = CASE WHEN failures + 1 < $5 THEN NULL ELSE clock_timestamp() END
		WHERE id = $1 AND epoch = $2 AND finished_at IS NULL
		RETURNING finished_at IS NOT NULL`, h.id, h.epoch, errorText(cause), l.lease, maxFailures).Scan(&final)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, errGone
	}
	return final, err
}

// errorText is what a column of type text takes.
func errorText(err error) string {
	text := strings.ReplaceAll(err.Error(), "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), maxErrorText)], "")
}

func (l ledger) mine(ctx context.Context, h *held, sql string, args ...any) error {
	tag, err := l.db.Exec(ctx, sql, append([]any{h.id, h.epoch}, args...)...)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errGone
	}
	return nil
}
