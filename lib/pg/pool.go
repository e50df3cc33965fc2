package pg

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool is what a DB has for one of its servers.
type Pool struct {
	Name string // "primary" or "replica"
	Max  int    // connections of this process
	pool *pgxpool.Pool
}

// Pools lists the primary's, and the replica's if there is one.
func (db *DB) Pools() []Pool {
	pools := []Pool{newPool("primary", db.pool)}
	if db.replica != nil {
		pools = append(pools, newPool("replica", db.replica.pool))
	}
	return pools
}

func newPool(name string, pool *pgxpool.Pool) Pool {
	return Pool{Name: name, Max: int(pool.Config().MaxConns), pool: pool}
}

// Ping asks the pool's server for an answer.
func (p Pool) Ping(ctx context.Context) error { return mark(p.pool.Ping(ctx)) }
