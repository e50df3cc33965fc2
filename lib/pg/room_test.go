package pg_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

func TestRoomIsWhatTheServerTheLoginAndTheDatabaseAllow(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	super := open(t, address, 1)
	most := one[int](t, super, "SELECT current_setting('max_connections')::int")
	reserved := one[int](t, super, `SELECT current_setting('superuser_reserved_connections')::int
		+ coalesce(current_setting('reserved_connections', true)::int, 0)`)
	if r, err := super.Room(t.Context()); err != nil || r.Most != most || r.Free >= most {
		t.Errorf("a superuser has %+v of %d, %v", r, most, err)
	}

	database := strings.TrimPrefix(must(url.Parse(address)).Path, "/")
	role, plainURL := plain(t, address)
	asPlain := open(t, plainURL, 1)
	for _, c := range []struct {
		sql        string
		most, free int
	}{
		{"ALTER ROLE " + role + " CONNECTION LIMIT -1", most - reserved, 0},
		{"ALTER ROLE " + role + " CONNECTION LIMIT 7", 7, 6},
		{"ALTER DATABASE " + database + " CONNECTION LIMIT 5", 5, 2}, // two superusers are there, too
	} {
		do(t, super, c.sql)
		if r, err := asPlain.Room(t.Context()); err != nil || r.Most != c.most || c.free > 0 && r.Free != c.free {
			t.Errorf("%s: got %+v, %v, want %+v", c.sql, r, err, c)
		}
	}
}

// plain is a login without any right of its own.
func plain(t *testing.T, database string) (role, address string) {
	t.Helper()
	u := must(url.Parse(database))
	super := open(t, database, 1)
	role = "role_" + strings.TrimPrefix(u.Path, "/")
	do(t, super, "CREATE ROLE "+role+" LOGIN PASSWORD 'hush'")
	t.Cleanup(func() { do(t, super, "DROP ROLE "+role) })
	u.User = url.UserPassword(role, "hush")
	return role, u.String()
}

func do(t *testing.T, db *pg.DB, sql string) {
	t.Helper()
	if _, err := db.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
		t.Error(err)
	}
}
