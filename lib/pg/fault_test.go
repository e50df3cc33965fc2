package pg_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"

	"github.com/jackc/pgx/v5"
)

func expect(t *testing.T, what string, err error, want pg.Fault) {
	t.Helper()

	if err == nil && want != pg.Other {
		t.Errorf("%s: no error", what)
	}
	if got := pg.FaultOf(err); got != want {
		t.Errorf("%s is fault %d, want %d: %v", what, got, want, err)
	}
	if got := pg.FaultOf(fmt.Errorf("wrap: %w", err)); err != nil && got != want {
		t.Errorf("%s, wrapped, is fault %d, want %d", what, got, want)
	}
}

func TestFaultOfWhatTheServerSays(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	for code, want := range map[string]pg.Fault{
		"22001": pg.Invalid, "23505": pg.Invalid, "40001": pg.Conflict, "40P01": pg.Conflict,
		"55P03": pg.Busy, "57014": pg.Busy, "53300": pg.Unavailable, "08006": pg.Unavailable, "57P01": pg.Unavailable,
		"25006": pg.Unavailable, "25P03": pg.Unavailable, "28P01": pg.Other,
		"42P01": pg.Other, "P0001": pg.Other, "40002": pg.Other,
	} {
		sql := fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '%s'; END $$", code)
		_, err := db.Exec(t.Context(), sql)
		expect(t, code, err, want)
		expect(t, code+" in a transaction", db.InTx(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, sql)
			return err
		}), want)
	}
}

func TestFaultOfRows(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	var n int
	expect(t, "a row", db.QueryRow(t.Context(), "SELECT 1/(1-$1::int)", 1).Scan(&n), pg.Invalid)
	rows, err := db.Query(t.Context(), "SELECT 1/(3-n) FROM generate_series(1, 5) n")
	if err == nil {
		_, err = pgx.CollectRows(rows, pgx.RowTo[int])
	}
	expect(t, "rows", err, pg.Invalid)

	err = db.QueryRow(t.Context(), "SELECT 1 WHERE false").Scan(&n)
	expect(t, "no row", err, pg.Other)
	if !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("no row is %v", err)
	}
}

func TestFaultOfOtherServicesIsNotTheDatabases(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()

	err = db.InTx(t.Context(), func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), http.NoBody)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			answer.Body.Close()
		}
		return err
	})
	if _, ok := errors.AsType[net.Error](err); !ok {
		t.Fatalf("the upstream's error is %v", err)
	}
	expect(t, "an upstream that refuses", err, pg.Other)
	expect(t, "a deadline without the database", context.DeadlineExceeded, pg.Other)
	expect(t, "nothing", nil, pg.Other)
}

func TestFaultOfACallersEnd(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := db.Exec(short, "SELECT pg_sleep(60)")
	expect(t, "a deadline in a query", err, pg.Busy)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err = db.Exec(ctx, "SELECT pg_sleep(60)")
	expect(t, "a cancelled query", err, pg.Other)
}

func TestFaultOfAnExhaustedPoolIsBusy(t *testing.T) {
	t.Parallel()

	db := open(t, pgtest.URL(t), 1)
	err := db.InTx(t.Context(), func(context.Context) error {
		short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := db.Exec(short, "SELECT 1")
		expect(t, "a query without a free connection", err, pg.Busy)
		expect(t, "a transaction without one", db.InTx(short, func(context.Context) error { return nil }), pg.Busy)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = db.Exec(ctx, "SELECT 1")
		expect(t, "a cancelled wait", err, pg.Other)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFaultOfAServerThatIsStoppedKilledOrPaused(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	db := open(t, server.URL(), 3)
	query := func(ctx context.Context) error {
		_, err := db.Exec(ctx, "SELECT 1")
		return err
	}
	working := func() {
		t.Helper()
		for deadline := time.Now().Add(testenv.Patience); query(t.Context()) != nil; {
			if time.Now().After(deadline) {
				t.Fatal("the pool does not recover")
			}
		}
	}

	for name, end := range map[string]func(){"stopped": server.Stop, "killed": server.Kill} {
		working()
		expect(t, "a transaction on a server "+name+" in between", db.InTx(t.Context(), func(ctx context.Context) error {
			if err := query(ctx); err != nil {
				t.Error(err)
			}
			end()
			return query(ctx)
		}), pg.Unavailable)
		expect(t, "a query on a server "+name, query(t.Context()), pg.Unavailable)
		expect(t, "a transaction on a server "+name, db.InTx(t.Context(), query), pg.Unavailable)
		server.Start()
	}

	working()
	expect(t, "a commit on a server killed before it", db.InTx(t.Context(), func(ctx context.Context) error {
		defer server.Kill()
		return query(ctx)
	}), pg.Unavailable)
	server.Start()

	working()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	server.Pause()
	expect(t, "a query on a paused server", query(short), pg.Busy)
	server.Continue()

	working()
	short, cancel = context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	expect(t, "a commit whose answer does not come", db.InTx(short, func(ctx context.Context) error {
		err := query(ctx)
		server.Pause()
		return err
	}), pg.Unavailable)
	server.Continue()
	working()
}

func TestFaultOfAConnectionThatTheServerRefusesIsUnavailable(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]func(*url.URL){
		"an absent user":     func(u *url.URL) { u.User = url.UserPassword("nobody_at_all", "wrong") },
		"an absent database": func(u *url.URL) { u.Path = "/absent" },
		"an unknown setting": func(u *url.URL) { u.RawQuery += "&no_such_setting=1" },
	} {
		u, err := url.Parse(pgtest.EmptyURL(t))
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		_, err = pg.Open(t.Context(), pg.Options{URL: u.String()})
		expect(t, name, err, pg.Unavailable)
		if !pg.Refused(err) {
			t.Errorf("%s is not refused: %v", name, err)
		}
	}
}

func TestFaultOfAPoolWhoseUserLostItsRightIsUnavailable(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	admin := open(t, server.URL(), 1)
	do := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE ROLE app LOGIN")
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("app")
	db := open(t, u.String(), 1)

	do("ALTER ROLE app NOLOGIN")
	do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
	query := func() error {
		_, err := db.Exec(t.Context(), "SELECT 1")
		return err
	}
	expect(t, "a query on a connection that was ended", query(), pg.Unavailable)
	err = query()
	expect(t, "a query without a connection", err, pg.Unavailable)
	if !pg.Refused(err) {
		t.Errorf("it is not refused: %v", err)
	}
}

func TestFaultOfAConnectThatIsNotAnsweredIsUnavailable(t *testing.T) {
	t.Parallel()

	server := testenv.NewPostgres(t)
	server.Pause()
	_, err := pg.Open(t.Context(), pg.Options{URL: server.URL() + "&connect_timeout=1"})
	expect(t, "a connect to a paused server", err, pg.Unavailable)
}
