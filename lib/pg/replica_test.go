package pg_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// pair is a database and one that stands for its replica: what is in it tells where a read went.
func pair(t *testing.T, replicaURL string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Options{
		URL: pgtest.URL(t), Name: "test", Max: 4, Replica: pg.Replica{URL: replicaURL, Max: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	if err := insert(t.Context(), db, "primary"); err != nil {
		t.Fatal(err)
	}
	return db
}

// withName stands for a replica, and has one student.
func withName(t *testing.T, name string) string {
	t.Helper()
	address, _ := pgtest.ReplicaURL(t)
	if err := insert(t.Context(), open(t, address, 1), name); err != nil {
		t.Fatal(err)
	}
	return address
}

// lagging reads the names that a read which may lag sees.
func lagging(ctx context.Context, db *pg.DB) (names string, err error) {
	err = db.Lagging(ctx, func(ctx context.Context) error {
		return db.QueryRow(ctx, "SELECT coalesce(string_agg(name, ' ' ORDER BY id), '') FROM student").Scan(&names)
	})
	return names, err
}

func seen(t *testing.T, db *pg.DB) string {
	t.Helper()
	names, err := lagging(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestOnlyReadsThatMayLagGoToTheReplica(t *testing.T) {
	t.Parallel()
	db := pair(t, withName(t, "replica"))

	if got := seen(t, db); got != "replica" {
		t.Errorf("a read that may lag sees %s", got)
	}
	if got := one[string](t, db, "SELECT name FROM student"); got != "primary" {
		t.Errorf("any other sees %s", got)
	}
	if got := seen(t, open(t, withName(t, "alone"), 1)); got != "alone" {
		t.Errorf("without a replica it sees %s", got)
	}
}

func TestTransactionNeverReadsTheReplica(t *testing.T) {
	t.Parallel()
	db := pair(t, withName(t, "replica"))

	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := insert(ctx, db, "mine"); err != nil {
			return err
		}
		got, err := lagging(ctx, db)
		if got != "primary mine" {
			t.Errorf("inside a transaction a read sees %s", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	err = db.Lagging(t.Context(), func(ctx context.Context) error {
		return db.InTx(ctx, func(ctx context.Context) error { return insert(ctx, db, "late") })
	})
	if n := students(t, db); err != nil || n != 3 {
		t.Errorf("a transaction that a read begins leaves %d students on the primary, %v", n, err)
	}
}

func TestNothingIsWrittenThroughTheReplicasPool(t *testing.T) {
	t.Parallel()
	address := withName(t, "replica")
	db := pair(t, address)

	if err := db.Lagging(t.Context(), func(ctx context.Context) error { return insert(ctx, db, "stray") }); err != nil {
		t.Fatal(err)
	}
	if n := students(t, open(t, address, 1)); n != 1 {
		t.Errorf("the replica has %d students", n)
	}
}

func TestPrimaryAnswersForAReplicaThatCannot(t *testing.T) {
	t.Parallel()
	nobody, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	nobody.User = url.UserPassword("nobody_at_all", "x")

	for what, address := range map[string]string{
		"is down":               "postgres://app:app@127.0.0.1:1/app",
		"never answers":         silent(t),
		"refuses the user":      nobody.String(),
		"has no migrations yet": bare(t),
		"is another database":   pgtest.URL(t),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			db := pair(t, address)
			for range 20 {
				if got := seen(t, db); got != "primary" {
					t.Fatalf("the read sees %s", got)
				}
			}
			if told := metrics(t, db)["app_db_replica_fallbacks_total"]; len(told) != 1 || told[0] != 20 {
				t.Errorf("the fallbacks are told as %v", told)
			}
		})
	}
}

// bare has the subscription of a replica, and no table yet.
func bare(t *testing.T) string {
	t.Helper()
	address, _ := pgtest.ReplicaURL(t)
	do(t, open(t, address, 1), "DROP SCHEMA public CASCADE")
	return address
}

// metrics are the values of each metric, by its name.
func metrics(t *testing.T, db *pg.DB) map[string][]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(pg.NewCollector(db))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all[f.GetName()] = append(all[f.GetName()], m.GetGauge().GetValue()+m.GetCounter().GetValue())
		}
	}
	return all
}

// silent takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return "postgres://app:app@" + l.Addr().String() + "/app"
}

