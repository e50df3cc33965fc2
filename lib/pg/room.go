package pg

import (
	"context"
	"fmt"
)

// Room is how many connections the server has for this login and this database.
type Room struct {
	Most int // were nobody else there: max_connections without what is reserved for others, and the login's and the database's own limits
	Used int // connections of everybody to the server, the one that asks among them
}

// Limits count only where they hold: a superuser has none of his own. pg_use_reserved_connections came with Postgres 16.
const roomQuery = `
SELECT least(
	current_setting('max_connections')::int
		- CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int
			+ coalesce(current_setting('reserved_connections', true)::int, 0) END,
	CASE WHEN r.rolsuper OR r.rolconnlimit < 0 THEN NULL ELSE r.rolconnlimit END,
	CASE WHEN r.rolsuper OR d.datconnlimit < 0 THEN NULL ELSE d.datconnlimit END),
	(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
FROM pg_roles r, pg_database d
WHERE r.rolname = current_user AND d.datname = current_database()`

// Room asks the server.
func (db *DB) Room(ctx context.Context) (Room, error) { return db.Pools()[0].Room(ctx) }

// Room asks the pool's server.
func (p Pool) Room(ctx context.Context) (Room, error) {
	var r Room
	if err := p.pool.QueryRow(ctx, roomQuery).Scan(&r.Most, &r.Used); err != nil {
		return Room{}, fmt.Errorf("ask for the server's connections: %w", mark(err))
	}
	return r, nil
}
