package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

// longestLag is how long a replica may take to have what its primary has.
const longestLag = 3 * time.Second

func (d doctor) replica(ctx context.Context) []finding {
	db, err := pg.Open(ctx, pg.Options{URL: d.DatabaseURLReplica, Name: "app doctor", Max: 1})
	if err != nil {
		return []finding{{"replica", fault, err.Error(), pg.Advice(err) + ": check DATABASE_URL_REPLICA"}}
	}
	defer db.Close(ctx)
	return append([]finding{
		server(ctx, db, "replica", false),
		schema(ctx, db, "replica's migrations", "run app migrate up, and see that the replica follows"),
		room(ctx, db, "replica's connections", "DB_MAX_CONNECTIONS_REPLICA", d.DBMaxConnectionsReplica),
	}, d.following(ctx, db)...)
}

// following compares the replica with the primary, which another examination finds fault with.
func (d doctor) following(ctx context.Context, replica *pg.DB) []finding {
	const check = "replica's rows"
	if d.mistaken("DATABASE_URL") {
		return []finding{{check, skipped, "DATABASE_URL is mistaken", ""}}
	}
	primary, err := pg.Open(ctx, pg.Options{URL: d.DatabaseURL, Name: "app doctor", Max: 1})
	if err != nil {
		return []finding{{check, skipped, "the database cannot be asked", ""}}
	}
	defer primary.Close(ctx)

	switch err := replica.Follows(ctx, primary); {
	case errors.Is(err, pg.ErrForeign):
		return []finding{{
			check, fault, err.Error() + ": it is not read",
			"let DATABASE_URL_REPLICA lead to a standby of the server of DATABASE_URL, and to the same database",
		}}
	case err != nil:
		return []finding{unanswered(check, err)}
	}
	return []finding{lag(ctx, check, primary, replica)}
}

// lag waits for what the primary had when it was asked.
func lag(ctx context.Context, check string, primary, replica *pg.DB) finding {
	var had string
	if err := primary.QueryRow(ctx, "SELECT pg_current_wal_lsn()::text").Scan(&had); err != nil {
		return finding{check, skipped, "the database does not tell what it has: " + err.Error(), ""}
	}

	for deadline := time.Now().Add(longestLag); ; time.Sleep(50 * time.Millisecond) {
		var standby, complete bool
		var last string
		err := replica.QueryRow(ctx, `SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false),
			coalesce(pg_last_xact_replay_timestamp()::text, 'before its start')`, had).Scan(&standby, &complete, &last)
		switch {
		case err != nil:
			return unanswered(check, err)
		case !standby:
			return finding{
				check, warning, "it is no standby: nobody tells how far it is behind",
				"let DATABASE_URL_REPLICA lead to a standby, or watch its subscriptions",
			}
		case complete:
			return finding{check, fine, "they are those of the database", ""}
		case time.Now().After(deadline):
			return finding{
				check, warning, fmt.Sprintf("what the database had %s ago is not there; the last change is of %s", longestLag, last),
				"look at the replica's log for why it does not follow, and whether its replay is paused",
			}
		}
	}
}
