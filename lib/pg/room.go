package pg

import (
	"context"
	"fmt"
)

// Room is how many connections the server has for this login and this database.
type Room struct {
	Most int // were nobody else there: max_connections without what is reserved for others, and the login's and the database's own limits
	Free int // of these, besides the one that asks
}

// Limits count only where they hold: a superuser has none of his own. pg_use_reserved_connections came with Postgres 16.
// A plain login sees of others' sessions that they are there: which user in which database.
const roomQuery = `
SELECT least(server, login, database), least(server - everybody, login - own, database - here)
FROM (SELECT current_setting('max_connections')::int
		- CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int
			+ coalesce(current_setting('reserved_connections', true)::int, 0) END AS server,
		CASE WHEN NOT r.rolsuper AND r.rolconnlimit >= 0 THEN r.rolconnlimit END AS login,
		CASE WHEN NOT r.rolsuper AND d.datconnlimit >= 0 THEN d.datconnlimit END AS database
	FROM pg_roles r, pg_database d
	WHERE r.rolname = current_user AND d.datname = current_database()) limits,
	(SELECT count(*) AS everybody, count(*) FILTER (WHERE usename = current_user) AS own,
		count(*) FILTER (WHERE datname = current_database()) AS here
	FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL) sessions`

// Room asks the server.
func (db *DB) Room(ctx context.Context) (Room, error) { return db.Pools()[0].Room(ctx) }

// Room asks the pool's server.
func (p Pool) Room(ctx context.Context) (Room, error) {
	var r Room
	if err := p.pool.QueryRow(ctx, roomQuery).Scan(&r.Most, &r.Free); err != nil {
		return Room{}, fmt.Errorf("ask for the server's connections: %w", mark(err))
	}
	return r, nil
}
