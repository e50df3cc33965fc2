package pg_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
)

func TestRoomIsWhatTheServerTheLoginAndTheDatabaseAllow(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	super := open(t, address.String(), 1)
	most := one[int](t, super, "SELECT current_setting('max_connections')::int")
	reserved := one[int](t, super, `SELECT current_setting('superuser_reserved_connections')::int
		+ coalesce(current_setting('reserved_connections', true)::int, 0)`)
	if r, err := super.Room(t.Context()); err != nil || r.Most != most || r.Used < 1 {
		t.Errorf("a superuser has %+v of %d, %v", r, most, err)
	}

	database := strings.TrimPrefix(address.Path, "/")
	role := "role_" + database
	do := func(sql string) {
		if _, err := super.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Error(err)
		}
	}
	do("CREATE ROLE " + role + " LOGIN PASSWORD 'hush'")
	t.Cleanup(func() { do("DROP ROLE " + role) })

	address.User = url.UserPassword(role, "hush")
	plain := open(t, address.String(), 1)
	for _, c := range []struct {
		sql  string
		want int
	}{
		{"ALTER ROLE " + role + " CONNECTION LIMIT -1", most - reserved},
		{"ALTER ROLE " + role + " CONNECTION LIMIT 7", 7},
		{"ALTER DATABASE " + database + " CONNECTION LIMIT 5", 5},
	} {
		do(c.sql)
		if r, err := plain.Room(t.Context()); err != nil || r.Most != c.want {
			t.Errorf("%s: got %+v, %v, want %d", c.sql, r, err, c.want)
		}
	}
}
