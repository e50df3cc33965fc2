package models_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
)

const together = 200

// atOnce runs do for so many numbers at the same time.
func atOnce(do func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range together {
		wg.Go(func() {
			<-begin
			do(i)
		})
	}
	close(begin)
	wg.Wait()
}

func TestStudentsCreatedAtOnceHaveEachTheirOwnRowAndEvent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	rows := make([]models.Student, together)

	atOnce(func(i int) {
		name := fmt.Sprint("student ", i)
		ctx := telemetry.WithTrace(t.Context(), telemetry.Trace{CorrelationID: "cause of " + name, Traceparent: "parent of " + name})
		row, err := students.Create(ctx, name)
		if err != nil || row.Name != name {
			t.Errorf("%s was created as %+v, %v", name, row, err)
		}
		rows[i] = row
	})
	atOnce(func(i int) {
		if row, err := students.Find(t.Context(), rows[i].ID); err != nil || row != rows[i] {
			t.Errorf("%+v was found as %+v, %v", rows[i], row, err)
		}
		if _, err := students.Find(t.Context(), -rows[i].ID); !errors.Is(err, models.ErrNoStudent) {
			t.Errorf("nobody was found as %v", err)
		}
	})

	posts, ids := letters(t, db), map[string]bool{}
	for i, e := range announced(t, db) {
		ids[posts[i].MessageID] = true
		name := e.Student.Name
		if !posts[i].traced(name) {
			t.Errorf("%s was announced with another's trace: %+v", name, posts[i])
		}
	}
	if len(ids) != together {
		t.Errorf("%d message-ids for %d students", len(ids), together)
	}
	var transactions int
	err := db.QueryRow(t.Context(), "SELECT count(DISTINCT xmin::text) FROM student").Scan(&transactions)
	if err != nil || transactions >= together {
		t.Errorf("%d students took %d transactions, %v", together, transactions, err)
	}
}

func TestNameThatCannotBeStoredIsRefusedAmongManyThatCan(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	bad := []string{strings.Repeat("x", 256), "a\x00b"}

	atOnce(func(i int) {
		name := fmt.Sprint("student ", i)
		if i%20 == 0 {
			name = bad[i/20%2]
		}
		if _, err := students.Create(t.Context(), name); errors.Is(err, models.ErrInvalid) != (i%20 == 0) || err != nil && i%20 != 0 {
			t.Errorf("creating %.10q: %v", name, err)
		}
	})

	rows, err := students.List(t.Context(), models.StudentFilter{}, 2*together)
	if err != nil || len(rows) != together-together/20 || len(letters(t, db)) != len(rows) {
		t.Errorf("there are %d students and %d events, %v", len(rows), len(letters(t, db)), err)
	}
}
