package models_test

import (
	"context"
	"testing"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

// crowd is many students: some have a name in common, few are inactive.
func crowd(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.New(t)
	for _, sql := range []string{
		"INSERT INTO student (name, active) SELECT CASE n % 1000 WHEN 0 THEN 'Ada' ELSE md5(n::text) END, n % 5000 <> 1 FROM generate_series(1, 20000) n",
		"ANALYZE student",
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// touched is how many rows of students the server has looked at for ctx's transaction so far.
func touched(ctx context.Context, t *testing.T, db *pg.DB) (rows int) {
	t.Helper()
	if err := db.QueryRow(ctx, "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'student'").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// cost is how many rows a list looks at, after others on the same connection.
func cost(t *testing.T, f models.StudentFilter, others ...models.StudentFilter) (rows int) {
	t.Helper()
	db := crowd(t)
	students := models.NewStudents(db)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		for _, o := range others {
			if _, err := students.List(ctx, o, 50); err != nil {
				return err
			}
		}
		before := touched(ctx, t, db)
		_, err := students.List(ctx, f, 50)
		rows = touched(ctx, t, db) - before
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestListOfInactiveStudentsLooksAtThemAlone(t *testing.T) {
	t.Parallel()
	no := false
	if n := cost(t, models.StudentFilter{Active: &no}); n > 10 {
		t.Errorf("it looks at %d students for 4", n)
	}
}

func TestListByRareNameLooksAtFewWhateverWasListedBefore(t *testing.T) {
	t.Parallel()
	common := models.StudentFilter{Name: "ada"}
	if n := cost(t, models.StudentFilter{Name: "zoe"}, common, common, common, common, common, common); n > 10 {
		t.Errorf("it looks at %d students for none", n)
	}
}

func TestListLooksAtOnePageWhateverWasListedBefore(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, f := range map[string]models.StudentFilter{
		"all": {}, "active": {Active: &yes}, "active, far on": {Active: &yes, After: 19_000}, "inactive, far on": {Active: &no, After: 19_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := models.StudentFilter{Active: f.Active}
			if n := cost(t, f, first, first, first, first, first, first, first); n > 60 {
				t.Errorf("it looks at %d students for 50", n)
			}
		})
	}
}
