package pg

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Replica is a server that follows the database, for reads that may lag.
type Replica struct {
	URL      string // empty: there is none
	Max, Min int32  // connections of this process
}

const (
	replicaPatience = 2 * time.Second // for a read, before the primary is asked
	replicaPause    = 5 * time.Second // between two attempts at a replica that did not answer
)

// replica is the pool of a Replica.
type replica struct {
	pool      *pgxpool.Pool
	due       atomic.Int64 // when it is tried again, in nanoseconds since the epoch; 0: it answers
	fallbacks atomic.Int64
}

type replicaKey struct{}

func replicaOf(ctx context.Context) (*replica, bool) {
	r, ok := ctx.Value(replicaKey{}).(*replica)
	return r, ok
}

// openReplica lets nothing be written through the pool, whatever server the URL leads to, and keeps no connection to one that
// does not follow the primary.
func openReplica(ctx context.Context, o Options, primary *pgxpool.Pool) (*replica, error) {
	followed, _, err := originOf(ctx, primary)
	if err != nil {
		return nil, err
	}

	o.URL, o.Max, o.Min = o.Replica.URL, o.Replica.Max, o.Replica.Min
	pool, err := openPool(ctx, o, func(c *pgxpool.Config) {
		c.ConnConfig.ConnectTimeout = min(c.ConnConfig.ConnectTimeout, replicaPatience)
		c.PingTimeout = min(c.PingTimeout, replicaPatience)
		c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			ctx, cancel := context.WithTimeout(ctx, replicaPatience)
			defer cancel()
			return errors.Join(inUTC(ctx, conn), follows(ctx, conn, followed))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("the replica: %w", err)
	}
	return &replica{pool: pool}, nil
}

// Lagging runs do, which only reads, on the replica: every query through db with do's context goes there, and may miss
// what was committed a moment ago. Whatever error comes of it, do runs once more on the primary, whose answer counts: a
// replica may be down, or behind with a migration too. One that does not answer within 2 s, or is another database, is left
// alone for 5 s.
// Inside a transaction do joins that, and without a replica it runs on the primary.
func (db *DB) Lagging(ctx context.Context, do func(ctx context.Context) error) error {
	_, inside := transactionOf(ctx)
	if inside || db.replica == nil {
		return do(ctx)
	}

	if db.replica.answers() {
		err := db.replica.run(ctx, do)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	db.replica.fallbacks.Add(1)
	return do(ctx)
}

// answers is false during a pause. The first caller after it begins the next one, and tries.
func (r *replica) answers() bool {
	due, now := r.due.Load(), time.Now()
	return due == 0 || now.UnixNano() >= due && r.due.CompareAndSwap(due, now.Add(replicaPause).UnixNano())
}

func (r *replica) run(ctx context.Context, do func(ctx context.Context) error) error {
	hurried, cancel := context.WithTimeout(context.WithValue(ctx, replicaKey{}, r), replicaPatience)
	defer cancel()

	err := do(hurried)
	fault := FaultOf(err)
	switch {
	case ctx.Err() != nil: // whoever asked has left
	case fault == Unavailable, fault == Busy:
		r.due.Store(time.Now().Add(replicaPause).UnixNano())
	default:
		r.due.Store(0)
	}
	return err
}
