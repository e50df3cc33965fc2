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
	all := []examination{{"database", "DATABASE_URL", d.database}}
	if d.DatabaseURLReplica != "" {
		all = append(all, examination{"replica", "DATABASE_URL_REPLICA", d.replica})
	}
	return all
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
	return []finding{
		server(ctx, db, "database", true), schema(ctx, db, "migrations", "run app migrate up"),
		room(ctx, db, "connections", "DB_MAX_CONNECTIONS", d.DBMaxConnections), clock(ctx, db),
	}
}

func unanswered(check string, err error) finding {
	return finding{check, fault, err.Error(), "look at the database's log"}
}

func server(ctx context.Context, db *pg.DB, check string, writes bool) finding {
	var version string
	var number int
	var standby bool
	err := db.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_is_in_recovery()`).
		Scan(&version, &number, &standby)
	switch {
	case err != nil:
		return unanswered(check, err)
	case number < oldestPostgres:
		return finding{check, fault, "it is Postgres " + version, "use Postgres 15 or newer"}
	case standby && writes:
		return finding{check, fault, "it is a standby, where nothing can be written", "let DATABASE_URL lead to the primary"}
	}
	return finding{check, fine, "Postgres " + version, ""}
}

func schema(ctx context.Context, db *pg.DB, check, advice string) finding {
	switch err := checkSchema(ctx, db); {
	case errors.Is(err, errBehind):
		return finding{check, fault, err.Error(), advice}
	case err != nil:
		return unanswered(check, err)
	}
	return finding{check, fine, "the database has what this program needs", ""}
}

// room compares with what one process may take, of which run, consume and schedule may each be one.
func room(ctx context.Context, db *pg.DB, check, setting string, most int) finding {
	r, err := db.Room(ctx)
	if err != nil {
		return unanswered(check, err)
	}

	found := fmt.Sprintf("the server has %d for this login, of which %d are free, and a process may take %d", r.Most, r.Free, most)
	advice := "lower " + setting + ", or raise max_connections of the server or the limit of the login or the database"
	switch {
	case most > r.Most:
		return finding{check, fault, found, advice}
	case most > r.Free:
		return finding{check, warning, found + ": too few for one more", advice}
	case 3*most > r.Most:
		return finding{check, warning, found + ": too few for run, consume and schedule together", advice}
	}
	return finding{check, fine, found, ""}
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
