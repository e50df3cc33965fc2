package cron

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// ledger is the table schedule_run. Its ticks and leases know the database's clock only.
type ledger struct {
	db    *pg.DB
	host  string
	lease time.Duration
	reply time.Duration // how long a statement outside a chunk may take: its connection may be dead
}

// held is a run in the hands of this process, until its lease ends on the local monotonic clock.
type held struct {
	id       int64
	job      string
	tick     time.Time
	epoch    int
	position json.RawMessage
	until    time.Time
}

// now is the database's time.
func (l ledger) now(ctx context.Context) (now time.Time, err error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	if err := l.db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	return now, nil
}

func (l ledger) soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.reply)
}

const heldColumns = "id, job, scheduled_at, epoch, position"

// hold reads the row that a claim returned; nil when it returned none. The lease counts from before the request.
// It outlives ctx: a claim that is cancelled may have been made, and then nobody would release it.
func (l ledger) hold(ctx context.Context, sql string, args ...any) (*held, error) {
	ctx, cancel := l.soon(context.WithoutCancel(ctx))
	defer cancel()

	h := &held{until: time.Now().Add(l.lease)}
	err := l.db.QueryRow(ctx, sql+" RETURNING "+heldColumns, args...).
		Scan(&h.id, &h.job, &h.tick, &h.epoch, (*[]byte)(&h.position))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// claim makes the tick ours, unless it was claimed before, or a run of the job is unfinished, or it is not due yet.
func (l ledger) claim(ctx context.Context, job string, tick time.Time, holder string) (*held, error) {
	h, err := l.hold(ctx, `
		INSERT INTO schedule_run (job, scheduled_at, started_at, host, holder, lease_until)
		SELECT $1, $2, clock_timestamp(), $3, $4, clock_timestamp() + $5::interval
		WHERE $2 <= clock_timestamp()
		ON CONFLICT DO NOTHING`, job, tick, l.host, holder, l.lease)
	if err != nil {
		return nil, fmt.Errorf("claim %s of %s: %w", job, tick.Format(time.RFC3339), err)
	}
	return h, nil
}

// claimNow makes a run by hand, unless a run of the job is unfinished.
func (l ledger) claimNow(ctx context.Context, job, holder string) (*held, error) {
	h, err := l.hold(ctx, `
		INSERT INTO schedule_run (job, scheduled_at, manual, started_at, host, holder, lease_until)
		SELECT $1, now, true, now, $2, $3, now + $4::interval
		FROM clock_timestamp() now
		ON CONFLICT DO NOTHING`, job, l.host, holder, l.lease)
	if err != nil {
		return nil, fmt.Errorf("claim a run of %s: %w", job, err)
	}
	return h, nil
}

// reclaim finds the run that a claim made although its reply was lost.
func (l ledger) reclaim(ctx context.Context, job, holder string) (*held, error) {
	h, err := l.hold(ctx, `
		UPDATE schedule_run SET lease_until = clock_timestamp() + $3::interval
		WHERE job = $1 AND holder = $2 AND finished_at IS NULL`, job, holder, l.lease)
	if err != nil {
		return nil, fmt.Errorf("ask for the claim of %s: %w", job, err)
	}
	return h, nil
}

// claimed tells that somebody has answered the tick.
func (l ledger) claimed(ctx context.Context, job string, tick time.Time) (claimed bool, err error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	err = l.db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM schedule_run WHERE job = $1 AND scheduled_at = $2)", job, tick).Scan(&claimed)
	if err != nil {
		return false, fmt.Errorf("ask for %s of %s: %w", job, tick.Format(time.RFC3339), err)
	}
	return claimed, nil
}

// skip records that the tick met an unfinished run; false when there is none any more, or somebody else has answered the tick.
func (l ledger) skip(ctx context.Context, job string, tick time.Time) (bool, error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	tag, err := l.db.Exec(ctx, `
		INSERT INTO schedule_run (job, scheduled_at, started_at, finished_at, host, outcome, error, lease_until)
		SELECT $1, $2, now, now, $3, 'skipped', format('run %s on %s had not ended', id, host), now
		FROM schedule_run, clock_timestamp() now
		WHERE job = $1 AND finished_at IS NULL AND $2 <= now
		ON CONFLICT DO NOTHING`, job, tick, l.host)
	if err != nil {
		return false, fmt.Errorf("skip %s of %s: %w", job, tick.Format(time.RFC3339), err)
	}
	return tag.RowsAffected() == 1, nil
}

// newestTick is the zero time for a job that never ran by its schedule.
func (l ledger) newestTick(ctx context.Context, job string) (time.Time, error) {
	ctx, cancel := l.soon(ctx)
	defer cancel()

	var tick *time.Time
	err := l.db.QueryRow(ctx, "SELECT max(scheduled_at) FROM schedule_run WHERE job = $1 AND NOT manual", job).Scan(&tick)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the newest tick of %s: %w", job, err)
	}
	if tick == nil {
		return time.Time{}, nil
	}
	return *tick, nil
}
