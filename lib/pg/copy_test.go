package pg_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
)

func names(names ...string) pgx.CopyFromSource {
	return pgx.CopyFromSlice(len(names), func(i int) ([]any, error) { return []any{names[i]}, nil })
}

func TestCopyTellsHowManyRows(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	n, err := db.CopyFrom(t.Context(), "student", []string{"name"}, names("Ada", "Alan", "Grace"))
	if err != nil {
		t.Fatal(err)
	}
	if there := students(t, db); n != 3 || there != 3 {
		t.Errorf("%d rows were copied and %d are there, want 3", n, there)
	}
}

func TestCopyJoinsTheTransaction(t *testing.T) {
	t.Parallel()

	db, broken := pgtest.New(t), errors.New("broken")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := db.CopyFrom(ctx, "student", []string{"name"}, names("Ada"))
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want %v", err, broken)
	}
	if n := students(t, db); n != 0 {
		t.Errorf("%d students after the rollback", n)
	}
}

func TestCopyEndsWithTheErrorOfItsRows(t *testing.T) {
	t.Parallel()

	db, broken := pgtest.New(t), errors.New("broken")
	given := false
	for what, rows := range map[string]pgx.CopyFromSource{
		"values": pgx.CopyFromSlice(2, func(i int) ([]any, error) { return []any{"Ada"}, []error{nil, broken}[i] }),
		"next": pgx.CopyFromFunc(func() ([]any, error) {
			if given {
				return nil, broken
			}
			given = true
			return []any{"Ada"}, nil
		}),
	} {
		_, err := db.CopyFrom(t.Context(), "student", []string{"name"}, rows)
		expect(t, what, err, pg.Other)
		if !errors.Is(err, broken) {
			t.Errorf("the error of %s is %v", what, err)
		}
	}
	if n := students(t, db); n != 0 {
		t.Errorf("%d students of copies that failed", n)
	}
}

func TestFaultOfACopyThatTheServerRefuses(t *testing.T) {
	t.Parallel()

	db := pgtest.New(t)
	_, err := db.CopyFrom(t.Context(), "student", []string{"name"}, names("Ada\x00"))
	expect(t, "a text that no column takes", err, pg.Invalid)

	_, err = db.CopyFrom(t.Context(), "absent", []string{"name"}, names("Ada"))
	expect(t, "a table that is not there", err, pg.Other)
}
