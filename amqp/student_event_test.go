package amqp_test

import (
	"slices"
	"testing"

	"example.com/app/lib/strict"
	"example.com/app/models"
	"example.com/app/schemas"
)

func TestChangesBecomeTheHistoryOfTheStudent(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	row, err := s.students.Create(t.Context(), "Ada")
	if err != nil {
		t.Fatal(err)
	}
	want, names := []models.Student{row}, []string{models.StudentCreated}
	for _, name := range []string{"Eve", "Eva"} {
		if row, err = s.students.Update(t.Context(), row.ID, models.StudentChange{Name: &name}, nil); err != nil {
			t.Fatal(err)
		}
		want, names = append(want, row), append(names, models.StudentUpdated)
	}
	if err := s.students.Deactivate(t.Context(), row.ID, nil); err != nil {
		t.Fatal(err)
	}
	if row, err = s.students.Find(t.Context(), row.ID); err != nil {
		t.Fatal(err)
	}
	want, names = append(want, row), append(names, models.StudentDeactivated)

	var got []models.StudentEvent
	eventually(t, "the history is whole", func() bool {
		got, err = models.NewStudentEvents(s.db).List(t.Context(), row.ID, 0, 10)
		return err == nil && len(got) == len(want)
	})

	for i, e := range got {
		if e.Event != names[i] || e.Version != want[i].Version || !e.At.Equal(want[i].UpdatedAt) || !same(e.Student, want[i]) {
			t.Errorf("event %d is %+v, want %s of %+v", i, e, names[i], want[i])
		}
	}
	if !slices.IsSortedFunc(got, func(a, b models.StudentEvent) int { return int(a.Version - b.Version) }) {
		t.Errorf("the history is not in order: %+v", got)
	}
}

func TestEventThatLeavesOutWhetherTheStudentIsActiveIsMalformed(t *testing.T) {
	t.Parallel()
	event := func(active string) string {
		return `{"event": "student.updated", "at": "2026-01-02T03:04:05Z", "version": 2, "student": {"id": 1, "name": "Ada", ` + active +
			`"created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z"}}`
	}

	if err := strict.Decode([]byte(event(`"active": false, `)), new(schemas.StudentEvent)); err != nil {
		t.Error(err)
	}
	err := strict.Decode([]byte(event("")), new(schemas.StudentEvent))
	if err == nil || err.Error() != "/student/active must be given" {
		t.Errorf("refused with %v", err)
	}
}

func same(a, b models.Student) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Active == b.Active && a.Version == b.Version &&
		a.CreatedAt.Equal(b.CreatedAt) && a.UpdatedAt.Equal(b.UpdatedAt)
}
