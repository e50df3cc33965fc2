package speed_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/testenv"
)

// crowd is how many students are renamed.
func crowd() int {
	if full() {
		return 1_000_000
	}
	return 100_000
}

const renameAll = `UPDATE student SET name = name || '_new', updated_at = now(), version = version + 1
	WHERE active AND char_length(name) <= 251`

func BenchmarkRename(b *testing.B) {
	built(b)
	template := newDatabase(b, crowd())
	var floor, service, locked []float64
	for b.Loop() {
		clone := newClone(b, template)
		began := time.Now()
		execute(b, clone, renameAll)
		floor = append(floor, time.Since(began).Seconds())

		clone = newClone(b, template)
		watched := watch(b, clone)
		began = time.Now()
		p := startService(b, newSettings(b, clone), "schedule", "run", "rename_students")
		<-p.Done()
		service = append(service, time.Since(began).Seconds())
		locked = append(locked, watched())
		check(b, p.Err())
		if n := query[int](b, clone, `SELECT count(*) FROM student WHERE name LIKE '%\_new'`); n != crowd() {
			b.Fatalf("%d students are renamed", n)
		}
	}

	students := float64(crowd())
	job := fmt.Sprintf("rename %s students against one statement", thousands(students))
	results.versus(b, job, students/middle(floor), students/middle(service), 0.8)
	results.atMost(b, "its longest transaction", middle(locked)*1e3, 1000)
}

// newClone is a database with what template has. It ends with the test.
func newClone(b *testing.B, template string) string {
	b.Helper()
	server, name := testenv.Postgres(b), "clone_"+strings.ToLower(rand.Text()[:16])
	from, err := url.Parse(template)
	check(b, err)
	execute(b, server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, strings.TrimPrefix(from.Path, "/")))
	b.Cleanup(func() {
		conn, err := pgx.Connect(context.WithoutCancel(b.Context()), server)
		if err == nil {
			defer conn.Close(context.WithoutCancel(b.Context()))
			_, err = conn.Exec(context.WithoutCancel(b.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		}
		if err != nil {
			b.Error(err)
		}
	})
	from.Path = "/" + name
	return from.String()
}

// watch looks again and again how old the transactions of others are, until it is asked for the oldest, in seconds.
func watch(b *testing.B, database string) (oldest func() float64) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	found := make(chan float64)
	conn := connect(b, database)
	go func() {
		defer conn.Close(context.WithoutCancel(ctx))
		var longest, age float64
		for ctx.Err() == nil {
			err := conn.QueryRow(ctx, `
				SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
				WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&age)
			if err == nil {
				longest = max(longest, age)
			}
			time.Sleep(5 * time.Millisecond)
		}
		found <- longest
	}()
	return func() float64 { stop(); return <-found }
}
