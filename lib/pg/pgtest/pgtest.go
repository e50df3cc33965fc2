// Package pgtest gives every test a PostgreSQL database of its own, cloned from a migrated template.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
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
	t.Cleanup(db.Close)
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

	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := execute(t.Context(), server, cloneSQL(name, template)); err != nil {
		t.Fatalf("make the test's database: %v", err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := execute(ctx, server, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return databaseURL(server, name)
}

func cloneSQL(name, template string) string {
	return fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, template)
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
