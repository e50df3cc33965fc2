// Package pgtest gives every test a PostgreSQL database of its own, cloned from a migrated template.
package pgtest

import (
	"context"
	"crypto/rand"
	"path"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/testenv"

	"github.com/jackc/pgx/v5"
)

const poolSize = 4 // a few, for packages and their tests run side by side on one server

// New is a fresh migrated database and a small pool; both end with the test.
func New(t testing.TB) *pg.DB {
	t.Helper()

	db, err := pg.Open(t.Context(), pg.Options{URL: URL(t), Name: "test", Max: poolSize})
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return db
}

// URL is a fresh migrated database, dropped after the test with every session that it still has.
func URL(t testing.TB) string {
	t.Helper()

	server := testenv.Postgres(t)
	template, err := template(t.Context(), server)
	if err != nil {
		t.Fatalf("make the template database: %v", err)
	}
	return create(t, server, "TEMPLATE "+template+" STRATEGY file_copy")
}

// EmptyURL is a fresh database without any table, dropped like that of URL.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, testenv.Postgres(t), "")
}

// ReplicaURL is that of URL, for what stands for a replica: it subscribes to a publication that is nowhere. drop takes it away
// before the end of the test, with every session that it has.
func ReplicaURL(t testing.TB) (url string, drop func()) {
	t.Helper()

	url = URL(t)
	ctx, server := context.WithoutCancel(t.Context()), testenv.Postgres(t)
	do := func(url, sql string) {
		if err := execute(ctx, url, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	do(url, `CREATE SUBSCRIPTION replica CONNECTION 'host=127.0.0.1 port=1' PUBLICATION nowhere WITH (connect = false, slot_name = NONE)`)
	drop = sync.OnceFunc(func() {
		do(url, "DROP SUBSCRIPTION replica")
		do(server, "DROP DATABASE "+path.Base(strings.Split(url, "?")[0])+" WITH (FORCE)")
	})
	t.Cleanup(drop)
	return url, drop
}

// Migrate applies every migration to the database of a server that the test has for itself.
func Migrate(t testing.TB, url string) {
	t.Helper()
	if err := migrate(t.Context(), url); err != nil {
		t.Fatalf("migrate the test's database: %v", err)
	}
}

func create(t testing.TB, server, how string) string {
	t.Helper()

	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := execute(t.Context(), server, "CREATE DATABASE "+name+" "+how); err != nil {
		t.Fatalf("make the test's database: %v", err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := execute(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return databaseURL(server, name)
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)

	_, err = conn.Exec(ctx, sql)
	return err
}
