package outbox

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/lib/telemetry"
)

const (
	poll    = 5 * time.Second // covers a notification that was lost
	standby = time.Second     // between two tries to become the one that works
	reply   = 5 * time.Second // for the database to answer
)

// courier publishes the rows of one exchange.
type courier struct {
	exchange string
	db       *pg.DB
	driver   broker.Driver
	families []broker.Family
	meter    *meter
	tracer   *telemetry.Tracer
	log      *slog.Logger
	problem  string // what was logged last, until it works again
}

func (c *courier) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.connect(ctx); ctx.Err() == nil && err.Error() != c.problem {
			c.problem = err.Error()
			c.log.Error("the outbox is not relayed", "error", err)
		}
		sleep(ctx, standby)
	}
}

func (c *courier) works() {
	if c.problem != "" {
		c.problem = ""
		c.log.Info("the database answers the relay again")
	}
}

// connect works for as long as one connection to the database lasts: with it goes the lock.
func (c *courier) connect(ctx context.Context) error {
	conn, err := c.db.Dedicated(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := soon(ctx)
		defer cancel()
		conn.Close(ctx)
	}()

	if err := prepare(ctx, conn); err != nil {
		return err
	}
	if err := c.lock(ctx, conn); err != nil {
		return fmt.Errorf("lock the outbox: %w", err)
	}
	return c.newSession(conn).relay(ctx)
}

// prepare lets the server end a session that asks nothing for much longer than the poll: the process is stopped, and its
// kernel would answer keepalives for ever. The memory is for the keys of a million rows that are held; without
// it the database compares every row with every one of them.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := soon(ctx)
	defer cancel()

	_, err := conn.Exec(ctx, "SET idle_session_timeout = '15s'; SET work_mem = '256MB'; LISTEN "+Channel)
	if err != nil {
		return fmt.Errorf("listen for new rows of the outbox: %w", err)
	}
	return nil
}

// soon is the time for the database to answer. It outlives ctx: a question that is cut off costs the connection.
func soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), reply)
}

// lock waits until no other session has the lock. It asks again and again: a session that waited inside
// pg_advisory_lock would block CREATE INDEX CONCURRENTLY.
func (c *courier) lock(ctx context.Context, conn *pgx.Conn) error {
	for {
		locked, err := tryLock(ctx, conn, lockOf(c.exchange))
		if err != nil || locked {
			return err
		}
		c.works()
		if !sleep(ctx, standby) {
			return ctx.Err()
		}
	}
}

func tryLock(ctx context.Context, conn *pgx.Conn, key int64) (locked bool, err error) {
	ctx, cancel := soon(ctx)
	defer cancel()

	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&locked)
	return locked, err
}

func lockOf(exchange string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("outbox " + exchange))
	return int64(h.Sum64())
}

// sleep takes d, or up to a fifth less so that many do not wake together; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d - rand.N(d/5))
	defer t.Stop()

	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
