package idempotency_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"

	"example.com/app/lib/api/idempotency"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func student() idempotency.Request {
	return idempotency.Request{Route: "POST /students", Key: "k", Hash: sha256.Sum256([]byte("Ada"))}
}

func created() idempotency.Answer {
	return idempotency.Answer{Status: 201, Header: map[string]string{"Etag": `"1"`}, Body: []byte(`{"id": 1}`)}
}

// effect adds a student, and answers a.
func effect(db *pg.DB, a idempotency.Answer) func(context.Context) (idempotency.Answer, error) {
	return func(ctx context.Context) (idempotency.Answer, error) {
		_, err := db.Exec(ctx, "INSERT INTO student (name) VALUES ('Ada')")
		return a, err
	}
}

func count(t *testing.T, db *pg.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSecondRequestGetsTheFirstOnesAnswer(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	empty := student()
	empty.Key = "empty"

	for _, replayed := range []bool{false, true, true} {
		for r, want := range map[idempotency.Request]idempotency.Answer{
			student(): created(), empty: {Status: 204, Header: map[string]string{}},
		} {
			got, again, err := idempotency.Once(t.Context(), db, r, effect(db, want))
			if err != nil || again != replayed || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: answered %+v, replayed: %t, %v", r.Key, got, again, err)
			}
		}
	}
	if n := count(t, db, "student"); n != 2 {
		t.Errorf("%d effects", n)
	}
}

func TestKeyStandsForOneRequestOfOneUserOnOneRoute(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	user, route, other := student(), student(), student()
	user.User = 7
	route.Route = "POST /orders"
	other.Hash = sha256.Sum256([]byte("Eve"))

	for _, r := range []idempotency.Request{student(), user, route} {
		if _, replayed, err := idempotency.Once(t.Context(), db, r, effect(db, created())); err != nil || replayed {
			t.Errorf("%+v: replayed: %t, %v", r, replayed, err)
		}
	}
	if _, _, err := idempotency.Once(t.Context(), db, other, effect(db, created())); !errors.Is(err, idempotency.ErrReused) {
		t.Errorf("another request: %v", err)
	}
	if n := count(t, db, "student"); n != 3 {
		t.Errorf("%d effects", n)
	}
}

func TestRequestBesideOneInProgressIsToldAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)

	_, _, err := idempotency.Once(t.Context(), db, student(), func(context.Context) (idempotency.Answer, error) {
		if _, _, err := idempotency.Once(t.Context(), db, student(), effect(db, created())); !errors.Is(err, idempotency.ErrInProgress) {
			t.Errorf("in progress: %v", err)
		}
		return created(), nil
	})

	if err != nil || count(t, db, "student") > 0 {
		t.Errorf("%d effects beside it, %v", count(t, db, "student"), err)
	}
}

func TestFailureIsForgottenWithItsEffects(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)

	errOops := errors.New("oops")
	_, _, err := idempotency.Once(t.Context(), db, student(), func(ctx context.Context) (idempotency.Answer, error) {
		_, err := effect(db, created())(ctx)
		return created(), errors.Join(err, errOops)
	})
	if !errors.Is(err, errOops) || count(t, db, "student")+count(t, db, "idempotency_key") > 0 {
		t.Errorf("%v, and something is left", err)
	}
	if _, replayed, err := idempotency.Once(t.Context(), db, student(), effect(db, created())); err != nil || replayed {
		t.Errorf("the next attempt: replayed: %t, %v", replayed, err)
	}
}

func TestRepeatTellsWhatBecameOfACommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, pgtest.URL(t))
	db, err := pg.Open(t.Context(), pg.Options{URL: proxy.URL(), Name: "test", Max: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))

	proxy.Lose(1)
	if _, _, err := idempotency.Once(t.Context(), db, student(), effect(db, created())); pg.FaultOf(err) != pg.Unavailable {
		t.Errorf("the commit: %v", err)
	}
	got, replayed, err := idempotency.Once(t.Context(), db, student(), effect(db, idempotency.Answer{}))

	if err != nil || !replayed || !reflect.DeepEqual(got, created()) || count(t, db, "student") != 1 {
		t.Errorf("answered %+v, replayed: %t, %v, after %d effects", got, replayed, err, count(t, db, "student"))
	}
}
