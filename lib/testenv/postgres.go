package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"example.com/app/lib/pg/embedded"
)

var postgres shared[*embedded.Server]

// Postgres is the URL of a server where the test may make databases: TEST_DATABASE_URL,
// or one private server for all tests of this process.
func Postgres(t testing.TB) string {
	t.Helper()

	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		return url
	}
	server, err := postgres.get(StartPostgres)
	if err != nil {
		t.Fatal(err)
	}
	return server.URL()
}

// StartPostgres runs a server whose data are lost when it stops.
func StartPostgres(ctx context.Context) (*embedded.Server, error) {
	return startPostgres(ctx, postgresOptions())
}

func postgresOptions() embedded.Options {
	return embedded.Options{BinDir: os.Getenv("PG_BINDIR"), Test: true}
}

func startPostgres(ctx context.Context, o embedded.Options) (*embedded.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	server, err := embedded.Start(ctx, o)
	if errors.Is(err, embedded.ErrAbsent) {
		return nil, fmt.Errorf("%w, or TEST_DATABASE_URL; %s", err, install)
	}
	return server, err
}
