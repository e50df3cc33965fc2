package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/app/lib/pg"
)

const (
	oldestPostgres = 150000          // of server_version_num
	farthestClock  = 2 * time.Second // from the database's
)

func (d doctor) databases() []examination {
	return []examination{{"database", "DATABASE_URL", d.database}}
}

// database asks over one connection what depends on it.
func (d doctor) database(ctx context.Context) []finding {
	db, err := pg.Open(ctx, pg.Options{URL: d.DatabaseURL, Name: "app doctor", Max: 1})
	if err != nil {
		found := []finding{{"database", fault, err.Error(), pg.Advice(err) + ": check DATABASE_URL"}}
		for _, check := range []string{"migrations", "connections", "clock"} {
			found = append(found, finding{check, skipped, "the database cannot be asked", ""})
		}
		return found
	}
	defer db.Close(ctx)
	return []finding{server(ctx, db), schema(ctx, db), d.room(ctx, db), clock(ctx, db)}
}

func unanswered(check string, err error) finding {
	return finding{check, fault, err.Error(), "look at the database's log"}
}

func server(ctx context.Context, db *pg.DB) finding {
	var version string
	var number int
	var standby bool
	err := db.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_is_in_recovery()`).
		Scan(&version, &number, &standby)
	switch {
	case err != nil:
		return unanswered("database", err)
	case number < oldestPostgres:
		return finding{"database", fault, "it is Postgres " + version, "use Postgres 15 or newer"}
	case standby:
		return finding{"database", fault, "it is a standby, where nothing can be written", "let DATABASE_URL lead to the primary"}
	}
	return finding{"database", fine, "Postgres " + version, ""}
}

func schema(ctx context.Context, db *pg.DB) finding {
	switch err := checkSchema(ctx, db); {
	case errors.Is(err, errBehind):
		return finding{"migrations", fault, err.Error(), "run app migrate up"}
	case err != nil:
		return unanswered("migrations", err)
	}
	return finding{"migrations", fine, "the database has what this program needs", ""}
}

// room compares with what one process may take; run, consume and schedule may each be one.
func (d doctor) room(ctx context.Context, db *pg.DB) finding {
	r, err := db.Room(ctx)
	if err != nil {
		return unanswered("connections", err)
	}

	found := fmt.Sprintf("the server has %d for this login, %d of all are in use, a process may take %d", r.Most, r.Used, d.DBMaxConnections)
	const advice = "lower DB_MAX_CONNECTIONS, or raise max_connections of the server or the limit of the login or the database"
	switch {
	case d.DBMaxConnections > r.Most:
		return finding{"connections", fault, found, advice}
	case 3*d.DBMaxConnections > r.Most:
		return finding{"connections", warning, found + ": too few for run, consume and schedule together", advice}
	}
	return finding{"connections", fine, found, ""}
}

// clock counts only what the time that the question took cannot explain.
func clock(ctx context.Context, db *pg.DB) finding {
	var there time.Time
	asked := time.Now()
	if err := db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return unanswered("clock", err)
	}

	took := time.Since(asked)
	apart := there.Sub(asked.Add(took / 2)).Abs()
	if apart-took/2 > farthestClock {
		return finding{
			"clock", fault, fmt.Sprintf("it is %s from the database's", apart.Round(time.Second/10)),
			"set the clocks of this host and the database's by NTP: log-ins, schedules and leases rest on both",
		}
	}
	return finding{"clock", fine, "it agrees with the database's", ""}
}
