package pgtest_test

import (
	"os"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestEveryTestHasItsOwnMigratedDatabase(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"first", "second", "third"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			db := pgtest.New(t)
			if _, err := db.Exec(t.Context(), "INSERT INTO student (name) VALUES ($1)", name); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := db.QueryRow(t.Context(), "SELECT count(*) FROM student").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != 1 {
				t.Errorf("a fresh database has %d students after one insert", n)
			}
		})
	}
}
