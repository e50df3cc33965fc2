package speed_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg/pgtest"
)

// newDatabase has that many students.
func newDatabase(tb testing.TB, students int) (url string) {
	tb.Helper()
	url = pgtest.URL(tb)
	execute(tb, url, fmt.Sprintf("INSERT INTO student (name) SELECT 'student ' || i FROM generate_series(1, %d) i", students))
	execute(tb, url, "VACUUM ANALYZE student")
	results.on(query[string](tb, url, `
		SELECT format('Postgres %s (fsync %s, synchronous_commit %s, shared_buffers %s)', current_setting('server_version'),
			current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers'))`))
	return url
}

func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	check(tb, err)
	return conn
}

func execute(tb testing.TB, url, sql string) {
	tb.Helper()
	conn := connect(tb, url)
	defer conn.Close(context.WithoutCancel(tb.Context()))
	_, err := conn.Exec(tb.Context(), sql)
	check(tb, err)
}

// query is the one value that sql answers.
func query[T any](tb testing.TB, url, sql string) (value T) {
	tb.Helper()
	conn := connect(tb, url)
	defer conn.Close(context.WithoutCancel(tb.Context()))
	check(tb, conn.QueryRow(tb.Context(), sql).Scan(&value))
	return value
}
