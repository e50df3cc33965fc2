package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/telemetry"
	"example.com/app/models"
)

func TestStudentsOfABatchHaveEachTheirOwnEvent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	drafts := make([]models.StudentDraft, 500)
	for i := range drafts {
		drafts[i].Name = fmt.Sprint("student ", i)
		drafts[i].Trace = telemetry.Trace{CorrelationID: fmt.Sprint("cause of student ", i), Traceparent: fmt.Sprint("parent of student ", i)}
	}

	if err := students.CreateAll(t.Context(), drafts); err != nil {
		t.Fatal(err)
	}

	rows, err := students.List(t.Context(), models.StudentFilter{}, 1000)
	if err != nil || len(rows) != len(drafts) {
		t.Fatalf("%d students, %v", len(rows), err)
	}
	posts, ids := letters(t, db), map[string]bool{}
	for i, e := range announced(t, db) {
		ids[posts[i].MessageID] = true
		name := e.Student.Name
		if !posts[i].traced(name) {
			t.Errorf("%s was announced with another's trace: %+v", name, posts[i])
		}
		if posts[i].Key != fmt.Sprint("student:", e.Student.ID) || e.Event != models.StudentCreated || e.Version != 1 {
			t.Errorf("%s was announced as %+v", name, posts[i])
		}
	}
	if len(ids) != len(drafts) {
		t.Errorf("%d different message-ids for %d students", len(ids), len(drafts))
	}
}

func TestBatchCreatesAllOrNobody(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)

	err := students.CreateAll(t.Context(), []models.StudentDraft{{Name: "Ada"}, {Name: strings.Repeat("x", 256)}})

	rows, list := students.List(t.Context(), models.StudentFilter{}, 1)
	if !errors.Is(err, models.ErrInvalid) || list != nil || len(rows) > 0 || len(letters(t, db)) > 0 {
		t.Errorf("answered %v and left %v, %v", err, rows, letters(t, db))
	}
	if err := students.CreateAll(t.Context(), nil); err != nil {
		t.Errorf("a batch of nobody: %v", err)
	}
}

func BenchmarkCreateAll(b *testing.B) {
	students := models.NewStudents(pgtest.New(b))
	drafts := make([]models.StudentDraft, 200)
	for i := range drafts {
		drafts[i] = models.StudentDraft{Name: fmt.Sprint("student ", i), MessageID: uuid.NewString()}
	}

	for b.Loop() {
		if err := students.CreateAll(b.Context(), drafts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(drafts)*b.N)/b.Elapsed().Seconds(), "students/s")
}