func TestDatabaseThatFollowsIsToldFromOneThatDoesNot(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	primary := open(t, address, 1)
	replica, _ := pgtest.ReplicaURL(t)
	other := pgtest.URL(t)
	do(t, open(t, other, 1), "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
	_, silent := plain(t, other)

	for what, c := range map[string]struct {
		address string
		want    error
	}{
		"the primary itself":       {address, nil},
		"one that subscribes":      {replica, nil},
		"one that does not say":    {silent, nil},
		"another of the same kind": {pgtest.URL(t), pg.ErrForeign},
	} {
		if err := open(t, c.address, 1).Follows(t.Context(), primary); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}

	foreign := pair(t, pgtest.URL(t)).Pools()[1]
	if err := foreign.Ping(t.Context()); !errors.Is(err, pg.ErrForeign) || pg.FaultOf(err) != pg.Unavailable {
		t.Errorf("a pool of a foreign database answers %v", err)
	}
}

func TestReadOfWhoHasLeftIsNotRepeated(t *testing.T) {
	t.Parallel()
	db := pair(t, withName(t, "replica"))
	ctx, leave := context.WithCancel(t.Context())

	runs := 0
	err := db.Lagging(ctx, func(ctx context.Context) error {
		runs++
		leave()
		return ctx.Err()
	})

	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Errorf("it ran %d times and answered %v", runs, err)
	}
	if got := seen(t, db); got != "replica" {
		t.Errorf("the next read sees %s", got)
	}
}

func TestErrorOfThePrimaryIsTheAnswer(t *testing.T) {
	t.Parallel()
	db, absent := pair(t, withName(t, "replica")), errors.New("absent")

	runs := 0
	err := db.Lagging(t.Context(), func(context.Context) error { runs++; return absent })

	if !errors.Is(err, absent) || runs != 2 {
		t.Errorf("it ran %d times and answered %v", runs, err)
	}
}

func TestReplicaThatCameBackIsReadAgain(t *testing.T) {
	t.Parallel()
	address := withName(t, "replica")
	db := pair(t, address)
	admin := open(t, pgtest.URL(t), 1)
	name := strings.TrimPrefix(must(url.Parse(address)).Path, "/")
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		t.Fatal(err)
	}
	if got := seen(t, db); got != "primary" {
		t.Errorf("while the replica refuses, a read sees %s", got)
	}
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true"); err != nil {
		t.Fatal(err)
	}

	testenv.Eventually(t, "the replica is read", func() bool { return seen(t, db) == "replica" })
}

func TestPoolsAreToldApart(t *testing.T) {
	t.Parallel()
	address, drop := pgtest.ReplicaURL(t)
	db := pair(t, address)

	pools := db.Pools()

	if len(pools) != 2 || pools[0].Name != "primary" || pools[0].Max != 4 || pools[1].Name != "replica" || pools[1].Max != 2 {
		t.Fatalf("the pools are %+v", pools)
	}
	if told := metrics(t, db)["app_db_pool_connections_max"]; len(told) != 2 || told[0] != 4 || told[1] != 2 {
		t.Errorf("they are measured as %v", told)
	}
	for _, p := range pools {
		if room, err := p.Room(t.Context()); err != nil || room.Most < p.Max || p.Ping(t.Context()) != nil {
			t.Errorf("the %s has %+v, %v", p.Name, room, err)
		}
	}
	drop()
	if pools[0].Ping(t.Context()) != nil || pools[1].Ping(t.Context()) == nil {
		t.Error("the primary does not answer, or the replica does")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
