package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrForeign says that a replica is no copy of its primary: its rows would be wrong ones.
var ErrForeign = errors.New("it is another database than the primary's, and subscribes to nothing")

// origin tells a database from all others, and is that of its standbys too. A server that does not say has none.
type origin struct{ system, database int64 }

// A subscription makes a replica by logical replication, which is a database of its own.
const originQuery = `
SELECT (SELECT system_identifier FROM pg_control_system()), oid::int8, EXISTS (SELECT FROM pg_subscription WHERE subdbid = d.oid)
FROM pg_database d WHERE datname = current_database()`

func originOf(ctx context.Context, q querier) (o origin, subscribes bool, err error) {
	err = q.QueryRow(ctx, originQuery).Scan(&o.system, &o.database, &subscribes)
	if _, silent := errors.AsType[*pgconn.PgError](err); silent { // the login may lack the right
		return origin{}, false, nil
	}
	if err != nil {
		return origin{}, false, fmt.Errorf("ask which database it is: %w", mark(err))
	}
	return o, subscribes, nil
}

// follows answers ErrForeign where both say what they are, and q cannot have its rows from the primary.
func follows(ctx context.Context, q querier, primary origin) error {
	own, subscribes, err := originOf(ctx, q)
	if err != nil || subscribes || own == primary || own == (origin{}) || primary == (origin{}) {
		return err
	}
	return ErrForeign
}

// Follows answers ErrForeign when db cannot have its rows from primary. It may be the primary itself.
func (db *DB) Follows(ctx context.Context, primary *DB) error {
	theirs, _, err := originOf(ctx, primary.pool)
	if err != nil {
		return err
	}
	return follows(ctx, db.pool, theirs)
}
